"""SMTP (RFC 3207) and LMTP (RFC 2033): greeting, EHLO or LHLO, STARTTLS, 220."""

from __future__ import annotations

import re

from mailproof.wire.starttls.course import Course, Heard, Names, Outcome, Upgrade, Verdict, one_request

_END = rb"(?m)^\d{3}(?: [^\n]*)?\r?\n"
_OFFER = re.compile(rb"(?mi)^250[ -]STARTTLS\b")


def _upgrade(verb: str) -> Upgrade:
    def hello(names: Names) -> bytes:
        return f"{verb} {names.hello}\r\n".encode("ascii", "replace")

    def opening(names: Names) -> Course:
        heard = Heard()
        greeting = yield from heard.ask(b"", _END)
        if not greeting.startswith(b"220"):
            return Outcome(Verdict.REFUSED, greeting)
        offered = yield from heard.ask(hello(names), _END)
        if not _OFFER.search(offered):
            return Outcome(Verdict.NOT_OFFERED, offered, offered=offered)
        said = yield from heard.ask(b"STARTTLS\r\n", _END)
        if not said.startswith(b"220"):
            return Outcome(Verdict.REFUSED, said, offered=offered)
        return heard.ready(said, offered)

    return Upgrade(
        opening,
        lambda names: one_request(b"STARTTLS\r\n", _END, rb"\A220"),
        r"STARTTLS\s*",
        r"220",
        _END,
        hello,
    )


SMTP = _upgrade("EHLO")
LMTP = _upgrade("LHLO")
