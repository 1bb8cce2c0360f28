"""Is there a way to log in where users log in?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.login.offers import Offers, offers
from mailproof.checks.survey import place
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities
from mailproof.model.endpoint import Protocol, Scheme
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "auth-offered"
NEEDS = (Capabilities,)
KINDS = (
    FindingKind(
        "auth-not-offered",
        Layer.LOGIN,
        explains=(Explains("auth-mechanism-missing"),),
        references=(
            "RFC 4954 section 3",
            "RFC 6409 section 4.3",
            "RFC 5034 section 3",
            "RFC 3501 section 6.2.3",
            "postconf(5) smtpd_sasl_auth_enable",
        ),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for offer in offers(record):
        if offer.endpoint.scheme is Scheme.SMTP and not _login_is_expected_at_smtp(record):
            continue
        # Where TLS cannot be had, what is offered in clear text is all there is to judge by.
        seen = offer.tls or offer.clear
        assert seen is not None
        means = offer.means(seen)
        if means:
            yield Passed(NAME, seen.evidence(seen.fact.reply.turn), offer.endpoint.url)
        elif means is None:
            imap = offer.endpoint.scheme.protocol is Protocol.IMAP  # must answer; POP3 need not (RFC 2449)
            params = {"reply": seen.fact.reply.line}
            yield Untold(NAME, "capabilities-refused", offer.endpoint.url, asked=imap, params=params)
        elif _may_be_hidden(offer):
            yield Untold(NAME, "tls-not-available", offer.endpoint.url)
        else:
            yield Finding("auth-not-offered", seen.evidence(seen.fact.reply.turn), **place(seen))


def _may_be_hidden(offer: Offers) -> bool:
    """TLS was not reached, and inside it there could be a login: `smtpd_tls_auth_only`, LOGINDISABLED."""
    return offer.tls is None


def _login_is_expected_at_smtp(record: Record) -> bool:
    """Port 25 is for other servers; a login is missed there only by who wants to log in and has no other port."""
    if not record.asked.user:
        return False
    elsewhere = (a.endpoint for a in record.attempts if a.endpoint and a.endpoint.scheme.is_submission)
    if next(elsewhere, None) is not None:
        return False
    tried = (s for s in record.seen(LoginTried) if s.attempt.endpoint)
    return not any(s.fact.accepted and s.endpoint.scheme.protocol is Protocol.SMTP for s in tried)
