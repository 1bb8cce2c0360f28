"""Can what is routed by its sender be found, and does it win?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import entry_set
from mailproof.model.configuration import PostfixFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.postfix.tables import Answer as Entry
from mailproof.parse.postfix.tables import Table

NAME = "sender-routes-work"
NEEDS = (PostfixFiles,)
_REFERENCES = (
    "postconf(5) sender_dependent_relayhost_maps",
    "postconf(5) sender_dependent_default_transport_maps",
    "transport(5)",
)
KINDS = (
    FindingKind("sender-route-format-wrong", Layer.DELIVERY, ("parameter", "value", "wanted"), (), _REFERENCES),
    FindingKind("sender-route-key-never-matches", Layer.DELIVERY, ("parameter", "key"), (), _REFERENCES),
    FindingKind("sender-route-overridden", Layer.DELIVERY, ("parameter", "winner"), (), _REFERENCES),
)

_RELAYHOST, _TRANSPORT = "sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps"
# What a transport looks like before a next hop, in a table that takes a next hop alone.
_WITH_TRANSPORT = re.compile(r"[a-z][a-z0-9_-]*:\[|(?:smtp|lmtp|relay|error|discard|retry):")
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        answers = bounded(NAME, _entries(configured), _overridden(configured))
        yield from answers or [Passed(NAME, (configured.at(configured.main.setting(_RELAYHOST)),))]


def _listed(configured: Configured, parameter: str) -> Iterator[tuple[Table, str, Entry, Evidence]]:
    for table in configured.tables(parameter):
        for key, entry in table.entries.items():
            yield table, key, entry, configured.entry(parameter, table, entry)


def _entries(configured: Configured) -> Iterator[Answer]:
    transports = {each.name for each in configured.services if each.type in ("unix", "pass")}
    for parameter in (_RELAYHOST, _TRANSPORT):
        for table, key, entry, shown in _listed(configured, parameter):
            value = entry.value.strip()
            if table.fixed and "@" not in key and _DOMAIN.fullmatch(key):
                found = fault("sender-route-key-never-matches", shown, parameter=parameter, key=key)
                yield found.mended_by(entry_set(configured, table, entry, key, f"@{key}"))
            if value.upper() == "DUNNO":
                continue
            if parameter == _RELAYHOST and _WITH_TRANSPORT.match(value):
                bare = value.partition(":")[2]
                wanted = bare or "[host]:port"
                found = fault("sender-route-format-wrong", shown, parameter=parameter, value=value, wanted=wanted)
                yield found.mended_by(entry_set(configured, table, entry, value, bare) if bare else None)
            elif parameter == _TRANSPORT and value.partition(":")[0] not in transports:
                wanted = f"smtp:{value.lstrip(':')}"
                if is_next_hop(value):
                    found = fault("sender-route-format-wrong", shown, parameter=parameter, value=value, wanted=wanted)
                    yield found.mended_by(entry_set(configured, table, entry, value, wanted))


def is_next_hop(value: str) -> bool:
    """Whether an entry has the form of a next hop, and no transport before it."""
    # `plesk-192.0.2.1-:` is a transport without a next hop.
    return value.startswith((":", "[")) or ("." in value.partition(":")[0] and not value.endswith(":"))


def _overridden(configured: Configured) -> Iterator[Answer]:
    """What is set beside something that always wins over it (resolve.c)."""
    main = configured.main
    for parameter in (_RELAYHOST, _TRANSPORT):
        setting = main.setting(parameter)
        if not main.value(parameter).text:
            continue
        for table in configured.tables("transport_maps"):
            entry = table.entries.get("*")
            if entry is not None and entry.value.strip() not in (":", ""):
                shown = configured.entry("transport_maps", table, entry)
                yield fault(
                    "sender-route-overridden",
                    configured.at(setting),
                    shown,
                    parameter=parameter,
                    winner="transport_maps",
                )
    if not main.value(_RELAYHOST).text:
        return
    setting = main.setting(_RELAYHOST)
    default = main.value("default_transport").text
    if default.partition(":")[2]:
        shown = configured.at(main.setting("default_transport"))
        yield fault(
            "sender-route-overridden", configured.at(setting), shown, parameter=_RELAYHOST, winner="default_transport"
        )
    relayed = {key: shown for table, key, _, shown in _listed(configured, _RELAYHOST) if table.fixed}
    for _, key, entry, shown in _listed(configured, _TRANSPORT):
        if key in relayed and entry.value.partition(":")[2]:
            yield fault("sender-route-overridden", relayed[key], shown, parameter=_RELAYHOST, winner=_TRANSPORT)
