"""Broken, truncated and hostile files: findings, never an error, and an end."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configurations import MASTER, MemoryHost, a_file, linted
from mailproof.catalog.profiles import load_profile
from mailproof.model.record import Record
from mailproof.report.build import build
from mailproof.report.github import render as as_github
from mailproof.report.json import encode
from mailproof.report.lint import render
from mailproof.report.sarif import render as as_sarif
from mailproof.run.lint import read_configurations
from mailproof.script.authority import Authority, CertificateKind

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
MAIN = b"""compatibility_level = 3.6
myhostname = mail.example.com
mydestination = $myhostname, localhost, ${mydomain?{example.com}:{example.net}}
smtpd_restriction_classes = strict
strict = reject_unknown_client_hostname, check_sender_access texthash:/etc/postfix/table
smtpd_recipient_restrictions = permit_mynetworks, strict,
   # between
   check_client_access cidr:/etc/postfix/cidr, reject_unauth_destination
mynetworks = 127.0.0.0/8, [::1]/128, !10.0.0.1, cidr:/etc/postfix/cidr, /etc/postfix/list
virtual_alias_maps = unionmap:{texthash:/etc/postfix/table, inline:{a@b.test=c@d.test}}
transport_maps = proxy:texthash:/etc/postfix/table, pcre:/etc/postfix/pcre
sender_dependent_relayhost_maps = texthash:/etc/postfix/table
relayhost = [gw.test]:465
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_tls_security_level = may
smtpd_tls_chain_files = /etc/ssl/mail.pem
"""
TABLE = b'# comment\nexample.co.jp smtp:[relay.test]:25\n"quo ted"@x.test  y\n@a.test b, c\n   d\nkey\n'
PCRE = b"/^(.*)@a\\.test$/i  smtp:[$1]\nif /x/\n!/y+/ z\nendif\n/(a|b/ c\n"
CIDR = b"192.0.2.0/24 OK\n!10.0.0.0/8 REJECT\nif 192.0.2.0/25\n::/0 OK\nendif\n"
DOVECOT = b"""protocols = imap $protocols
ssl_cert = </etc/ssl/mail.pem
ssl_key = </etc/ssl/mail.pem
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
  }
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN /etc/dovecot/users
}
!include_try conf.d/*.conf
plugin {
  sieve = ~/x \\
    y
}
"""
FILES = {
    "/etc/postfix/main.cf": MAIN,
    "/etc/postfix/master.cf": MASTER.encode()
    + b"submissions inet n - y - - smtpd\n  -o { smtpd_x = a b }\n  -o a=b\n",
    "/etc/postfix/table": TABLE,
    "/etc/postfix/pcre": PCRE,
    "/etc/postfix/cidr": CIDR,
    "/etc/postfix/list": b"192.0.2.0/24\n!10.0.0.0/8\n/etc/postfix/list\n",
    "/etc/dovecot/dovecot.conf": DOVECOT,
    "/etc/dovecot/users": b"alice:{SHA512-CRYPT}$6$x$y::::::\nbob\n:\n",
}


@cache
def pem() -> bytes:
    issued = Authority().issue(CertificateKind.GOOD, "mail.example.com", NOW)
    return issued.key_pem + issued.chain_pem


def record_of(files: dict[str, bytes]) -> Record:
    seen = {path: a_file(path, data) for path, data in {**FILES, "/etc/ssl/mail.pem": pem(), **files}.items()}
    machine = {"myhostname": "mail.example.com"}
    return read_configurations(MemoryHost(seen), NOW, machine, "/etc/postfix", "/etc/dovecot/dovecot.conf")


def shown(files: dict[str, bytes]) -> None:
    record, policy = record_of(files), load_profile("default")
    judgement = linted(record)
    report = build(record, judgement, policy)
    for text in (render(report, "en"), render(report, "ja", verbose=True), encode(report), as_sarif(report)):
        assert text
    assert as_github(report, "en")
    for finding in judgement.findings:
        assert finding.evidence


def test_the_whole_is_read() -> None:
    shown({})


@pytest.mark.parametrize("path", [*FILES, "/etc/ssl/mail.pem"])
def test_every_file_cut_off_anywhere(path: str) -> None:
    data = FILES.get(path) or pem()
    for end in range(0, len(data), max(len(data) // 60, 1)):
        linted(record_of({path: data[:end]}))
    shown({path: data[: len(data) // 2]})


@given(st.sampled_from(sorted(FILES)), st.binary(max_size=200), st.integers(min_value=0, max_value=2000))
@settings(max_examples=150, deadline=None)
def test_any_bytes_in_any_file(path: str, noise: bytes, at: int) -> None:
    data = FILES[path]
    shown({path: data[:at] + noise + data[at:]})


parts = st.sampled_from(
    b"$ | { | } | ${x | a = | \n |  | , | hash: | unionmap:{ | $virtual_alias_maps | strict | / | -o | = < | "
    b'!include | * | \\ | " | static: | proxy: | [ | ] | @ | \0 | \xff | y inet n'.split(b" | ")
)


@given(st.sampled_from(sorted(FILES)), st.lists(parts, max_size=30), st.integers(min_value=0, max_value=2000))
@settings(max_examples=200, deadline=None)
def test_what_looks_like_a_configuration(path: str, noise: list[bytes], at: int) -> None:
    data = FILES[path]
    shown({path: data[:at] + b"".join(noise) + data[at:]})


def test_classes_and_tables_that_name_themselves() -> None:
    main = b"compatibility_level = 3.6\nsmtpd_restriction_classes = a b\na = b\nb = a\nsmtpd_relay_restrictions = a\n"
    shown({"/etc/postfix/main.cf": main + b"virtual_alias_maps = " + b"unionmap:{" * 500 + b"}" * 500 + b"\n"})
    shown({"/etc/postfix/main.cf": main + b"virtual_alias_maps = " + b"proxy:" * 5000 + b"hash:/x\n"})
    shown({"/etc/postfix/main.cf": b"a = " + b"$a" * 100_000 + b"\n" + b"x" * 1_000_000 + b"\n"})
    shown({"/etc/postfix/main.cf": b"".join(b"p%d = $p%d $p%d\n" % (n, n + 1, n + 1) for n in range(60))})
    names = " ".join(f"c{n}" for n in range(40))
    classes = "".join(f"c{n} = {names}\n" for n in range(40))
    many = f"smtpd_restriction_classes = {names}\n{classes}smtpd_relay_restrictions = {names}\n"
    shown({"/etc/postfix/main.cf": many.encode()})
    chain = "".join(f"c{n} = c{n + 1}\n" for n in range(5000)) + "smtpd_relay_restrictions = c0\n"
    chain += f"smtpd_restriction_classes = {' '.join(f'c{n}' for n in range(5000))}\n"
    shown({"/etc/postfix/main.cf": chain.encode()})
    doubled = "".join(f"s{n} = $s{n + 1} $s{n + 1}\n" for n in range(200)) + "protocols = $s0 imap\nssl = $s1 $ssl\n"
    shown({"/etc/dovecot/dovecot.conf": doubled.encode()})


def test_more_of_a_kind_than_anybody_reads() -> None:
    """A file of another kind under this name: the first are told, and that there are more."""
    for path, data in (("/etc/postfix/main.cf", b"x%d = y\n"), ("/etc/dovecot/dovecot.conf", b"x%d = y\n")):
        judged = linted(record_of({path: b"".join(data % n for n in range(1000))}))
        assert 200 <= len(judged.findings) < 400
        assert "too-many-alike" in {each.why for each in judged.untold}
