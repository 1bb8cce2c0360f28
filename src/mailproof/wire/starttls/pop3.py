"""POP3 (RFC 2595 section 4): CAPA, STLS, +OK."""

from __future__ import annotations

from mailproof.wire.starttls.course import Upgrade
from mailproof.wire.starttls.listed import Listed, Question

_LINE = rb"\n"
_LIST = rb"(?m)\A-ERR[^\n]*\n|^\.\r?\n"
_CAPA = b"CAPA\r\n"

_COURSE = Listed(
    greeting=Question(b"", _LINE, rb"\A\+OK"),
    # A server of before RFC 2449 knows no CAPA, and perhaps STLS all the same.
    listing=lambda names: Question(_CAPA, _LIST, rb"\A\+OK"),
    offer=rb"(?mi)^STLS\b",
    request=Question(b"STLS\r\n", _LINE, rb"\A\+OK"),
)
POP3 = Upgrade(_COURSE.opening, _COURSE.ask, r"STLS\s*", r"\+OK", _LINE, lambda names: _CAPA)
