"""ManageSieve (RFC 5804 section 2.2): the greeting is the list of capabilities, and comes again inside TLS."""

from __future__ import annotations

from mailproof.wire.starttls.course import Upgrade
from mailproof.wire.starttls.listed import Listed, Question

_END = rb"(?m)^(?:OK|NO|BYE)\b[^\n]*\n"
_OK = rb"(?mi)^OK\b"

_COURSE = Listed(
    greeting=Question(b"", _END, _OK),
    listing=None,
    offer=rb'(?mi)^"STARTTLS"',
    request=Question(b"STARTTLS\r\n", _END, _OK),
)
SIEVE = Upgrade(_COURSE.opening, _COURSE.ask, r"STARTTLS\s*", r"OK\b", _END)
