"""Is today between the certificate's dates?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from mailproof.checks.certificate.shown import day, evidence, handshakes, mark
from mailproof.checks.survey import place, url
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.tls import Certificate, TlsHandshake

NAME = "certificate-dates"
NEEDS = (TlsHandshake,)
_REFERENCES = ("RFC 5280 section 4.1.2.5", "openssl-x509(1)")
KINDS = (
    FindingKind(
        "certificate-expired",
        Layer.TLS,
        params=("subject", "until", "id", "seen"),
        gathered=("id",),
        references=_REFERENCES,
    ),
    FindingKind(
        "certificate-not-yet-valid",
        Layer.TLS,
        params=("subject", "since", "id", "seen"),
        gathered=("id",),
        references=_REFERENCES,
    ),
    FindingKind(
        "certificate-expires-soon",
        Layer.TLS,
        params=("subject", "until", "days", "id", "seen"),
        gathered=("id",),
        references=_REFERENCES,
    ),
)

# X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
_DATE_ERRORS = (9, 10)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    soon = timedelta(days=policy.thresholds.expires_soon_days)
    for sighting in handshakes(record):
        chain = sighting.fact.chain
        # An old cross-signed certificate that is sent along hurts nobody; only where OpenSSL's own path ran
        # through it does its date count.
        used = {error.depth for error in sighting.fact.errors if error.code in _DATE_ERRORS and error.depth > 0}
        judged = [chain[0], *(c for c in chain[1:] if used)]
        faults = [(c, fault) for c in judged if (fault := date_fault(c, record.started, soon, c is chain[0]))]
        for certificate, (name, params) in faults:
            yield Finding(name, evidence(sighting, certificate), **place(sighting), params=params)
        if not faults:
            yield Passed(NAME, evidence(sighting, chain[0]), url(sighting))


def date_fault(
    certificate: Certificate, now: datetime, soon: timedelta, leaf: bool
) -> tuple[str, dict[str, Param]] | None:
    """Name and parameters of what is wrong with its dates."""
    params: dict[str, Param] = {"subject": certificate.subject, "id": mark(certificate)}
    if now > certificate.not_after:
        return "certificate-expired", {**params, "until": day(certificate.not_after)}
    if now < certificate.not_before:
        return "certificate-not-yet-valid", {**params, "since": day(certificate.not_before)}
    if leaf and now + soon > certificate.not_after:
        days = (certificate.not_after - now).days
        return "certificate-expires-soon", {**params, "until": day(certificate.not_after), "days": days}
    return None
