"""Is the handshake made, where TLS was agreed on?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import alongside, place, surveyed, url, wants_client_certificate
from mailproof.model.endpoint import TlsMode
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.tls import StartTls, TlsHandshake

NAME = "tls-handshake"
NEEDS = (TlsHandshake,)
_CONSEQUENCES = (Explains("auth-not-offered"), Explains("closed-unexpectedly"))
KINDS = (
    FindingKind(
        "tls-handshake-failed",
        Layer.TLS,
        params=("reason",),
        gathered=("reason",),  # one bad key is an alert on one port and a hang-up on the next
        explains=_CONSEQUENCES,
        references=("RFC 8446 section 6", "openssl-s_client(1)"),
    ),
    FindingKind(
        "tls-no-shared-cipher",
        Layer.TLS,
        params=("reason",),
        explains=(Explains("tls-handshake-failed"), *_CONSEQUENCES),
        references=("RFC 8446 section 6.2", "RFC 9325 section 4.2", "postconf(5) smtpd_tls_mandatory_ciphers"),
    ),
)

# RFC 8446 section 6.2: "unable to negotiate an acceptable set of security parameters". We offer every cipher
# that OpenSSL has, so what is missing is on the server's side.
_NOTHING_IN_COMMON = frozenset({"handshake_failure", "insufficient_security"})


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in surveyed(record, TlsHandshake):
        fact = sighting.fact
        if not (evidence := sighting.evidence()):
            continue
        if wants_client_certificate(sighting):
            continue  # `client-certificate-required`
        if fact.trouble is None:
            yield Passed(NAME, evidence, url(sighting))
        elif _agreed_on(sighting, record):
            detail = fact.detail.lower()
            none = (
                fact.alert in _NOTHING_IN_COMMON or "no shared cipher" in detail or "no ciphers available" in detail
            )
            # Where a cipher was agreed on it is something else: under TLS 1.2 the client's certificate, among others.
            none = none and not fact.cipher
            params = {"reason": fact.alert or fact.detail or str(fact.trouble)}
            name = "tls-no-shared-cipher" if none else "tls-handshake-failed"
            yield Finding(name, evidence, **place(sighting), params={**params})


def _agreed_on(sighting: Sighting[TlsHandshake], record: Record) -> bool:
    """False for a second look at a silent port, and where clear text came at once (`implicit-tls-missing`)."""
    endpoint = sighting.attempt.endpoint
    if endpoint is not None and endpoint.scheme.tls_mode is TlsMode.IMPLICIT:
        return not sighting.fact.clear_text
    return endpoint is None or any(other.fact.offered for other in alongside(sighting, record, StartTls))
