"""May a user who has logged in send mail to somewhere else; and is a refusal to relay a lasting one?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.reply import ReplyClass
from mailproof.parse.refusal import no_rule_matches
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.refused import envelope_refused, refused_by_hand, transactions

NAME = "relay-after-login"
NEEDS = (EnvelopeTried,)
KINDS = (
    FindingKind(
        "relay-denied",
        Layer.RELAY,
        references=(
            "RFC 6409 section 5",
            "postconf(5) smtpd_relay_restrictions",
            "postconf(5) permit_sasl_authenticated",
        ),
    ),
    FindingKind(
        "relay-deferred",
        Layer.RELAY,
        references=("RFC 5321 section 4.2.1", "postconf(5) defer_unauth_destination", "postconf(5) soft_bounce"),
    ),
)
_DENIED = frozenset({RefusalKind.RELAY_DENIED, RefusalKind.LOGIN_REQUIRED})


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in transactions(record):
        fact = sighting.fact
        if fact.purpose is not EnvelopePurpose.OUTSIDE:
            continue
        refused = envelope_refused(sighting)
        evidence = sighting.evidence(refused.reply.turn) if refused else ()
        if refused and refused.kind is RefusalKind.RELAY_DENIED and not refused.is_permanent:
            yield Finding("relay-deferred", evidence, **place(sighting))
        elif not fact.logged_in:
            continue
        elif refused and (refused.kind in _DENIED or no_rule_matches(refused.reply)):
            yield Finding("relay-denied", evidence, **place(sighting))
        elif refused:
            yield Untold(NAME, "refused-for-another-reason", url(sighting), params={"reply": refused.reply.line})
        elif fact.rcpt is not None and fact.rcpt.kind is ReplyClass.POSITIVE:
            yield Passed(NAME, sighting.evidence(fact.rcpt.turn), url(sighting))
        else:
            yield Untold(NAME, "not-reached", url(sighting))
    for sent in refused_by_hand(record):
        evidence = sent.sighting.evidence(sent.reply.turn)
        if sent.logged_in and sent.kind in _DENIED and evidence:
            name = "relay-denied" if sent.is_permanent else "relay-deferred"
            yield Finding(name, evidence, **place(sent.sighting))
