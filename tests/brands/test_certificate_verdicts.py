"""Each brand with each faulty certificate: `openssl`, `curl` and `posttls-finger` trust what a check trusts."""

from __future__ import annotations

import shutil

import pytest
from brandlist import HEALTHY, brands
from opensmtpdserver import OPENSMTPD
from otherprograms import POSTTLS_FINGER, curl, openssl, posttls_finger
from unpacked import Brand, Ended, serving

from labcheck import ALICE, causes, check, facts
from mailproof.model.tls import TlsHandshake
from mailproof.script.authority import CertificateKind

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        shutil.which("curl") is None or not POSTTLS_FINGER.exists(), reason="needs curl and posttls-finger"
    ),
]

NAMES = {
    CertificateKind.EXPIRED: "certificate-expired",
    CertificateKind.NOT_YET_VALID: "certificate-not-yet-valid",
    CertificateKind.EXPIRES_SOON: "certificate-expires-soon",
    CertificateKind.SELF_SIGNED: "certificate-self-signed",
    CertificateKind.UNTRUSTED_ROOT: "certificate-untrusted-root",
    CertificateKind.NO_INTERMEDIATE: "certificate-chain-incomplete",
    CertificateKind.WRONG_NAME: "certificate-name-mismatch",
    CertificateKind.WEAK_KEY: "certificate-key-weak",
    CertificateKind.SHA1: "certificate-signature-weak",
}
STILL_TRUSTED = {"certificate-expires-soon"}
"""To be mended, and yet verified by every client."""

STRONG_ENOUGH_FOR_POSTFIX = STILL_TRUSTED | {"certificate-key-weak"}

WEAK = (CertificateKind.WEAK_KEY, CertificateKind.SHA1)
SHOWS_NO_WEAK_ONE = ("sendmail", "cyrus")
"""Linked to an OpenSSL at security level 2, and then every handshake fails. OpenSMTPD does not even start."""

EVERY_TIME = (CertificateKind.NO_INTERMEDIATE, CertificateKind.WRONG_NAME)
"""Those that are looked at in every run; the rest takes a minute more."""

REFUSES_PEER = 60
"""CURLE_PEER_FAILED_VERIFICATION."""


def cases() -> list[object]:
    return [
        pytest.param(able.values[0], kind, id=f"{able.id}-{kind}", marks=[*able.marks, *long])
        for able in brands(*HEALTHY)
        for kind in NAMES
        if not (kind in WEAK and able.values[0].name.startswith("opensmtpd"))
        for long in [() if kind in EVERY_TIME else (pytest.mark.long,)]
    ]


@pytest.mark.parametrize(("brand", "kind"), cases())
def test_the_verdict_is_that_of_the_others(brand: Brand, kind: CertificateKind) -> None:
    with serving(brand, certificate=kind) as lab:
        scheme = next(scheme for scheme in ("submissions", "imaps", "pop3s") if scheme in lab.ports)
        record = check(lab, scheme, user="", mailbox="")
        named = set(causes(record))
        handshake = openssl(lab, scheme)
        with_name = openssl(lab, scheme, "-verify_hostname", lab.name)
        session = curl(lab, scheme, ALICE, "not-the-password")
        finger = posttls_finger(lab, scheme)[0] if scheme == "submissions" else None
    (ours,) = facts(record, TlsHandshake)
    if kind in WEAK and brand.name in SHOWS_NO_WEAK_ONE:
        assert named == {"tls-handshake-failed"}
        assert (handshake.version, session.code, finger) == ("(NONE)", 35, None)  # CURLE_SSL_CONNECT_ERROR
        return
    assert named == {NAMES[kind]}
    assert {error.code for error in ours.errors} == handshake.errors
    assert [certificate.subject for certificate in ours.chain] == handshake.subjects
    assert (kind is CertificateKind.WRONG_NAME) == (62 in with_name.errors)  # X509_V_ERR_HOSTNAME_MISMATCH
    assert (session.code != REFUSES_PEER) == (named <= STILL_TRUSTED)
    if scheme == "submissions":
        assert finger is not None
        assert finger.trusted == (named <= STRONG_ENOUGH_FOR_POSTFIX)


@pytest.mark.parametrize("kind", WEAK)
@pytest.mark.parametrize("brand", brands(OPENSMTPD))
def test_opensmtpd_does_not_start_with_a_weak_certificate(brand: Brand, kind: CertificateKind) -> None:
    with pytest.raises(Ended, match="failed to load certificate"), serving(brand, certificate=kind):
        pass
