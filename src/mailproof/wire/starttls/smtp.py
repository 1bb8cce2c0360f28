"""SMTP (RFC 3207) and LMTP (RFC 2033): greeting, EHLO or LHLO, STARTTLS, 220."""

from __future__ import annotations

from mailproof.wire.starttls.course import Names, Upgrade
from mailproof.wire.starttls.listed import Listed, Question

_END = rb"(?m)^\d{3}(?: [^\n]*)?\r?\n"


def _upgrade(verb: str) -> Upgrade:
    def hello(names: Names) -> bytes:
        return f"{verb} {names.hello}\r\n".encode("ascii", "replace")

    course = Listed(
        greeting=Question(b"", _END, rb"\A220"),
        listing=lambda names: Question(hello(names), _END),
        offer=rb"(?mi)^250[ -]STARTTLS\b",
        request=Question(b"STARTTLS\r\n", _END, rb"\A220"),
    )
    return Upgrade(course.opening, course.ask, r"STARTTLS\s*", r"220", _END, hello)


SMTP = _upgrade("EHLO")
LMTP = _upgrade("LHLO")
