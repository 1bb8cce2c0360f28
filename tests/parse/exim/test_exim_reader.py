"""Exim's configuration: macros, conditions, included files, continued lines, sections, and what Exim would refuse."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mailproof.parse.exim.configuration import EximConfiguration
from mailproof.parse.exim.reader import read_exim

MAIN = "/etc/exim4/exim4.conf"


def configuration(text: str, files: Mapping[str, str] | None = None) -> EximConfiguration:
    every = {MAIN: text, **(files or {})}

    def read(path: str) -> bytes | None:
        return every[path].encode() if path in every else None

    return read_exim(MAIN, read)


def troubles(text: str, files: Mapping[str, str] | None = None) -> list[tuple[str, int, str, str]]:
    found = configuration(text, files).troubles
    return [(each.file.removeprefix("/etc/exim4/"), each.line, each.name, each.text) for each in found]


def value(text: str, name: str = "smtp_banner", files: Mapping[str, str] | None = None) -> str:
    found = configuration(text, files)
    assert found.troubles == []
    return found.value(name)


@pytest.mark.parametrize(
    ("text", "banner"),
    [
        ("smtp_banner = a b  ", "a b"),
        ("  smtp_banner=a", "a"),
        ("hide smtp_banner = a", "a"),
        ('smtp_banner = "a\\tb\\x41\\101\\q"', "a\tbAAq"),
        ("smtp_banner = a # b", "a # b"),
        ("smtp_banner = a \\\n   b\\\n  c", "a bc"),
        ("smtp_banner = a \\\n# between\n  b", "a b"),
        ("smtp_banner = a\\\n\n# no more", "a"),
        ("M = x\nsmtp_banner = M and M", "x and x"),
        ("M = x\nMM == M\nsmtp_banner = M", "x"),
        ("A = x\nB = A A\nsmtp_banner = B", "x x"),
        ("B = A\nA = x\nsmtp_banner = B", "x"),
        ("A = x\nA == y\nsmtp_banner = A", "y"),
        ("A = x\nsmtp_banner = preAfix", "prexfix"),
        (".ifdef NO\nsmtp_banner = a\n.else\nsmtp_banner = b\n.endif", "b"),
        ("M =\n.ifdef M\nsmtp_banner = a\n.endif", "a"),
        (".ifndef NO\n.ifdef NO\n.else\nsmtp_banner = a\n.endif\n.else\nsmtp_banner = b\n.endif", "a"),
        ("M = 1\n.ifdef NO\n.elifdef M\nsmtp_banner = b\n.elifndef NO\nsmtp_banner = c\n.endif", "b"),
        (".ifdef _HAVE_IPV6\nsmtp_banner = six\n.endif", "six"),
        (".ifdef _OPT_MAIN_SMTPUTF8_ADVERTISE_HOSTS\nsmtp_banner = utf\n.endif", "utf"),
        (".ifdef _OPT_ROUTERS_DRIVER _OPT_TRANSPORT_SMTP_HOSTS\nsmtp_banner = both\n.endif", "both"),
    ],
)
def test_a_value(text: str, banner: str) -> None:
    found = configuration(text)
    assert found.value("smtp_banner") == banner


def test_what_is_included_belongs_to_the_place() -> None:
    files = {
        "/etc/exim4/part": "M = x\nsmtp_banner = M\n.include deeper/here",
        "/etc/exim4/deeper/here": "domainlist d = M : y\n",
    }
    found = configuration(".include part\n.include_if_exists /no/such\nspool_directory = /M\n", files)
    assert found.troubles == []
    assert (found.value("smtp_banner"), found.value("spool_directory")) == ("x", "/x")
    assert found.lists["domainlist", "d"].value == "x : y"
    assert found.lists["domainlist", "d"].file == "/etc/exim4/deeper/here"
    assert found.files == [MAIN, "/etc/exim4/part", "/etc/exim4/deeper/here"]


WHOLE = """
hostlist relay = <; 127.0.0.1 ; ::1
no_write_rejectlog
acl_smtp_rcpt = check
begin acl
LIMIT = 5
check:
  accept hosts = +relay
         !authenticated = *
  deny   message = no \\
                   more
         set acl_m_x = 1
  warn
    !acl = other
other:
  accept
begin routers
out:
  driver = dnslookup
  domains = ! +local
  condition = a
  condition = b
  no_more
  transport = smtp
begin Transport
smtp:
  driver = smtp
  hosts_require_tls = *
