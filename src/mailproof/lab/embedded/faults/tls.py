"""Faults of TLS and of certificates."""

from __future__ import annotations

from mailproof.lab.embedded.behaviour import Upgrade
from mailproof.lab.embedded.faults.spec import IMPLICIT, SERVERS, UPGRADED, FaultSpec
from mailproof.model.tls import TlsVersion
from mailproof.script.authority import CertificateKind

TLS = (
    FaultSpec("starttls-not-offered", {"upgrade": Upgrade.NOT_OFFERED}, UPGRADED),
    FaultSpec("starttls-refused", {"upgrade": Upgrade.REFUSED}, UPGRADED),
    FaultSpec("starttls-stripped", {"upgrade": Upgrade.STRIPPED}, UPGRADED),
    FaultSpec("implicit-tls-missing", {"tls_at_once": False}, IMPLICIT),
    FaultSpec("implicit-tls-unexpected", {"tls_at_once": True}, UPGRADED),
    FaultSpec("tls-handshake-failed", {"tls_alert": 80}),
    # The certificate has an EC key, and these ciphers want RSA.
    FaultSpec("tls-no-shared-cipher", {"ciphers": "aRSA", "tls_maximum": TlsVersion.TLS1_2}),
    FaultSpec("client-certificate-required", {"wants_client_certificate": True}),
    FaultSpec("tls-version-obsolete", {"tls_minimum": TlsVersion.TLS1_0}),
    FaultSpec("tls-version-too-new-only", {"tls_minimum": TlsVersion.TLS1_3}),
    FaultSpec("tls-required-on-mx", {"mail_needs_tls": True}, SERVERS),
    FaultSpec("certificate-expired", {"certificate": CertificateKind.EXPIRED}),
    FaultSpec("certificate-not-yet-valid", {"certificate": CertificateKind.NOT_YET_VALID}),
    FaultSpec("certificate-expires-soon", {"certificate": CertificateKind.EXPIRES_SOON}),
    FaultSpec("certificate-self-signed", {"certificate": CertificateKind.SELF_SIGNED}),
    FaultSpec("certificate-untrusted-root", {"certificate": CertificateKind.UNTRUSTED_ROOT}),
    FaultSpec("certificate-chain-incomplete", {"certificate": CertificateKind.NO_INTERMEDIATE}),
    FaultSpec("certificate-name-mismatch", {"certificate": CertificateKind.WRONG_NAME}),
    FaultSpec("certificate-key-weak", {"certificate": CertificateKind.WEAK_KEY}),
    FaultSpec("certificate-signature-weak", {"certificate": CertificateKind.SHA1}),
)
