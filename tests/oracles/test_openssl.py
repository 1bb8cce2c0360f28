"""`openssl s_client` says the same of a server as a check: version, cipher, chain, and what is wrong with it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable

import pytest

from labcheck import SEVEN, check
from mailproof.catalog.profiles import load_profile
from mailproof.checks import all_checks
from mailproof.lab.real.server import RealLab
from mailproof.model.record import Record
from mailproof.model.tls import TlsHandshake, TlsVersion, TlsVersionTried
from mailproof.script.authority import CertificateKind

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the command openssl"),
]

WEAK = "ssl_cipher_list = DEFAULT@SECLEVEL=0\n"
"""Lets Dovecot present weak certificates, as Postfix does by itself."""


def s_client(lab: RealLab, scheme: str, *more: str) -> str:
    """What it prints of a handshake with this service.

    Its standard input is empty and it says no `-quiet` or `-ign_eof`: so it ends after the handshake by itself.
    """
    upgrade = {"smtp": "smtp", "submission": "smtp", "pop3": "pop3", "imap": "imap"}.get(scheme)
    command = [
        *("openssl", "s_client", "-connect", f"127.0.0.1:{lab.ports[scheme]}", "-servername", lab.name),
        *("-CAfile", str(lab.ca_file), "-showcerts", "-nameopt", "RFC2253", "-cipher", "DEFAULT:@SECLEVEL=0"),
        *(("-starttls", upgrade) if upgrade else ()),
        *more,
    ]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    return run.stdout + run.stderr


def handshake_of(record: Record) -> TlsHandshake:
    return next(s.fact for s in record.seen(TlsHandshake) if s.attempt.job == "survey")


def said_codes(output: str) -> set[int]:
    """Every X509_V_ERR_… it met; 0 is none."""
    return {int(code) for code in re.findall(r"verify error:num=(\d+)", output)}


@pytest.mark.parametrize("scheme", SEVEN)
def test_version_cipher_and_chain_of_every_service(real_lab: RealLab, scheme: str) -> None:
    ours, theirs = handshake_of(check(real_lab, scheme, user="")), s_client(real_lab, scheme)
    agreed = re.search(r"^New, (\S+), Cipher is (\S+)$", theirs, re.MULTILINE)
    assert agreed is not None
    assert (ours.version, ours.cipher) == agreed.groups()
    assert [certificate.subject for certificate in ours.chain] == re.findall(r"^ \d s:(.*)$", theirs, re.MULTILINE)
    assert [certificate.issuer for certificate in ours.chain] == re.findall(r"^   i:(.*)$", theirs, re.MULTILINE)
    assert "Verify return code: 0 (ok)" in theirs and ours.errors == ()


@pytest.mark.parametrize("kind", CertificateKind)
def test_what_openssl_has_against_a_certificate(real_lab_with: Callable[..., RealLab], kind: CertificateKind) -> None:
    lab = real_lab_with(certificate=kind, dovecot=WEAK)
    for scheme in ("submissions", "submission", "imaps"):
        ours, theirs = handshake_of(check(lab, scheme, user="")), s_client(lab, scheme)
        assert {error.code for error in ours.errors} == said_codes(theirs)
        assert [c.subject for c in ours.chain] == re.findall(r"^ \d s:(.*)$", theirs, re.MULTILINE)


@pytest.mark.parametrize("kind", CertificateKind)
def test_whether_the_certificate_names_the_host(real_lab_with: Callable[..., RealLab], kind: CertificateKind) -> None:
    lab = real_lab_with(certificate=kind)
    theirs = s_client(lab, "submissions", "-verify_hostname", lab.name)
    named = next(item for item in all_checks() if item.name == "certificate-names-host")
    record = check(lab, "submissions", user="")
    answers = list(named.check(record, load_profile("default")))
    mismatch = any(getattr(answer, "name", "") == "certificate-name-mismatch" for answer in answers)
    assert mismatch == (62 in said_codes(theirs))  # X509_V_ERR_HOSTNAME_MISMATCH


@pytest.mark.parametrize(("maximum", "option"), [(TlsVersion.TLS1_2, "-tls1_2"), (TlsVersion.TLS1_1, "-tls1_1")])
@pytest.mark.parametrize("scheme", ["submission", "submissions", "pop3s"])
def test_which_versions_are_spoken(real_lab: RealLab, scheme: str, maximum: TlsVersion, option: str) -> None:
    record = check(real_lab, scheme, user="")
    (ours,) = (s.fact.accepted for s in record.seen(TlsVersionTried) if s.fact.maximum is maximum)
    agreed = re.search(r"^New, (?!\(NONE\))\S+, Cipher is", s_client(real_lab, scheme, option), re.MULTILINE)
    assert bool(ours) == (agreed is not None)
