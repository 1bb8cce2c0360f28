"""POP3 (RFC 2595 section 4): CAPA, STLS, +OK."""

from __future__ import annotations

import re

from mailproof.wire.starttls.course import Course, Heard, Names, Outcome, Upgrade, Verdict, one_request

_LINE = rb"\n"
_LIST = rb"(?m)\A-ERR[^\n]*\n|^\.\r?\n"


def _opening(names: Names) -> Course:
    heard = Heard()
    greeting = yield from heard.ask(b"", _LINE)
    if not greeting.startswith(b"+OK"):
        return Outcome(Verdict.REFUSED, greeting)
    offered = yield from heard.ask(b"CAPA\r\n", _LIST)
    # A server of before RFC 2449 knows no CAPA, and perhaps STLS all the same.
    if offered.startswith(b"+OK") and not re.search(rb"(?mi)^STLS\b", offered):
        return Outcome(Verdict.NOT_OFFERED, offered, offered=offered)
    said = yield from heard.ask(b"STLS\r\n", _LINE)
    if not said.startswith(b"+OK"):
        return Outcome(Verdict.REFUSED, said, offered=offered)
    return heard.ready(said, offered)


POP3 = Upgrade(
    _opening,
    lambda names: one_request(b"STLS\r\n", _LINE, rb"\A\+OK"),
    r"STLS\s*",
    r"\+OK",
    _LINE,
    lambda names: b"CAPA\r\n",
)
