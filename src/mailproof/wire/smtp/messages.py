"""Messages between DATA and the dot (RFC 5321 4.5.2)."""

from __future__ import annotations

import re

_LINE_END = re.compile(rb"\r?\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


def stuff(message: bytes) -> bytes:
    """`message` as it goes over the wire: lines ended by CRLF, leading dots doubled, and the last line of one dot."""
    lines = _LINE_END.sub(b"\r\n", message)
    if lines and not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return _LEADING_DOT.sub(b"..", lines) + b".\r\n"


def unstuff(wire: bytes) -> bytes:
    """The message in what `stuff` made: without the last line, and without the dots put before others."""
    return _LEADING_DOT.sub(b"", wire.removesuffix(b".\r\n"))
