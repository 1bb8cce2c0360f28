"""Does Exim make clients wait on purpose?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.mending import main_set, mend
from mailproof.checks.files import bounded, fault
from mailproof.checks.survey import surveyed
from mailproof.model.configuration import EximFiles
from mailproof.model.connection import Greeting
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.exim.configuration import Statement

NAME = "exim-greets-at-once"
NEEDS = (EximFiles, Greeting)
KINDS = (
    FindingKind(
        "tarpit",
        Layer.REACH,
        ("setting",),
        tuple(Explains(name, Scope.SERVER) for name in ("greeting-slow", "no-greeting", "no-reply")),
        (
            "postconf(5) smtpd_client_restrictions",
            "Exim specification: the delay modifier",
            "Exim specification: rfc1413_query_timeout",
        ),
    ),
)

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
# A wait is over a little earlier or later than it says.
_NEARLY = 0.9
_FREE = ("delay", "message", "log_message", "logwrite", "control", "set", "add_header")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    slowest = max((sighting.fact.seconds for sighting in surveyed(record, Greeting)), default=0.0)
    for configured in running(record):
        waits = [each for each in _waits(configured) if 0 < each[0] * _NEARLY <= slowest]
        # Who waits a second on purpose, and greets after five, has another reason.
        if sum(seconds for seconds, _, _ in waits) >= slowest / 2:
            yield from bounded(NAME, (_wait(configured, text, shown) for _, text, shown in waits))


def _wait(configured: Configured, text: str, shown: tuple[Evidence, ...]) -> Finding:
    """Nobody answers an ident lookup any more; a delay is meant, and how long it may be is its owner's affair."""
    found = fault("tarpit", *shown, setting=text)
    if not text.startswith("rfc1413"):
        return found
    return found.mended_by(mend(configured, main_set(configured, "rfc1413_query_timeout", "0s")))


def _waits(configured: Configured) -> Iterator[tuple[int, str, tuple[Evidence, ...]]]:
    """Seconds, setting and lines of each wait before the greeting that every client meets."""
    hosts, timeout = (configured.expanded(configured.value(f"rfc1413_{name}")) for name in ("hosts", "query_timeout"))
    if hosts and configured.has_stranger(hosts) and timeout:
        shown = (configured.where("rfc1413_hosts"), configured.where("rfc1413_query_timeout"))
        yield _seconds(timeout), f"rfc1413_query_timeout = {timeout}", shown
    name = configured.expanded(configured.value("acl_smtp_connect")) or ""
    acl = configured.configuration.acls.get(name.strip())
    for statement in acl.statements if acl is not None else ():
        for condition in statement.values("delay"):
            if _is_everybodys(statement):
                shown = (configured.at(condition), configured.where("acl_smtp_connect"))
                yield _seconds(condition.value), f"delay = {condition.value}", shown


def _is_everybodys(statement: Statement) -> bool:
    return all(each.name in _FREE for each in statement.conditions)


def _seconds(text: str) -> int:
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d{1,7})([wdhms])", text))
