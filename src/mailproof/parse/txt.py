"""TXT records as DNS tells them in presentation form (RFC 1035 section 5.1): strings in quotes, put together."""

from __future__ import annotations

import re

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)', re.DOTALL)
_ESCAPE = re.compile(r"\\(\d{3}|.)", re.DOTALL)


def txt_value(text: str) -> str:
    """The strings of one record as one, without anything between them (RFC 7208 section 3.3, RFC 6376 3.6.2.2)."""
    return "".join(_plain(found[1] if found[2] is None else found[2]) for found in _STRING.finditer(text))


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda found: _char(found[1]), text)


def _char(escaped: str) -> str:
    return chr(int(escaped)) if escaped.isdigit() and len(escaped) == 3 and int(escaped) < 256 else escaped
