"""APOP, the digest login of POP3 (RFC 1939 section 7). No SASL, but a mechanism all the same."""

from __future__ import annotations

import re

from mailproof.sasl.credentials import octets

# A message identifier of printable ASCII with an @ (RFC 1939 says msg-id of RFC 822). Accepting less lets a man in
# the middle choose challenges that betray the password (CVE-2007-1558).
_TIMESTAMP = re.compile(rb"<[!-;=?A-~]+@[!-;=?A-~]+>")


def apop_timestamp(greeting: bytes) -> bytes | None:
    """The timestamp in a greeting, with its angle brackets; None if this server offers no APOP."""
    match = _TIMESTAMP.search(greeting)
    return match[0] if match else None


def apop_digest(timestamp: bytes, password: str) -> str:
    """The second argument of APOP: 32 hexadecimal digits."""
    import hashlib

    return hashlib.md5(timestamp + octets(password), usedforsecurity=False).hexdigest()
