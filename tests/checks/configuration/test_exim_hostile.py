"""Broken, truncated and hostile configurations of Exim: findings, never an error, and an end."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configurations import MemoryHost, a_file, linted
from mailproof.catalog.profiles import load_profile
from mailproof.host.here import Here
from mailproof.model.configuration import EximFiles
from mailproof.model.record import Record
from mailproof.parse.exim.expand import expanded
from mailproof.parse.exim.text import split_list
from mailproof.parse.secret import exim_clients_without, exim_without
from mailproof.report.build import build
from mailproof.report.json import encode
from mailproof.run.lint import read_configurations

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
MAIN = "/etc/exim4/exim4.conf"
WHOLE = rb"""CONFDIR = /etc/exim4
.ifndef MAIN_TLS
MAIN_TLS = yes
.endif
primary_hostname = mail.example.com
domainlist local_domains = @ : example.com
hostlist relay_from_hosts = 127.0.0.1 : ::::1 : +more
hostlist more = <; 10.0.0.0/8
daemon_smtp_ports = 25 : 465 : 587
local_interfaces = 0.0.0.0
tls_on_connect_ports = 465
tls_certificate = CONFDIR/exim.crt
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = acl_check_rcpt
.include_if_exists CONFDIR/part
begin acl
acl_check_rcpt:
  accept hosts = +relay_from_hosts
  deny !acl = acl_check_rcpt
  require domains = +local_domains \
          : elsewhere.example
  accept condition = ${if and{{eq{$a}{b}}{exists{/etc/passwd}}}{yes}{no}}
begin routers
out:
  driver = manualroute
  route_list = * smart.example.com byname
  transport = remote
begin transports
remote:
  driver = smtp
box:
  driver = appendfile
  file = /var/mail/$local_part
