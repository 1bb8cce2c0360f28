"""Is there a service for every transport that is named, and a mail exchanger for the host to relay by?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import main_set, mend
from mailproof.checks.postfix.missing_services import entry_of, passed_to_smtpd
from mailproof.checks.postfix.sender_routes import is_next_hop
from mailproof.emulate.postfix.route import BY_SENDER
from mailproof.model.configuration import FileState, PostfixFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.lines import split_list

NAME = "transports-there"
NEEDS = (PostfixFiles,)
KINDS = (
    FindingKind(
        "transport-without-service",
        Layer.DELIVERY,
        ("transport", "parameter"),
        (Explains("not-delivered", Scope.SERVER), Explains("delivery-deferred", Scope.SERVER)),
        ("transport(5)", "master(5)"),
    ),
    FindingKind(
        "service-missing",
        Layer.REACH,
        ("service",),
        # Who waits for a service that is not there waits, or ends.
        tuple(
            Explains(name, Scope.SERVER)
            for name in (
                *("not-delivered", "queue-write-error", "no-reply", "no-greeting", "closed-unexpectedly"),
                *("delivery-deferred", "greeting-slow"),
            )
        ),
        ("master(5)",),
    ),
    FindingKind(
        "relayhost-mx-lookup",
        Layer.DELIVERY,
        ("relayhost",),
        (),
        ("postconf(5) relayhost", "transport(5)"),
    ),
)

_PARAMETERS = ("default_transport", "relay_transport", "local_transport", "virtual_transport", "mailbox_transport",
               "fallback_transport", "content_filter")  # fmt: skip
_MAPS = ("transport_maps", BY_SENDER)
# Without these no mail gets through a Postfix, whatever else it does (OVERVIEW).
_NEEDED = ("cleanup", "qmgr", "rewrite", "bounce", "defer")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        if configured.files["master.cf"].state is not FileState.FILE:
            continue
        answers = bounded(NAME, _transports(configured), _needed(configured), _relayhost(configured))
        yield from answers or [Passed(NAME, (configured.line("master.cf", 1),))]


def _transports(configured: Configured) -> Iterator[Answer]:
    there = {each.name for each in configured.services if each.type in ("unix", "pass", "fifo")}
    told: set[tuple[str, str]] = set()
    for parameter, value, shown in _named(configured):
        transport = value.partition(":")[0].strip()
        if not transport or transport in there or (transport, parameter) in told:
            continue
        if parameter == BY_SENDER and (value.upper() == "DUNNO" or is_next_hop(value)):
            continue  # of a next hop in place of a transport another check tells
        told.add((transport, parameter))
        yield fault("transport-without-service", shown, transport=transport[:60], parameter=parameter)


def _named(configured: Configured) -> Iterator[tuple[str, str, Evidence]]:
    for parameter in _PARAMETERS:
        for setting, main in configured.settings(parameter):
            value = main.value(parameter).text.strip()
            if value and setting.line:
                yield parameter, value, configured.at(setting)
    for parameter in _MAPS:
        for table in configured.tables(parameter):
            for entry in table.entries.values():
                yield parameter, entry.value.strip(), configured.entry(parameter, table, entry)


def _needed(configured: Configured) -> Iterator[Answer]:
    there = {each.name for each in configured.services}
    proxied = any(
        item.startswith("proxy:")
        for setting, main in configured.assignments()
        if setting.name.endswith("_maps")
        for item in split_list(main.value(setting.name).text)
    )
    for name in (*_NEEDED, *(("proxymap",) if proxied else ())):
        if name not in there:
            remedy = mend(entry_of(configured, name))
            yield fault("service-missing", configured.line("master.cf", 1), service=name).mended_by(remedy)
    passed_on = {each.name for each in configured.services if each.type == "pass"}
    for screen in configured.running("postscreen"):
        to = screen.value("smtpd_service_name") or "smtpd"
        if to not in passed_on:
            remedy = mend(passed_to_smtpd(configured)) if to == "smtpd" else None
            yield fault("service-missing", configured.service(screen), service=to).mended_by(remedy)


def _relayhost(configured: Configured) -> Iterator[Answer]:
    """A name without brackets is looked up as a domain with mail exchangers; a host of its own mostly has none."""
    setting, value = configured.main.setting("relayhost"), configured.main.value("relayhost").text
    host, colon, port = value.partition(":")
    if value.startswith("[") or "," in value or not host:
        return
    if (colon and port not in ("25", "smtp")) or host.count(".") > 1:
        bracketed = "" if "$" in setting.value else f"[{host}]{colon}{port}"
        remedy = mend(main_set(configured, setting.name, bracketed)) if bracketed else None
        yield fault("relayhost-mx-lookup", configured.at(setting), relayhost=value).mended_by(remedy)
