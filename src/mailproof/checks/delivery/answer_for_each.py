"""Does LMTP answer for every recipient?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import alongside, place, url
from mailproof.model.attempt import Step
from mailproof.model.connection import Interrupted
from mailproof.model.endpoint import Protocol
from mailproof.model.envelope import Submitted
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import ReplyClass

NAME = "answer-for-each"
NEEDS = (Submitted, Interrupted)
KINDS = (
    FindingKind(
        "lmtp-answers-missing",
        Layer.DELIVERY,
        params=("answers", "recipients"),
        explains=(Explains("no-reply"), Explains("closed-unexpectedly")),
        references=("RFC 2033 section 4.2", "lmtp(8)"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for attempt in record.attempts:
        if attempt.endpoint is None or attempt.endpoint.scheme.protocol is not Protocol.LMTP:
            continue
        due = [s for s in record.seen(Submitted) if s.attempt is attempt and _is_due(s)]
        answered = [s for s in due if s.fact.final is not None]
        if len(due) < 2 or not answered:
            continue  # of one recipient it cannot be told, and silence has its own name
        evidence = tuple(piece for s in answered for piece in s.evidence(s.fact.final.turn if s.fact.final else 0))
        broken = [s for s in alongside(due[0], record, Interrupted) if s.fact.step is Step.DATA]
        if len(answered) == len(due) and evidence:
            yield Passed(NAME, evidence, url(due[0]))
        elif broken and evidence:
            params: dict[str, Param] = {"answers": len(answered), "recipients": len(due)}
            yield Finding("lmtp-answers-missing", evidence + broken[0].evidence(), **place(due[0]), params=params)


def _is_due(sighting: Sighting[Submitted]) -> bool:
    """The recipient was accepted, and the message handed over."""
    fact = sighting.fact
    return fact.rcpt is not None and fact.rcpt.kind is ReplyClass.POSITIVE
