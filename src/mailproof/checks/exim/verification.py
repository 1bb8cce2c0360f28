"""Does Exim turn clients away for what it verifies of them?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.files import bounded, fault
from mailproof.model.configuration import EximFiles
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.reply import ReplyClass
from mailproof.parse.refused import transactions

NAME = "exim-verification-passed"
NEEDS = (EximFiles,)
KINDS = (
    FindingKind(
        "client-verification-refuses",
        Layer.RELAY,
        ("rule",),
        tuple(
            Explains(name, Scope.SERVER)
            for name in (
                *("sender-rejected", "sender-domain-unknown", "temporary-reject", "recipient-rejected"),
                *("client-name-missing", "helo-rejected", "client-blocklisted"),
            )
        ),
        ("Exim specification: verify", "Exim specification: helo_verify_hosts"),
    ),
)

# What each refuses with, where the ACL has no message of its own (as 4.96 answers).
_PROHIBITED = re.compile(r"\A550 (?:5\.7\.1 )?Administrative prohibition")
_SAID = {
    "sender": re.compile(r"sender verif|callout|callback|Verification failed for", re.IGNORECASE),
    "reverse_host_lookup": _PROHIBITED,
    "helo": _PROHIBITED,
}


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    refused = list(_refused(record))
    for configured in running(record):
        if refused:
            yield from bounded(NAME, _rules(configured, refused))


def _refused(record: Record) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
    """What was answered to MAIL or RCPT, and where."""
    for sighting in transactions(record):
        for reply in (sighting.fact.mail, sighting.fact.rcpt):
            if reply is not None and reply.kind in (ReplyClass.PERMANENT, ReplyClass.TRANSIENT):
                yield reply.line, sighting.evidence(reply.turn)


def _rules(configured: Configured, refused: list[tuple[str, tuple[Evidence, ...]]]) -> Iterator[Answer]:
    for acl in configured.configuration.acls.values():
        for statement in acl.statements:
            for condition in statement.values("verify"):
                what = re.split(r"[/=\s]", condition.value, maxsplit=1)[0]
                if what == "sender" and "callout" not in condition.value:
                    continue  # that its domain is not there is the sender's affair
                own = [each.value for each in statement.values("message") if "$" not in each.value]
                for line, shown in refused:
                    fits = any(text and text in line for text in own) or (
                        not own and what in _SAID and _SAID[what].search(line)
                    )
                    if what in _SAID and fits:
                        rule = f"verify = {condition.value}"[:80]
                        at = (configured.at(condition), configured.at(statement))
                        yield fault("client-verification-refuses", *at, *shown, rule=rule)
