"""Is a login taken only where it is offered, and only once?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.capabilities import Stage
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.provoked import LoginProbed
from mailproof.model.record import Record
from mailproof.model.reply import ReplyClass
from mailproof.parse.vantage import is_local

NAME = "login-where-offered"
NEEDS = (LoginProbed,)
KINDS = (
    FindingKind(
        "auth-taken-unoffered",
        Layer.LOGIN,
        references=("RFC 4954 section 4", "RFC 8314 section 4.1", "postconf(5) smtpd_tls_auth_only"),
    ),
    FindingKind(
        "second-auth-accepted",
        Layer.LOGIN,
        references=("RFC 4954 section 4", "RFC 4422 section 3.8"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in record.seen(LoginProbed):
        fact, endpoint = sighting.fact, sighting.attempt.endpoint
        if not (evidence := sighting.evidence()):
            continue
        if fact.reply.kind is not ReplyClass.INTERMEDIATE:
            yield Passed(NAME, evidence, url(sighting))
        elif fact.stage is Stage.LOGGED_IN:
            yield Finding("second-auth-accepted", evidence, **place(sighting))
        elif endpoint is not None and is_local(fact.client, endpoint.address, record.vantage):
            # Dovecot takes a client with its own address for secure.
            yield Untold(NAME, "server-trusts-itself", url(sighting))
        else:
            yield Finding("auth-taken-unoffered", evidence, **place(sighting))