begin retry
* * F,2h,15m; G,16h,1h,1.5
begin rewrite
*@a.test "$1 at b" Ffrs
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
"""


def test_the_sections() -> None:
    found = configuration(WHOLE)
    assert found.troubles == []
    assert found.value("write_rejectlog") == "no"
    assert list(found.acls) == ["check", "other"]
    told = [
        (each.verb, [(c.name, c.value, c.negated, c.line) for c in each.conditions])
        for each in found.acls["check"].statements
    ]
    assert told == [
        ("accept", [("hosts", "+relay", False, 8), ("authenticated", "*", True, 9)]),
        ("deny", [("message", "no more", False, 10), ("set", "acl_m_x = 1", False, 12)]),
        ("warn", [("acl", "other", True, 14)]),
    ]
    (router,) = found.routers
    assert (router.name, router.driver, router.value("more"), router.line) == ("out", "dnslookup", "no", 18)
    assert [each.value for each in router.settings if each.name == "condition"] == ["a", "b"]
    assert (found.transports[0].value("hosts_require_tls"), found.authenticators[0].value("server_prompts")) == (
        "*",
        ":",
    )
    assert found.macros == {"LIMIT": "5"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("\nsmtp_accept_max_perhost = 3", (2, "option-unknown", "smtp_accept_max_perhost")),
        ("smtp_banner = \\\n  a\nsmtp_banner = b", (3, "option-twice", "smtp_banner")),
        ('smtp_banner = "a', (1, "quote-missing", "smtp_banner")),
        ('smtp_banner = "a" b', (1, "extra-characters", " b")),
        ("smtp_banner", (1, "value-missing", "smtp_banner")),
        ("smtp_banner a", (1, "equals-missing", "smtp_banner")),
        ("no_smtp_banner = a", (1, "negation-misplaced", "no_smtp_banner")),
        ("queue_only = maybe", (1, "not-a-boolean", "maybe")),
        ("dns_retry = many", (1, "not-a-number", "dns_retry = many")),
        ("timeout_frozen_after = 7 d", (1, "not-a-time", "timeout_frozen_after = 7 d")),
        ("begin nothing", (1, "section-unknown", "nothing")),
        ("begin acl\nbegin acls", (2, "section-twice", "acls")),
        (".ifdef A", (1, "endif-missing", ".endif")),
        (".endif", (1, "ifdef-missing", ".endif")),
        # A carriage return behind .endif keeps Exim from seeing it.
        (".ifdef A\n.endif\r\n", (1, "endif-missing", ".endif")),
        ("A = 1\nA = 2", (2, "macro-twice", "A")),
        ("A == 2", (1, "macro-undefined", "A")),
        ("AB = 2\nXABX = 1", (2, "macro-hidden", "AB XABX")),
        ("A", (1, "macro-malformed", "A")),
        ("domainlist a = b\ndomainlist a = c", (2, "list-twice", "a")),
        (".include other", (1, "include-missing", "/etc/exim4/other")),
        (".include_if_exists other", (1, "include-relative", "other")),
        (".include exim4.conf", (1, "include-loop", MAIN)),
        ("begin acl\na:\n  acept hosts = *", (3, "verb-unknown", "acept")),
        ("begin acl\na:\n  accept host = *", (3, "condition-unknown", "host")),
        ("begin acl\na:\n  accept hosts *", (3, "equals-missing", "hosts")),
        ("begin acl\n  accept", (2, "acl-name-missing", "accept")),
        ("begin routers\ndriver = accept", (2, "driver-name-missing", "driver = accept")),
        ("begin routers\na:\n  driver = acept", (3, "driver-unknown", "acept")),
        ("begin routers\na:\n  route_list = x", (3, "option-before-driver", "route_list")),
        ("begin routers\na:\n  driver = accept\na:\n  driver = accept", (4, "driver-twice", "a")),
        ("begin transports\na:\n", (2, "driver-missing", "a")),
        ("begin authenticators\na:\n  driver = plaintext", (2, "public-name-missing", "a")),
        ("begin rewrite\n*@a.test", (2, "rewrite-malformed", "*@a.test")),
        ("begin rewrite\n*@a.test b Z", (2, "rewrite-flag-unknown", "Z")),
        ("begin retry\n* * Q,1h", (2, "retry-malformed", "* * Q,1h")),
    ],
)
def test_what_exim_refuses(text: str, found: tuple[int, str, str]) -> None:
    assert troubles(text)[0] == ("exim4.conf", *found)
