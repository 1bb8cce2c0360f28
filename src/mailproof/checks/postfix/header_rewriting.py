"""Is the header rewritten too, where the envelope is, for clients that submit mail?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.delivery.header_rewritten import KINDS as OF_THE_WIRE
from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, Daemon, configurations
from mailproof.checks.postfix.mending import main_set, mend
from mailproof.model.configuration import PostfixFiles
from mailproof.model.finding import Answer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.lines import split_list

NAME = "headers-rewritten-for-clients"
NEEDS = (PostfixFiles,)
KINDS = (next(kind for kind in OF_THE_WIRE if kind.name == "header-not-rewritten"),)

_MAPS = (("canonical_maps", "canonical_classes"), ("sender_canonical_maps", "sender_canonical_classes"))
_OWN = "permit_inet_interfaces"
_CLIENTS = "permit_inet_interfaces, permit_mynetworks, permit_sasl_authenticated"


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _left_alone(configured))
        if answers:
            yield from answers
        elif any(configured.main.value(name).text for name, _ in _MAPS):
            yield Passed(NAME, (configured.at(configured.main.setting("local_header_rewrite_clients")),))


def _left_alone(configured: Configured) -> Iterator[Answer]:
    main = configured.main
    clients = split_list(main.value("local_header_rewrite_clients").text)
    everywhere = any(each != _OWN for daemon in configured.servers for each in _clients(daemon))
    if clients not in ([_OWN], []) or everywhere or main.value("remote_header_rewrite_domain").text:
        return
    if main.value("smtp_generic_maps").text:
        return  # they rewrite the header of what goes out, whoever sent it
    for name, classes in _MAPS:
        if main.value(name).text and "header_sender" in main.value(classes).text:
            shown = (configured.at(main.setting(name)), configured.at(main.setting("local_header_rewrite_clients")))
            sender, envelope = _example(configured, name)
            remedy = mend(main_set(configured, "local_header_rewrite_clients", _CLIENTS))
            yield fault("header-not-rewritten", *shown, sender=sender, envelope=envelope).mended_by(remedy)


def _example(configured: Configured, parameter: str) -> tuple[str, str]:
    """A sender and what becomes of it: the first entry; `-` where no table has a text that was read."""
    for table in configured.tables(parameter):
        for key, entry in table.entries.items():
            return key.partition(" ")[2] if not table.fixed else key, entry.value
        if table.spec.removeprefix("proxy:").startswith("static:"):
            return "*", table.spec.partition("static:")[2].strip("{} ")
    return "-", "-"


def _clients(daemon: Daemon) -> list[str]:
    return split_list(daemon.value("local_header_rewrite_clients"))
