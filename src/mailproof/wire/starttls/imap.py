"""IMAP (RFC 3501 section 6.2.1): CAPABILITY, STARTTLS, OK. Tags of ours are t1, t2 …"""

from __future__ import annotations

from mailproof.wire.starttls.course import Upgrade
from mailproof.wire.starttls.listed import Listed, Question

_LINE = rb"\n"


def _tagged(tag: bytes) -> bytes:
    return rb"(?m)^" + tag + rb" (?:OK|NO|BAD)\b[^\n]*\n"


_COURSE = Listed(
    greeting=Question(b"", _LINE, rb"(?i)\A\* OK\b"),
    listing=lambda names: Question(b"t1 CAPABILITY\r\n", _tagged(b"t1")),
    offer=rb"(?i)\bCAPABILITY\b[^\r\n\]]*\bSTARTTLS\b",
    request=Question(b"t2 STARTTLS\r\n", _tagged(b"t2"), rb"(?mi)^t2 OK\b"),
    greeted_with=rb"(?i)CAPABILITY",
)
IMAP = Upgrade(
    _COURSE.opening, _COURSE.ask, r"\S+ +STARTTLS\s*", r"\S+ OK\b", _LINE, lambda names: b"t3 CAPABILITY\r\n"
)
