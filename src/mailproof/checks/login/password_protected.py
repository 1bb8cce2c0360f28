"""Was the password sent only inside TLS?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.login.offers import PLAIN_TEXT
from mailproof.checks.survey import place, url
from mailproof.model.authentication import LoginTried
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.tls import Protection

NAME = "password-protected"
NEEDS = (LoginTried,)
KINDS = (
    FindingKind(
        "password-sent-in-clear",
        Layer.LOGIN,
        params=("mechanism",),
        gathered=("mechanism",),
        references=("RFC 8314 section 3", "RFC 4616 section 6", "RFC 4954 section 4"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in record.seen(LoginTried):
        fact = sighting.fact
        evidence = sighting.evidence() or sighting.evidence(fact.reply.turn if fact.reply else 0)
        if not evidence:
            continue
        if fact.protection is not Protection.NONE:
            yield Passed(NAME, evidence, url(sighting))
        elif fact.mechanism in PLAIN_TEXT and fact.sent:
            params: dict[str, Param] = {"mechanism": fact.mechanism}
            yield Finding("password-sent-in-clear", evidence, **place(sighting), params=params)
