"""Does the server bear what is too much of something: wrong commands, a long line, many recipients?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.attempt import Job
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.provoked import Strained
from mailproof.model.record import Record

NAME = "strain-borne"
NEEDS = (Strained,)
KINDS = (
    FindingKind(
        "errors-not-limited",
        Layer.REACH,
        params=("said",),
        references=("RFC 5321 section 7.8", "postconf(5) smtpd_hard_error_limit"),
    ),
    FindingKind(
        "long-line-split",
        Layer.REACH,
        params=("answers",),
        gathered=("answers",),
        references=("RFC 5321 section 4.5.3.1.4", "RFC 2449 section 4", "RFC 7162 section 4"),
    ),
    FindingKind(
        "recipient-limit-too-low",
        Layer.RELAY,
        params=("taken",),
        gathered=("taken",),
        references=("RFC 5321 section 4.5.3.1.8", "RFC 5321 section 4.5.3.1.10", "postconf(5) smtpd_recipient_limit"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in record.seen(Strained):
        fact, where = sighting.fact, place(sighting)
        if not (evidence := sighting.evidence()):
            continue
        if fact.job is Job.ERRORS and not fact.hung_up:
            yield Finding("errors-not-limited", evidence, **where, params={"said": fact.said})
        elif fact.job is Job.LONG_LINE and fact.answered > 1:
            yield Finding("long-line-split", evidence, **where, params={"answers": fact.answered})
        elif fact.job is Job.RECIPIENTS and fact.answered < fact.said:
            if fact.answered and _at_a_limit(fact):
                yield Finding("recipient-limit-too-low", evidence, **where, params={"taken": fact.answered})
            else:
                params = {"reply": fact.reply.line if fact.reply is not None else ""}
                yield Untold(NAME, "refused-for-another-reason", url(sighting), params=params)
        else:
            yield Passed(NAME, evidence, url(sighting))


def _at_a_limit(fact: Strained) -> bool:
    from mailproof.parse.refusal import refusal
    from mailproof.parse.refusal_kind import RefusalKind

    return refusal(fact.reply) is RefusalKind.LIMITED
