"""Is it the account's password that the server wants, for the name that was given?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.login.refused import refused
from mailproof.checks.survey import place
from mailproof.model.authentication import LoginTried
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.parse.login_refusal import LoginRefusal

NAME = "account-usable"
NEEDS = (LoginTried,)
_SAME_ACCOUNT = (Explains("auth-rejected", Scope.SERVER), Explains("user-unknown", Scope.SERVER))
KINDS = (
    FindingKind(
        "app-password-required",
        Layer.LOGIN,
        explains=_SAME_ACCOUNT,
        references=(
            "https://support.google.com/mail/answer/185833",
            "https://support.apple.com/102654",
            "RFC 4954 section 6",
        ),
    ),
    FindingKind(
        "login-disabled-by-provider",
        Layer.LOGIN,
        explains=_SAME_ACCOUNT,
        references=(
            "https://aka.ms/smtp_auth_disabled",
            "https://support.google.com/mail/answer/78754",
            "RFC 4954 section 6",
        ),
    ),
    FindingKind(
        "token-expired",
        Layer.LOGIN,
        # Dovecot holds a token against its stores of passwords, too, where one stands before that of tokens.
        explains=(*_SAME_ACCOUNT, Explains("password-wrong", Scope.SERVER), Explains("user-unknown", Scope.SERVER)),
        references=("RFC 7628 section 3.2.2", "RFC 6750 section 3.1", "RFC 6749 section 6"),
    ),
    FindingKind(
        "user-name-lacks-domain",
        Layer.LOGIN,
        params=("user",),
        explains=_SAME_ACCOUNT,
        references=("Dovecot manual: auth_default_domain, auth_username_format", "RFC 4616 section 2"),
    ),
    FindingKind(
        "user-name-has-domain",
        Layer.LOGIN,
        params=("user",),
        explains=_SAME_ACCOUNT,
        references=("Dovecot manual: auth_username_format", "RFC 4616 section 2"),
    ),
)
_BY_WORDS = frozenset({LoginRefusal.APP_PASSWORD, LoginRefusal.BY_PROVIDER, LoginRefusal.TOKEN_EXPIRED})


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting, refusal, evidence in refused(record):
        user = sighting.fact.user or record.asked.user
        if refusal in _BY_WORDS:
            yield Finding(refusal.value, evidence, **place(sighting))
        elif other := _accepted_as(sighting, record):
            name = "user-name-has-domain" if "@" in user else "user-name-lacks-domain"
            both = evidence + other.evidence(other.fact.reply.turn if other.fact.reply else 0)
            yield Finding(name, both, **place(sighting), params={"user": user})
        # hMailServer adds its sentence on the full address to every refusal: true only of a bare name.
        elif refusal is (LoginRefusal.WANTS_NO_DOMAIN if "@" in user else LoginRefusal.WANTS_DOMAIN):
            yield Finding(refusal.value, evidence, **place(sighting), params={"user": user})


def _accepted_as(tried: Sighting[LoginTried], record: Record) -> Sighting[LoginTried] | None:
    """A login there with the same name, but for the domain, that the server accepted."""
    user = tried.fact.user
    for other in record.seen(LoginTried):
        name = other.fact.user
        alike = name.partition("@")[0] == user.partition("@")[0] and ("@" in name) != ("@" in user)
        if alike and other.fact.accepted and other.attempt.endpoint == tried.attempt.endpoint:
            return other
    return None
