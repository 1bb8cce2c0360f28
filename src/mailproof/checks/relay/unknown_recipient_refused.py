"""Is a recipient that cannot exist refused while the sender is still there?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.reply import ReplyClass
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.refused import envelope_refused, transactions

NAME = "unknown-recipient-refused"
NEEDS = (EnvelopeTried,)
KINDS = (
    FindingKind(
        "unknown-recipient-accepted",
        Layer.RELAY,
        references=(
            "RFC 5321 section 6.2",
            "Postfix LOCAL_RECIPIENT_README",
            "postconf(5) reject_unverified_recipient",
        ),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in transactions(record):
        fact = sighting.fact
        if fact.purpose is not EnvelopePurpose.UNKNOWN:
            continue
        answer = envelope_refused(sighting)
        if answer is not None and answer.kind is RefusalKind.RECIPIENT_UNKNOWN:
            yield Passed(NAME, sighting.evidence(answer.reply.turn), url(sighting))
        elif answer is not None:
            yield Untold(NAME, "refused-for-another-reason", url(sighting), params={"reply": answer.reply.line})
        elif fact.rcpt is not None and fact.rcpt.kind is ReplyClass.POSITIVE:
            yield Finding("unknown-recipient-accepted", sighting.evidence(fact.rcpt.turn), **place(sighting))
        else:
            yield Untold(NAME, "not-reached", url(sighting))
