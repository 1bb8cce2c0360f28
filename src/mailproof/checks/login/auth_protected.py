"""Does the server keep passwords from being sent in clear text, by not asking for them before TLS?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.login.offers import PLAIN_TEXT, Offers, offers
from mailproof.checks.survey import alongside, place
from mailproof.model.capabilities import Capabilities
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Protocol, TlsMode
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.vantage import is_local

NAME = "auth-protected"
NEEDS = (Capabilities,)
KINDS = (
    FindingKind(
        "auth-offered-in-clear",
        Layer.LOGIN,
        references=(
            "RFC 4954 section 4",
            "RFC 8314 section 3",
            "RFC 3501 section 11.1",
            "postconf(5) smtpd_tls_auth_only",
            "Dovecot manual: ssl, auth_allow_cleartext",
        ),
    ),
    FindingKind(
        "auth-only-after-tls",
        Layer.LOGIN,
        references=("RFC 4954 section 4", "RFC 3501 section 7.2.1", "postconf(5) smtpd_tls_auth_only"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for offer in offers(record):
        if offer.endpoint.scheme.tls_mode is TlsMode.IMPLICIT or offer.clear is None:
            continue
        before = offer.means(offer.clear)
        if before is None:
            continue
        evidence = offer.clear.evidence(offer.clear.fact.reply.turn)
        if PLAIN_TEXT.isdisjoint(before):
            yield Passed(NAME, evidence, offer.endpoint.url)
        elif offer.endpoint.scheme.protocol is not Protocol.SMTP and _is_local(offer, record):
            # Dovecot takes a client with its own address for secure, and shows it what others do not see.
            yield Untold(NAME, "server-trusts-itself", offer.endpoint.url)
        else:
            yield Finding("auth-offered-in-clear", evidence, **place(offer.clear))
        if offer.tls is not None and not before and offer.means(offer.tls):
            inside = offer.tls.evidence(offer.tls.fact.reply.turn)
            yield Finding("auth-only-after-tls", inside, **place(offer.tls))


def _is_local(offer: Offers, record: Record) -> bool:
    assert offer.clear is not None
    connections = alongside(offer.clear, record, Connection)
    local = next((c.fact.client for c in connections if c.fact.trouble is None), "")
    return is_local(local, offer.endpoint.address, record.vantage)
