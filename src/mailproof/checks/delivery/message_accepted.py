"""Is the message itself accepted, after its recipient was?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.delivery.chunks_taken import bdat_is_unknown
from mailproof.checks.sending_side import beside
from mailproof.checks.survey import place, url
from mailproof.model.attempt import Step
from mailproof.model.envelope import Submitted
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.reply import ReplyClass
from mailproof.parse.doubts import doubts_sender
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.refused import Refused, messages, refused

NAME = "message-accepted"
NEEDS = (Submitted,)
KINDS = (
    FindingKind(
        "content-rejected",
        Layer.DELIVERY,
        references=("RFC 3463 section 3.7", "postconf(5) header_checks", "Postfix MILTER_README"),
    ),
    FindingKind(
        "message-too-big",
        Layer.DELIVERY,
        references=("RFC 1870 section 6", "RFC 3463 section 3.4", "postconf(5) message_size_limit"),
    ),
)
# These say after the dot what could have been said before it; checks of their own name them.
_NOT_THE_CONTENT = frozenset(
    {
        RefusalKind.MAILBOX_FULL,
        RefusalKind.MESSAGE_UNAUTHENTICATED,
        RefusalKind.CLIENT_NAME_MISSING,
        RefusalKind.CONFIG_PROBLEM,
        RefusalKind.SENDER_NOT_OWNED,
        RefusalKind.NEEDS_SMTPUTF8,
        RefusalKind.ALIAS_LOOP,
        RefusalKind.LIMITED,
    }
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in messages(record):
        final = sighting.fact.final
        if final is not None and final.kind is ReplyClass.POSITIVE:
            yield Passed(NAME, sighting.evidence(final.turn), url(sighting))
    for answer in refused(record):
        name = _name(answer)
        evidence = answer.sighting.evidence(answer.reply.turn)
        if name is not None and evidence:
            side = (
                beside(record, answer.sighting.attempt.endpoint) if doubts_sender(answer.reply, answer.step) else ()
            )
            yield Finding(name, (*evidence, *side), **place(answer.sighting))


def _name(answer: Refused) -> str | None:
    if answer.kind is RefusalKind.MESSAGE_TOO_BIG:
        return "message-too-big"
    said = answer.step is Step.DATA and answer.is_permanent and not _is_of_bdat(answer)
    return "content-rejected" if said and answer.kind not in _NOT_THE_CONTENT else None


def _is_of_bdat(answer: Refused) -> bool:
    fact = answer.sighting.fact
    return isinstance(fact, Submitted) and bdat_is_unknown(fact)
