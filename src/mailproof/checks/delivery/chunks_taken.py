"""Where CHUNKING is offered: is a message taken in chunks?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.envelope import Submitted
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.reply import ReplyClass
from mailproof.parse.refused import messages

NAME = "chunks-taken"
NEEDS = (Submitted,)
KINDS = (
    FindingKind(
        "chunking-not-understood",
        Layer.DELIVERY,
        params=("reply",),
        # What was in the chunk is then taken for commands.
        explains=(
            Explains("too-many-errors"),
            Explains("closed-unexpectedly"),
            Explains("unexpected-reply"),
            Explains("no-reply"),
        ),
        references=("RFC 3030 section 2", "postconf(5) smtpd_discard_ehlo_keywords", "Postfix BDAT_README"),
    ),
)

_UNKNOWN = ("500", "502")
"""RFC 5321 section 4.2.4: not recognised, not implemented."""


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in messages(record):
        final = sighting.fact.final
        if final is None or sighting.fact.data is not None:
            continue  # handed in by DATA, or not at all
        evidence = sighting.evidence(final.turn - 1, final.turn)
        if bdat_is_unknown(sighting.fact):
            yield Finding("chunking-not-understood", evidence, **place(sighting), params={"reply": final.line})
        elif final.kind is ReplyClass.POSITIVE:
            yield Passed(NAME, evidence, url(sighting))


def bdat_is_unknown(fact: Submitted) -> bool:
    """The refusal is one of the command BDAT, and says nothing of the message."""
    return fact.data is None and fact.final is not None and fact.final.code in _UNKNOWN
