"""Does the server take a login at the place where it is made: after EHLO, and with or without TLS?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.login.refused import refused
from mailproof.checks.survey import place
from mailproof.model.authentication import LoginTried
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.login_refusal import LoginRefusal

NAME = "login-in-order"
NEEDS = (LoginTried,)
KINDS = (
    FindingKind(
        "ehlo-required-first",
        Layer.LOGIN,
        explains=(Explains("auth-rejected"),),
        references=("RFC 3207 section 4.2", "RFC 5321 section 4.1.4", "RFC 4954 section 4"),
    ),
    FindingKind(
        "plaintext-login-refused",
        Layer.LOGIN,
        params=("mechanism",),
        gathered=("mechanism",),
        references=(
            "RFC 5530 section 3",
            "RFC 2595 section 2.3",
            "RFC 4954 section 6",
            "Dovecot manual: ssl, auth_allow_cleartext",
        ),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting, refusal, evidence in refused(record):
        if refusal is LoginRefusal.EHLO_FIRST:
            yield Finding("ehlo-required-first", evidence, **place(sighting))
        elif refusal is LoginRefusal.TLS_FIRST:
            params: dict[str, Param] = {"mechanism": sighting.fact.mechanism}
            yield Finding("plaintext-login-refused", evidence, **place(sighting), params=params)
