"""Configurations as they come: Debian's own, and the private lab's; none has a fault."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from configurations import MemoryHost, a_file, files_of, linted
from mailproof.host.here import Here
from mailproof.lab.real.server import RealLab
from mailproof.model.configuration import FileSeen
from mailproof.model.finding import Severity
from mailproof.model.record import Record
from mailproof.run.lint import read_configurations
from mailproof.script.authority import Authority

SHARE = Path("/usr/share")
MACHINE = {"myhostname": "mail.example.com"}

pytestmark = pytest.mark.real


# What debconf adds for an Internet site, by the questions' default answers.
DEBCONF = b"""smtpd_tls_cert_file=/etc/ssl/certs/ssl-cert-snakeoil.pem
smtpd_tls_security_level=may
smtp_tls_CApath=/etc/ssl/certs
smtp_tls_security_level=may
smtp_tls_session_cache_database = btree:${data_directory}/smtp_scache
smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
myhostname = mail.example.com
alias_maps = hash:/etc/aliases
alias_database = hash:/etc/aliases
mydestination = $myhostname, mail.example.com, localhost.example.com, localhost
relayhost =
mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128
mailbox_size_limit = 0
recipient_delimiter = +
inet_interfaces = all
inet_protocols = all
"""
# As the package ssl-cert makes it: by itself, key and certificate apart; here in one file.
SNAKEOIL = (
    "== /etc/ssl/certs/ssl-cert-snakeoil.pem chain self-signed:mail.example.com key self-signed:mail.example.com\n"
)
DH_PARAMETERS = "/usr/share/dovecot/dh.pem"  # of dovecot-core; its 10-ssl.conf reads it
DOVECOT = "== /etc/dovecot/private/dovecot.pem chain good:mail.example.com key good:mail.example.com\n"


def faults(record: Record) -> list[tuple[str, str]]:
    found = linted(record).findings
    return [(each.name, each.evidence[0].where) for each in found if each.severity is Severity.FAIL]


def of_folder(folder: Path, into: str) -> dict[str, FileSeen]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {
        name: a_file(name, path.read_bytes())
        for path in paths
        if (name := f"{into}/{path.relative_to(folder)}") and path.stat().st_size < 1 << 20
    }


@pytest.mark.skipif(not (SHARE / "postfix" / "master.cf.dist").is_file(), reason="needs Debian's Postfix")
def test_debians_postfix_has_no_fault() -> None:
    main = (SHARE / "postfix" / "main.cf.debian").read_bytes() + DEBCONF
    pem = files_of(SNAKEOIL, Authority())
    files = {
        "/etc/postfix/main.cf": a_file("/etc/postfix/main.cf", main),
        "/etc/postfix/master.cf": a_file(
            "/etc/postfix/master.cf", (SHARE / "postfix" / "master.cf.dist").read_bytes()
        ),
        "/etc/aliases": a_file("/etc/aliases", b"postmaster: root\n"),
        "/etc/aliases.db": a_file("/etc/aliases.db", b""),
        **pem,
    }
    assert faults(read_configurations(MemoryHost(files), datetime.now(UTC), MACHINE, "/etc/postfix")) == []


@pytest.mark.skipif(not (SHARE / "dovecot" / "conf.d").is_dir(), reason="needs Debian's Dovecot")
def test_debians_dovecot_has_no_fault() -> None:
    files = {
        **of_folder(SHARE / "dovecot", "/etc/dovecot"),
        **of_folder(SHARE / "dovecot" / "protocols.d", "/usr/share/dovecot/protocols.d"),
        **files_of(DOVECOT, Authority()),
        DH_PARAMETERS: a_file(DH_PARAMETERS, Path(DH_PARAMETERS).read_bytes()),
    }
    key = files["/etc/dovecot/private/dovecot.pem"]
    files["/etc/dovecot/private/dovecot.key"] = key
    record = read_configurations(MemoryHost(files), datetime.now(UTC), MACHINE, "", "/etc/dovecot/dovecot.conf")
    assert faults(record) == []


@pytest.mark.skipif(shutil.which("postfix") is None, reason="needs Postfix")
def test_the_private_lab_has_no_fault(real_lab: RealLab) -> None:
    dovecot = next(real_lab.postfix_dir.parents[1].rglob("dovecot.conf"))
    record = read_configurations(Here(), datetime.now(UTC), MACHINE, str(real_lab.postfix_dir), str(dovecot))
    assert faults(record) == []
