"""Names of mailboxes in modified UTF-7 (RFC 3501 section 5.1.3)."""

from __future__ import annotations

import base64
import binascii
import re

_SHIFTED = re.compile(r"[^\x20-\x7e]+|&")
_ENCODED = re.compile(rb"&([A-Za-z0-9+,]*)-")


def encode_mailbox(name: str) -> bytes:
    """`name` as it is sent: printable ASCII as it is, `&` as `&-`, the rest in base64 of UTF-16 between `&` and `-`.

    Raises ValueError for a lone surrogate, which no Unicode text has.
    """
    return _SHIFTED.sub(_shift, name).encode("ascii")


def _shift(match: re.Match[str]) -> str:
    if match[0] == "&":
        return "&-"
    try:
        encoded = base64.b64encode(match[0].encode("utf-16-be"), b"+,")
    except UnicodeEncodeError:
        raise ValueError("a mailbox name with half a character") from None
    return "&" + encoded.rstrip(b"=").decode("ascii") + "-"


def decode_mailbox(data: bytes) -> str:
    """The name behind `data`. What is no modified UTF-7 stays as it is; UTF-8 is read too (RFC 9051, RFC 6855)."""
    out: list[str] = []
    at = 0
    for match in _ENCODED.finditer(data):
        out.append(data[at : match.start()].decode("utf-8", "backslashreplace"))
        out.append(_unshift(match[1]))
        at = match.end()
    out.append(data[at:].decode("utf-8", "backslashreplace"))
    return "".join(out)


def _unshift(encoded: bytes) -> str:
    if not encoded:
        return "&"
    try:
        raw = base64.b64decode(encoded + b"=" * (-len(encoded) % 4), b"+,", validate=True)
        return raw.decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        return f"&{encoded.decode('ascii')}-"
