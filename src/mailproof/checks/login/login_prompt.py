"""Is a login answered without a penalty for earlier failures?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place
from mailproof.model.authentication import LoginTried
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "login-answered-promptly"
NEEDS = (LoginTried,)
KINDS = (
    FindingKind(
        "auth-penalty",
        Layer.LOGIN,
        params=("seconds",),
        references=("Dovecot manual: authentication penalty", "Dovecot manual: service anvil"),
    ),
)

# Dovecot's first penalty adds 2 s to the auth_failure_delay of 2 s; a busy password hash stays below this.
_PENALTY = 3.0


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    failed: set[str] = set()
    for sighting in record.seen(LoginTried):
        if (endpoint := sighting.attempt.endpoint) is None:
            continue
        reply = sighting.fact.reply
        if (
            reply is not None
            and reply.seconds >= _PENALTY
            and endpoint.address in failed
            and sighting.evidence(reply.turn)
        ):
            params: dict[str, Param] = {"seconds": round(reply.seconds, 1)}
            yield Finding("auth-penalty", sighting.evidence(reply.turn), **place(sighting), params=params)
        if not sighting.fact.accepted:
            failed.add(endpoint.address)
