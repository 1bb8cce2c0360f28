"""DKIM signatures (RFC 6376), made by dkimpy: the extra `mailproof[dkim]`."""

from __future__ import annotations

import re

_LINE_END = re.compile(rb"\r?\n")


class NotSigned(ValueError):
    """The message could not be signed; the text says why, and holds nothing of the key."""


def sign(message: bytes, domain: str, selector: str, key: bytes) -> bytes:
    """`message` with a DKIM-Signature field before it, its lines ended by CRLF. Raises NotSigned."""
    try:
        import dkim
    except ImportError:
        raise NotSigned("dkimpy is not installed; it comes with mailproof[dkim]") from None
    wire = _LINE_END.sub(b"\r\n", message)
    try:
        signature: bytes = dkim.sign(wire, selector.encode("ascii"), domain.encode("idna"), key)
    except (dkim.DKIMException, ValueError, UnicodeError) as error:
        raise NotSigned(type(error).__name__) from None
    return signature + wire