begin retry
* * F,2h,15m
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if eq{$auth3}{secret-word}}
"""


def record_of(data: bytes, files: dict[str, bytes] | None = None) -> Record:
    every = {MAIN: data, **(files or {})}
    host = MemoryHost({path: a_file(path, text) for path, text in every.items()})
    return read_configurations(host, NOW, {}, exim_conf=MAIN, here=True)


def shown(data: bytes, files: dict[str, bytes] | None = None) -> str:
    record = record_of(data, files)
    policy = load_profile("default")
    return encode(build(record, linted(record), policy))


def test_it_is_sound_before_it_is_spoiled() -> None:
    assert "exim-config-broken" not in shown(WHOLE)


def test_cut_at_any_place() -> None:
    for end in range(0, len(WHOLE), 7):
        shown(WHOLE[:end])


@given(st.binary(max_size=200), st.integers(min_value=0, max_value=len(WHOLE)))
@settings(max_examples=150, deadline=None)
def test_any_bytes(noise: bytes, at: int) -> None:
    shown(WHOLE[:at] + noise + WHOLE[at:])


parts = st.sampled_from(
    [b"\n", b"\\\n", b".ifdef A\n", b".endif\n", b".include /etc/exim4/exim4.conf\n", b"A=A\n", b"begin acl\n",
     b"\0", b"\xff", b"hide x = y\n", b"${if ", b"{", b"}", b"+local_domains", b" : ", b"<;", b"A", b'"',
     b"accept", b"!", b"*", b"hosts = ", b"driver = smtp\n", b"x:\n", b"begin routers\n", b"file = /x/$local_part\n",
     b"daemon_smtp_ports = "]
)  # fmt: skip


@given(st.lists(parts, max_size=40), st.integers(min_value=0, max_value=len(WHOLE)))
@settings(max_examples=250, deadline=None)
def test_what_looks_like_a_configuration(noise: list[bytes], at: int) -> None:
    shown(WHOLE[:at] + b"".join(noise) + WHOLE[at:])


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_string_is_expanded_or_not(text: str) -> None:
    expanded(text, {"a": "b"})
    expanded("${if " + text, {"a": "b"})
    split_list(text)


def test_what_doubles_itself_or_never_ends() -> None:
    doubling = b"".join(b"A%d = %s%s\n" % (n, b"A%d" % (n - 1), b"A%d" % (n - 1)) for n in range(1, 60))
    shown(b"A0 = xx\n" + doubling + b"smtp_banner = A59\n")
    shown(b"".join(b"M%dM = x\n" % n for n in range(30_000)))
    shown(b"smtp_banner = " + b"A" * 2_000_000 + b"\n")
    shown(b"smtp_banner = a \\\n" * 100_000)
    shown(b".ifdef A\n" * 10_000)
    shown(
        b"hostlist a = +b\nhostlist b = +a\nacl_smtp_rcpt = x\nbegin acl\nx:\n  accept hosts = +a\n  accept acl = x\n"
    )
    shown(b"smtp_banner = ${if " + b"and{{" * 5000 + b"\n")
    shown(b"auth_advertise_hosts = " + b"${if eq{" * 5000 + b"\n" + WHOLE)
    shown(b"begin acl\n" + b"a:\n  accept\n" * 50_000)
    # Each list names the one before many times, and each ACL calls the next.
    lists = b"".join(b"hostlist l%d = %s\n" % (n, b" : ".join([b"+l%d" % (n - 1)] * 50)) for n in range(1, 16))
    acls = b"".join(b"a%d:\n" % n + b"  accept acl = a%d\n" % (n + 1) * 50 for n in range(1, 40))
    shown(
        b"hostlist l0 = 10.0.0.1\n" + lists + b"acl_smtp_rcpt = a0\nbegin acl\na0:\n  accept hosts = +l15\n"
        b"  accept acl = a1\n" + acls
    )
    open_ = lists.replace(b"+l0", b"0.0.0.0/0")
    shown(open_ + b"acl_smtp_rcpt = a0\nbegin acl\na0:\n  accept hosts = +l15\n")
    shown(b"".join(b".ifdef X%dX\n.endif\nX%dX = 1\n" % (n, n) for n in range(1000)))
    shown(b"".join(b".ifdef X%dX\n.endif\nX%dY = 1\n" % (n, n) for n in range(1000)))
    shown(b"hostlist a = " + b"1.2.3.4, " * 100_000 + b"\n")
    shown(b"hostlist a = " + b":: " * 100_000 + b"\n" + b"hostlist b = " + b" : ::1" * 50_000 + b"\n")


def test_files_that_include_each_other() -> None:
    ring = {f"/etc/exim4/{n}": f".include /etc/exim4/{(n + 1) % 5}\n".encode() for n in range(5)}
    assert "include-loop" in shown(b".include /etc/exim4/0\n", ring)
    wide = {"/etc/exim4/w": b"", "/etc/exim4/x": b".include /etc/exim4/w\n" * 400}
    assert "too-many" in shown(b".include /etc/exim4/x\n" * 400, wide)


@pytest.mark.parametrize("kind", ["pipe", "device", "directory", "missing", "link to itself"])
def test_a_path_that_is_no_file(kind: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    match kind:
        case "pipe":
            os.mkfifo(other)
        case "device":
            other = Path("/dev/zero")
        case "directory":
            other.mkdir()
        case "link to itself":
            other.symlink_to(other)
    main = tmp_path / "exim.conf"
    main.write_text(f".include {other}\ntls_certificate = {other}\ntls_privatekey = {other}\n", "utf-8")
    record = read_configurations(Here(), NOW, {}, exim_conf=str(main), here=True)
    judged = linted(record)
    named = {finding.name for finding in judged.findings} | {untold.why for untold in judged.untold}
    assert named & {"exim-config-broken", "config-unreadable"}


def test_no_secret_is_kept() -> None:
    text = """
# mysql_servers = localhost/db/user/SECRET1
hide mysql_servers = localhost/db/user/SECRET2 : \\
   other/db/user/SECRET3
pgsql_servers = localhost/db/user/SECRET4
SQL_PASSWORD = SECRET5
CONDITION = ${lookup mysql{servers=h/db/u/SECRET6; SELECT 1}}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = "${if and{{eq{$auth2}{a}}\\
     {eq{$auth3}{SECRET7}}}}"
  client_send = ^me^SECRET8
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = SECRET9
  client_secret = ${if eq{$host}{h}{SECRET10}fail}
spa:
  driver = spa
  public_name = NTLM
  server_password = ${lookup{$auth1}lsearch{/etc/exim4/spa}{$value}{SECRET11}}
"""
    record = record_of(text.encode())
    (fact,) = [sighting.fact for sighting in record.seen(EximFiles)]
    kept = fact.files[0].data.decode()
    assert "SECRET" not in kept
    assert kept.count("\n") == text.count("\n")
    assert "lsearch{/etc/exim4/spa}" in kept and "eq{$auth3}{...}" in kept
    assert exim_clients_without(b"smart.test:me:SECRET\n#*:x:y\n") == b"smart.test:me:...\n#*:x:y\n"


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_masking_keeps_the_lines(data: bytes) -> None:
    assert exim_without(data).count(b"\n") == data.count(b"\n")
