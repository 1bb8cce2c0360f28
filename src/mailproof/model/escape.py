"""Bytes from the wire as text that is safe to print and can be turned back into the same bytes.

The form is that of the dialogue language: printable UTF-8 stays as it is, a backslash is doubled, and
everything else becomes an escape from a fixed set: ``\\r``, ``\\n``, ``\\t``, ``\\xHH``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_NAMED = {0x0D: "\\r", 0x0A: "\\n", 0x09: "\\t", 0x5C: "\\\\"}
_NAMED_BACK = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|([rnt\\]))")
_FOR_EYES = re.compile(r"\\([t\\])")
_PLAIN = re.compile(rb"[\x20-\x5b\x5d-\x7e]*\Z")

# Unicode categories that can disturb a terminal or hide text: controls (C1 among them), format
# characters such as the bidirectional overrides (CVE-2021-42574), surrogates, unassigned, line separators.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class EscapeError(ValueError):
    """A backslash that begins no escape of the set; `text` begins with it."""

    def __init__(self, text: str) -> None:
        super().__init__(f"no such escape: {text!r}")
        self.text = text


def to_text(data: bytes) -> str:
    """`data` as one line of printable text; `to_bytes` gives `data` back."""
    if _PLAIN.match(data):
        return data.decode("ascii")
    out: list[str] = []
    for char in data.decode("utf-8", "surrogateescape"):
        code = ord(char)
        if code in _NAMED:
            out.append(_NAMED[code])
        elif 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
            out.append(f"\\x{code - 0xDC00:02x}")
        elif unicodedata.category(char) in _UNSAFE_CATEGORIES:
            out.extend(f"\\x{byte:02x}" for byte in char.encode("utf-8"))
        else:
            out.append(char)
    return "".join(out)


def for_eyes(text: str) -> str:
    """What `to_text` made, for who only reads it: backslashes as they came, and of a tab the room that it takes."""
    return _FOR_EYES.sub(lambda match: "\t" if match[1] == "t" else "\\", text).expandtabs()


def to_bytes(text: str) -> bytes:
    """The bytes that `to_text` made `text` from.

    Raises EscapeError for a backslash that begins no escape of the set, UnicodeEncodeError for what is no UTF-8.
    """
    out = bytearray()
    at = 0
    while (slash := text.find("\\", at)) >= 0:
        out += text[at:slash].encode("utf-8")
        match = _ESCAPE.match(text, slash)
        if match is None:
            raise EscapeError(text[slash : slash + 4])
        out += bytes([int(match[1], 16)]) if match[1] else _NAMED_BACK[match[2]]
        at = match.end()
    out += text[at:].encode("utf-8")
    return bytes(out)


def printable(text: str, *, keep_newlines: bool = False) -> str:
    """`text` with everything that could disturb a terminal escaped; the one function that neutralises.

    Unlike `to_text`, backslashes stay single: the result is for eyes and is not turned back. A byte that
    is not UTF-8, as PEP 383 keeps it, is shown as that byte.
    """
    out: list[str] = []
    for char in text:
        if (char == "\n" and keep_newlines) or unicodedata.category(char) not in _UNSAFE_CATEGORIES:
            out.append(char)
        else:
            out.append(_NAMED.get(ord(char)) or "".join(f"\\x{byte:02x}" for byte in _bytes_of(char)))
    return "".join(out)


def _bytes_of(char: str) -> bytes:
    return bytes([ord(char) - 0xDC00]) if 0xDC80 <= ord(char) <= 0xDCFF else char.encode("utf-8", "surrogatepass")


def sayable(text: str) -> str:
    """A byte that is no UTF-8, as PEP 383 keeps it, has its replacement character here; JSON has no word for it."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def all_sayable(data: Any) -> Any:
    """The same for every text in lists and dictionaries."""
    if isinstance(data, dict):
        return {all_sayable(name): all_sayable(value) for name, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [all_sayable(each) for each in data]
    return sayable(data) if isinstance(data, str) else data


def safe_json(text: str) -> str:
    """The same JSON, with what could disturb a terminal escaped inside its strings (RFC 8259 section 7).

    JSON itself wants that of the controls below U+0020 only.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(
        "".join(f"\\u{unit:04x}" for unit in memoryview(char.encode("utf-16-le")).cast("H"))
        if char != "\n" and unicodedata.category(char) in _UNSAFE_CATEGORIES
        else char
        for char in text
    )
