"""NNTP (RFC 4642): CAPABILITIES, STARTTLS, 382."""

from __future__ import annotations

import re

from mailproof.wire.starttls.course import Course, Heard, Names, Outcome, Upgrade, Verdict, one_request

_LINE = rb"\n"
_LIST = rb"(?m)\A(?!101)[^\n]*\n|^\.\r?\n"


def _opening(names: Names) -> Course:
    heard = Heard()
    greeting = yield from heard.ask(b"", _LINE)
    if greeting[:3] not in (b"200", b"201"):
        return Outcome(Verdict.REFUSED, greeting)
    offered = yield from heard.ask(b"CAPABILITIES\r\n", _LIST)
    # A server of before RFC 3977 answers 500, and may know STARTTLS.
    if offered.startswith(b"101") and not re.search(rb"(?mi)^STARTTLS\b", offered):
        return Outcome(Verdict.NOT_OFFERED, offered, offered=offered)
    said = yield from heard.ask(b"STARTTLS\r\n", _LINE)
    if not said.startswith(b"382"):
        return Outcome(Verdict.REFUSED, said, offered=offered)
    return heard.ready(said, offered)


NNTP = Upgrade(
    _opening,
    lambda names: one_request(b"STARTTLS\r\n", _LINE, rb"\A382"),
    r"STARTTLS\s*",
    r"382",
    _LINE,
    lambda names: b"CAPABILITIES\r\n",
)
