"""Is the password for the host to relay by used, and found?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import main_set, mend
from mailproof.model.configuration import PostfixFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "relay-password-used"
NEEDS = (PostfixFiles,)
_REFERENCES = ("Postfix SASL_README client_sasl", "postconf(5) smtp_sasl_password_maps")
KINDS = (
    FindingKind("relay-password-not-used", Layer.DELIVERY, ("parameter",), (), _REFERENCES),
    FindingKind("relay-password-key-never-matches", Layer.DELIVERY, ("nexthop", "table"), (), _REFERENCES),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _unused(configured), _not_found(configured))
        if answers:
            yield from answers
        elif configured.main.value("smtp_sasl_password_maps").text:
            yield Passed(NAME, (configured.at(configured.main.setting("smtp_sasl_password_maps")),))


def _unused(configured: Configured) -> Iterator[Answer]:
    setting = configured.main.setting("smtp_sasl_password_maps")
    clients = configured.running("smtp") + configured.running("lmtp")
    if setting.value and not any(each.on("smtp_sasl_auth_enable") for each in clients):
        shown = configured.at(configured.main.setting("smtp_sasl_auth_enable"))
        remedy = mend(main_set(configured, "smtp_sasl_auth_enable", "yes"))
        found = fault("relay-password-not-used", configured.at(setting), shown, parameter=setting.name)
        yield found.mended_by(remedy)


def _not_found(configured: Configured) -> Iterator[Answer]:
    """A key is the next hop as it is written, or the host that is connected to (smtp_sasl_glue.c)."""
    if configured.main.value("smtp_sasl_auth_enable").text != "yes":
        return
    if configured.main.value("smtp_sender_dependent_authentication").text == "yes":
        return  # the sender can be the key as well
    tables = configured.tables("smtp_sasl_password_maps")
    if not tables or any(not table.entries for table in tables):
        return  # what was not read has nothing that could be missing
    keys = {key for table in tables for key in table.entries}
    for nexthop, shown in _next_hops(configured):
        bare = nexthop.partition("]")[0].lstrip("[") if nexthop.startswith("[") else nexthop.partition(":")[0]
        # A name without brackets may lead to a host of another name.
        by_host = not nexthop.startswith("[")
        if nexthop.lower() not in keys and bare.lower() not in keys and not (by_host and _any_host(keys, bare)):
            first = tables[0]
            where = configured.line(first.file, 1) if first.file else shown
            yield fault("relay-password-key-never-matches", shown, where, nexthop=nexthop, table=first.spec)


def _any_host(keys: Iterable[str], domain: str) -> bool:
    return any(key.endswith(domain.lower()) for key in keys)


def _next_hops(configured: Configured) -> Iterator[tuple[str, Evidence]]:
    setting, value = configured.main.setting("relayhost"), configured.main.value("relayhost").text
    if value and "," not in value:
        yield value, configured.at(setting)
    by_sender = "sender_dependent_relayhost_maps"
    for table in configured.tables(by_sender):
        for entry in table.entries.values() if table.fixed else ():
            if entry.value.upper() != "DUNNO" and ":[" not in entry.value:
                yield entry.value, configured.entry(by_sender, table, entry)
