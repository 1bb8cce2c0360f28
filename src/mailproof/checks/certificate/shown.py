"""What the checks of certificates share: who showed which certificate, and how it is pointed at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mailproof.checks.survey import surveyed
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.record import Record, Sighting
from mailproof.model.tls import Certificate, TlsHandshake


def handshakes(record: Record) -> Iterator[Sighting[TlsHandshake]]:
    """Those that were made and showed a certificate; of all others nothing can be said."""
    return (s for s in surveyed(record, TlsHandshake) if s.fact.trouble is None and s.fact.chain)


def evidence(sighting: Sighting[TlsHandshake], certificate: Certificate) -> tuple[Evidence, ...]:
    """The handshake and the certificate in question."""
    where = certificate.subject or certificate.sha256
    return (*sighting.evidence(), Evidence(EvidenceKind.CERTIFICATE, where, described(certificate)))


def described(certificate: Certificate) -> str:
    """What a certificate says, in a line."""
    dates = f"valid {day(certificate.not_before)} to {day(certificate.not_after)}"
    key = f"{certificate.key_type} {certificate.key_bits}, {certificate.signature_hash or 'no hash'}"
    names = ", ".join(certificate.dns_names[:8] + certificate.ip_addresses[:8]) or "none"
    return f"subject {certificate.subject}; issuer {certificate.issuer}; names {names}; {dates}; {key}"


def mark(certificate: Certificate) -> str:
    """Enough of the fingerprint to tell two certificates of the same subject apart.

    A parameter that kinds gather: for whoever mends it, Postfix's and Dovecot's copies of one fault are one.
    """
    return certificate.sha256[:16]


def day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
