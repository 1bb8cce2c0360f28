"""What reads a greylist.conf, a country database and a program, and what is said of them."""

from __future__ import annotations

from mailproof.emulate.greylist.clauses import Country
from mailproof.emulate.greylist.decide import evaluate
from mailproof.emulate.greylist.lint import diagnose, lint, stopping, without
from mailproof.model.escape import printable
from mailproof.model.greylist import GreylistMail
from mailproof.parse.geoip.database import read_database
from mailproof.parse.geoip.mmdb import NoDatabase
from mailproof.parse.greylist.binary import read_binary
from mailproof.parse.greylist.grammar import MOST_SLIPS, read_greylist
from mailproof.parse.regex.posix_syntax import takes
from mailproof.report.greylist import evaluated_as_json, render_evaluated, render_slips

_MAIL = GreylistMail("192.0.2.9", "a@example.org", "bob@example.com", helo="mx.test")


def policy(data: bytes) -> None:
    """All that the three actions make of it."""
    config = read_greylist(data)
    found, stops = lint(config, (), 0), stopping(config)
    assert max(len(found.first), len(stops.first)) <= MOST_SLIPS and min(found.more, stops.more) >= 0
    binary = read_binary("x", data)
    evaluated = evaluate(without(config, binary), _MAIL, Country("CN", None, True))
    for lang in ("en", "ja"):
        for slips in (found, diagnose(config, binary, ())):
            _is_safe(render_slips("x", slips, "lint", lang, False, 100))
        _is_safe(render_evaluated(evaluated, _MAIL, "x", stops, lang, False, 100, verbose=True))
    evaluated_as_json(evaluated, _MAIL, stops)


def database(data: bytes) -> None:
    try:
        found = read_database(data)
        for address in ("192.0.2.9", "2001:db8::1", "::", "255.255.255.255"):
            found.country(address)
    except NoDatabase as error:
        assert error.reason


def expression(data: bytes) -> None:
    for is_extended in (True, False):
        takes(data.decode("utf-8", "surrogateescape"), extended=is_extended)


def _is_safe(text: str) -> None:
    assert text == printable(text, keep_newlines=True)


POLICY_WORDS = (
    *(
        b"racl ",
        b"dacl ",
        b"acl ",
        b"greylist ",
        b"whitelist ",
        b"blacklist ",
        b"continue ",
        b"default",
        b"not ",
        b"\n",
    ),
    *(
        b"addr ",
        b"10.0.0.0/8 ",
        b"010.1.1.1 ",
        b"::1/129 ",
        b"from ",
        b"a@b ",
        b'"a b"@c ',
        b"/^<x>$/ ",
        b"rcpt ",
        b"/[b-a]/ ",
    ),
    *(
        b'geoip "CN" ',
        b'list "x" ',
        b"geoip { ",
        b"} ",
        b"delay 30m ",
        b"delay 30 ",
        b"msg ",
        b'"%r %C" ',
        b"\\\n",
        b"# c\n",
    ),
    *(
        b"extendedregex\n",
        b"spf pass ",
        b"rcptcount >= 5 ",
        b"time ",
        b'"* 8-16 * * 1-5" ',
        b"set $p = 1 ",
        b"\r\n",
        b"\0",
    ),
    *(
        b'dnsrbl "x" a.example 127.0.0.2\n',
        b"\x1b[2J",
        b"\xff",
        "é".encode(),
        b"socket ",
        b'"/x" 666\n',
        b"x" * 17000,
    ),
)
DATABASE_WORDS = (
    b"\xab\xcd\xefMaxMind.com",
    b"\xe1",
    b"Jnode_count",
    b"\xc1\x01",
    b"\xff\xff\xff",
    b"\x6b",
    b"\0\0\0",
    b"GEO-106FREE ",
)
EXPRESSION_WORDS = (
    b"(",
    b"\\(",
    b")",
    b"\\)",
    b"[",
    b"]",
    b"[[:",
    b":]",
    b"*",
    b"+",
    b"{1,2}",
    b"\\{",
    b"\\1",
    b"|",
    b"^",
    b"$",
    b"-",
)
