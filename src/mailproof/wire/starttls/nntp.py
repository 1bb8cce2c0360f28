"""NNTP (RFC 4642): CAPABILITIES, STARTTLS, 382."""

from __future__ import annotations

from mailproof.wire.starttls.course import Upgrade
from mailproof.wire.starttls.listed import Listed, Question

_LINE = rb"\n"
_LIST = rb"(?m)\A(?!101)[^\n]*\n|^\.\r?\n"
_CAPABILITIES = b"CAPABILITIES\r\n"

_COURSE = Listed(
    greeting=Question(b"", _LINE, rb"\A20[01]"),
    # A server of before RFC 3977 answers 500, and may know STARTTLS.
    listing=lambda names: Question(_CAPABILITIES, _LIST, rb"\A101"),
    offer=rb"(?mi)^STARTTLS\b",
    request=Question(b"STARTTLS\r\n", _LINE, rb"\A382"),
)
NNTP = Upgrade(_COURSE.opening, _COURSE.ask, r"STARTTLS\s*", r"382", _LINE, lambda names: _CAPABILITIES)
