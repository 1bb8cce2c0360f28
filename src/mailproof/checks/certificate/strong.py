"""Are keys and signatures strong enough?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.certificate.shown import evidence, handshakes, mark
from mailproof.checks.survey import place, url
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed, Scope
from mailproof.model.policy import Policy, Thresholds
from mailproof.model.record import Record
from mailproof.model.tls import Certificate, TlsHandshake

NAME = "certificate-strong"
NEEDS = (TlsHandshake,)
KINDS = (
    FindingKind(
        "certificate-key-weak",
        Layer.TLS,
        params=("subject", "key", "id", "seen"),
        gathered=("id",),
        explains=(Explains("tls-handshake-failed"), Explains("tls-context-broken", Scope.SERVER)),
        references=("RFC 9325 section 4.5", "SSL_CTX_set_security_level(3)"),
    ),
    FindingKind(
        "certificate-signature-weak",
        Layer.TLS,
        params=("subject", "hash", "id", "seen"),
        gathered=("id",),
        explains=(Explains("tls-handshake-failed"), Explains("tls-context-broken", Scope.SERVER)),
        references=("RFC 9155", "RFC 9325 section 4.5", "SSL_CTX_set_security_level(3)"),
    ),
)

BROKEN_HASHES = frozenset({"md2", "md4", "md5", "sha1"})


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in handshakes(record):
        leaf = sighting.fact.chain[0]
        # A root is trusted for being in the store, not for its signature; it need not even be sent.
        judged = [leaf, *(c for c in sighting.fact.chain[1:] if not c.self_signed)]
        sound = True
        for certificate in judged:
            params: dict[str, Param] = {"subject": certificate.subject, "id": mark(certificate)}
            if key_weak(certificate, policy.thresholds):
                sound = False
                key = f"{certificate.key_type} {certificate.key_bits}"
                shown = evidence(sighting, certificate)
                yield Finding("certificate-key-weak", shown, **place(sighting), params={**params, "key": key})
            if not certificate.self_signed and certificate.signature_hash in BROKEN_HASHES:
                sound = False
                params["hash"] = certificate.signature_hash.upper()
                shown = evidence(sighting, certificate)
                yield Finding("certificate-signature-weak", shown, **place(sighting), params=params)
        if sound:
            yield Passed(NAME, evidence(sighting, leaf), url(sighting))


def key_weak(certificate: Certificate, thresholds: Thresholds) -> bool:
    """Whether its key has fewer bits than the policy wants."""
    if certificate.key_type in ("RSA", "DSA"):
        return 0 < certificate.key_bits < thresholds.rsa_bits
    return certificate.key_type == "EC" and 0 < certificate.key_bits < thresholds.ec_bits
