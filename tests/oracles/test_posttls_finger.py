"""Postfix's own `posttls-finger` trusts the same servers as a check, and agrees on the protocol and the cipher."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from labcheck import causes, check
from mailproof.lab.real.server import RealLab
from mailproof.model.tls import TlsHandshake
from mailproof.script.authority import CertificateKind

PROGRAM = Path("/usr/sbin/posttls-finger")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not PROGRAM.exists(), reason="needs posttls-finger of the package postfix"),
]

# What a check names beyond trust: it verifies with any client of today, and yet should be mended.
NO_MATTER_OF_TRUST = {"certificate-expires-soon", "certificate-key-weak"}


def finger(lab: RealLab) -> re.Match[str] | None:
    """Trust, version and cipher, from its summary; None where it has none, for there was no TLS."""
    command = [
        *(str(PROGRAM), "-c", "-l", "secure", "-L", "SUMMARY", "-F", str(lab.ca_file)),
        *(f"[127.0.0.1]:{lab.ports['smtp']}", lab.name),
    ]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    summary = r"(?P<trust>\w+) TLS connection established to \S+ (?P<version>\S+) with cipher (?P<cipher>\S+)"
    return re.search(summary, run.stdout + run.stderr)


@pytest.mark.parametrize("kind", CertificateKind)
def test_it_trusts_what_a_check_trusts(real_lab_with: Callable[..., RealLab], kind: CertificateKind) -> None:
    lab = real_lab_with(certificate=kind)
    record, theirs = check(lab, "smtp", user=""), finger(lab)
    against = {name for name in causes(record) if name.startswith("certificate-")} - NO_MATTER_OF_TRUST
    assert theirs is not None
    assert theirs["trust"] in ("Verified", "Untrusted")
    assert (not against) == (theirs["trust"] == "Verified")
    ours = next(sighting.fact for sighting in record.seen(TlsHandshake))
    assert (ours.version, ours.cipher) == (theirs["version"], theirs["cipher"])


def test_it_finds_no_tls_where_a_check_finds_none(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(main={"smtpd_tls_security_level": "none"})
    assert causes(check(lab, "smtp", user="")) == ["starttls-not-offered"]
    assert finger(lab) is None
