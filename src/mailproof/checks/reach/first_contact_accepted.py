"""Is a client that the server has never seen served at once?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, surveyed, url
from mailproof.model.endpoint import Scheme
from mailproof.model.envelope import EnvelopeTried
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.reply import Reply, ReplyClass

NAME = "first-contact-accepted"
NEEDS = (EnvelopeTried,)
KINDS = (
    FindingKind(
        "postscreen-deep-test",
        Layer.REACH,
        explains=(Explains("greylisted"), Explains("relay-deferred"), Explains("temporary-reject")),
        references=("Postfix POSTSCREEN_README, Tests after the 220 SMTP server greeting", "postscreen(8)"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    told: set[int] = set()
    for sighting in surveyed(record, EnvelopeTried):
        endpoint = sighting.attempt.endpoint
        if (endpoint is not None and endpoint.scheme is not Scheme.SMTP) or id(sighting.attempt) in told:
            continue
        replies = [reply for reply in (sighting.fact.mail, sighting.fact.rcpt) if reply is not None]
        deferred = next((reply for reply in replies if _is_deep_test(reply)), None)
        judged = deferred or (replies[-1] if replies else None)
        if judged is None or not (evidence := sighting.evidence(judged.turn)):
            continue
        if deferred is not None:
            told.add(id(sighting.attempt))
            yield Finding("postscreen-deep-test", evidence, **place(sighting))
        elif judged.kind in (ReplyClass.POSITIVE, ReplyClass.PERMANENT):
            told.add(id(sighting.attempt))
            yield Passed(NAME, evidence, url(sighting))


def _is_deep_test(reply: Reply) -> bool:
    """postscreen's answer to every recipient of a client that has passed: hang up, come again."""
    return reply.code == "450" and reply.enhanced == "4.3.2"
