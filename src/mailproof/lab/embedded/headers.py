"""Header fields of a message."""

from __future__ import annotations

import re


def header_values(data: bytes, name: bytes) -> list[bytes]:
    """The unfolded values of every header field with this name (RFC 5322 section 2.2.3)."""
    head = data.partition(b"\r\n\r\n")[0]
    pattern = rb"^" + re.escape(name) + rb"[ \t]*:((?:[^\r\n]|\r\n[ \t])*)"
    return [value.replace(b"\r\n", b"").strip() for value in re.findall(pattern, head, re.IGNORECASE | re.MULTILINE)]
