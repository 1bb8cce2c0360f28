"""ManageSieve (RFC 5804 section 2.2): the greeting is the list of capabilities, and comes again inside TLS."""

from __future__ import annotations

import re

from mailproof.wire.starttls.course import Course, Heard, Names, Outcome, Upgrade, Verdict, one_request

_END = rb"(?m)^(?:OK|NO|BYE)\b[^\n]*\n"


def _opening(names: Names) -> Course:
    heard = Heard()
    greeting = yield from heard.ask(b"", _END)
    if not re.search(rb"(?mi)^OK\b", greeting):
        return Outcome(Verdict.REFUSED, greeting)
    if not re.search(rb'(?mi)^"STARTTLS"', greeting):
        return Outcome(Verdict.NOT_OFFERED, greeting, offered=greeting)
    said = yield from heard.ask(b"STARTTLS\r\n", _END)
    if not re.search(rb"(?mi)^OK\b", said):
        return Outcome(Verdict.REFUSED, said, offered=greeting)
    return heard.ready(said, greeting)


SIEVE = Upgrade(
    _opening, lambda names: one_request(b"STARTTLS\r\n", _END, rb"(?mi)^OK\b"), r"STARTTLS\s*", r"OK\b", _END
)
