"""APOP, the digest login of POP3 (RFC 1939 section 7). No SASL, but a mechanism all the same."""

from __future__ import annotations

from mailproof.sasl.credentials import octets


def apop_digest(timestamp: bytes, password: str) -> str:
    """The second argument of APOP: 32 hexadecimal digits. `timestamp` is that of the greeting, brackets included."""
    import hashlib

    return hashlib.md5(timestamp + octets(password), usedforsecurity=False).hexdigest()
