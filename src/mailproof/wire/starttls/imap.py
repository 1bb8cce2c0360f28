"""IMAP (RFC 3501 section 6.2.1): CAPABILITY, STARTTLS, OK. Tags of ours are t1, t2 …"""

from __future__ import annotations

import re

from mailproof.wire.starttls.course import Course, Heard, Names, Outcome, Upgrade, Verdict, one_request

_LINE = rb"\n"
_OFFER = re.compile(rb"(?i)\bCAPABILITY\b[^\r\n\]]*\bSTARTTLS\b")


def _tagged(tag: bytes) -> bytes:
    return rb"(?m)^" + tag + rb" (?:OK|NO|BAD)\b[^\n]*\n"


def _opening(names: Names) -> Course:
    heard = Heard()
    greeting = yield from heard.ask(b"", _LINE)
    if not re.match(rb"\* OK\b", greeting, re.IGNORECASE):
        return Outcome(Verdict.REFUSED, greeting)
    offered = greeting
    if b"CAPABILITY" not in greeting.upper():
        offered = yield from heard.ask(b"t1 CAPABILITY\r\n", _tagged(b"t1"))
    if not _OFFER.search(offered):
        return Outcome(Verdict.NOT_OFFERED, offered, offered=offered)
    said = yield from heard.ask(b"t2 STARTTLS\r\n", _tagged(b"t2"))
    if not re.search(rb"(?mi)^t2 OK\b", said):
        return Outcome(Verdict.REFUSED, said, offered=offered)
    return heard.ready(said, offered)


IMAP = Upgrade(
    _opening,
    lambda names: one_request(b"t2 STARTTLS\r\n", _tagged(b"t2"), rb"(?mi)^t2 OK\b"),
    r"\S+ +STARTTLS\s*",
    r"\S+ OK\b",
    _LINE,
    lambda names: b"t3 CAPABILITY\r\n",
)
