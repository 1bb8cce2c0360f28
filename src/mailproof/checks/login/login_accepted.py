"""Does the server accept the user name and password?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailproof.checks.survey import alongside, place, url
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Scope, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.parse.login_refusal import LoginRefusal, login_refusal

NAME = "login-accepted"
NEEDS = (LoginTried,)
_SAME_ACCOUNT = (Explains("auth-rejected", Scope.SERVER),)
KINDS = (
    FindingKind(
        "auth-rejected",
        Layer.LOGIN,
        params=("mechanism",),
        gathered=("mechanism",),  # one wrong password is PLAIN in SMTP and USER in POP3
        references=("RFC 4954 section 6", "RFC 5530 section 3", "RFC 3206 section 4", "Postfix SASL_README"),
    ),
    FindingKind(
        "auth-mechanism-broken",
        Layer.LOGIN,
        params=("mechanism", "working"),
        gathered=("mechanism",),
        references=("RFC 4954 section 4", "Dovecot manual: password schemes and authentication mechanisms"),
    ),
    FindingKind(
        "login-exchange-broken",
        Layer.LOGIN,
        params=("mechanism", "problem"),
        gathered=("mechanism",),
        explains=(Explains("closed-unexpectedly"),),
        references=(
            "RFC 4422 section 3",
            "RFC 5802 sections 5 and 9",
            "RFC 7677 section 4",
            "RFC 2831 section 2.1.3",
        ),
    ),
    FindingKind(
        "auth-temporary-failure",
        Layer.LOGIN,
        # The same lookup that one program reports as failed another reports as a wrong password. 421 hangs up.
        explains=(*_SAME_ACCOUNT, Explains("closed-unexpectedly")),
        references=("RFC 4954 section 6", "RFC 5530 section 3", "RFC 3206 section 4"),
    ),
    FindingKind(
        "user-disabled",
        Layer.LOGIN,
        explains=_SAME_ACCOUNT,
        references=("RFC 5530 section 3", "IANA SMTP enhanced status codes: X.7.13", "Dovecot manual: nologin"),
    ),
)
_NAMED = frozenset({LoginRefusal.TEMPORARY, LoginRefusal.DISABLED})
# Each of these has a check of its own.
_ELSEWHERE = frozenset(
    {
        LoginRefusal.APP_PASSWORD,
        LoginRefusal.BY_PROVIDER,
        LoginRefusal.TOKEN_EXPIRED,
        LoginRefusal.EHLO_FIRST,
        LoginRefusal.TLS_FIRST,
        LoginRefusal.MECHANISM_UNKNOWN,
        LoginRefusal.CERTIFICATE_WANTED,
    }
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in record.seen(LoginTried):
        fact = sighting.fact
        if fact.against and (evidence := sighting.evidence()):
            broken = {"mechanism": fact.mechanism, "problem": fact.against}
            yield Finding("login-exchange-broken", evidence, **place(sighting), params={**broken})
            continue
        if fact.reply is None:
            yield Untold(NAME, "not-reached", url(sighting), asked=True)
            continue
        evidence = sighting.evidence(fact.reply.turn)
        if not evidence:
            continue
        refusal = login_refusal(fact)
        if fact.accepted:
            yield Passed(NAME, evidence, url(sighting))
        elif refusal is not None and refusal in _NAMED:
            yield Finding(refusal.value, evidence, **place(sighting))
        elif fact.reply.enhanced == "LOGIN-DELAY":
            # Where the same login was accepted a moment ago, it is that which makes it too soon.
            yield Untold(NAME, "login-delay", url(sighting), asked=not _accepted_before(sighting, record))
        elif refusal is LoginRefusal.OTHER or _says_nothing_of_it(sighting, record):
            params = {"reply": fact.reply.line}
            yield Untold(NAME, "no-verdict", url(sighting), asked=True, params=params)
        elif refusal is None or refusal not in _ELSEWHERE:
            # Without a refusal it is the client's side of the mechanism that objects: to what it cannot do itself.
            if working := _working(sighting, record):
                both = {"mechanism": fact.mechanism, "working": working}
                yield Finding("auth-mechanism-broken", evidence, **place(sighting), params={**both})
            elif refusal is None:
                yield Untold(NAME, "no-verdict", url(sighting), asked=True, params={"reply": fact.error})
            else:
                params = {"mechanism": fact.mechanism}
                yield Finding("auth-rejected", evidence, **place(sighting), params={**params})


# Words about a login, in a reply that has no code.
_OF_LOGIN = re.compile(r"auth|log ?(in|on)|pass(word|phrase)|credential|user|account|invalid|incorrect|denied", re.I)


def _says_nothing_of_it(sighting: Sighting[LoginTried], record: Record) -> bool:
    """A POP3 server that marks each refusal of credentials ([AUTH], RFC 3206 section 6) did not mark this one."""
    reply = sighting.fact.reply
    offers = alongside(sighting, record, Capabilities)
    marks = bool(offers) and offers[-1].fact.get("AUTH-RESP-CODE") is not None
    return (
        marks and reply is not None and reply.code == "-ERR" and not (reply.enhanced or _OF_LOGIN.search(reply.text))
    )


def _working(failed: Sighting[LoginTried], record: Record) -> str:
    """Another mechanism that the same endpoint accepted with the same credentials; empty if none."""
    same = (s.fact for s in record.seen(LoginTried) if s.attempt.endpoint == failed.attempt.endpoint)
    return next((fact.mechanism for fact in same if fact.accepted and fact.mechanism != failed.fact.mechanism), "")


def _accepted_before(late: Sighting[LoginTried], record: Record) -> bool:
    """Whether another POP3 port of the same server took the same user's login."""
    return any(
        other.fact.accepted
        and other.fact.user == late.fact.user
        and (other.endpoint.host, other.endpoint.scheme.protocol)
        == (late.endpoint.host, late.endpoint.scheme.protocol)
        for other in record.seen(LoginTried)
    )
