"""One line of Dovecot's configuration (src/config/config-parser.c; 2.3 and 2.4 differ by `group` and quoted keys)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

import msgspec

BLANKS = " \t\r"
# More than any that was seen: a configuration of a provider has some thousand.
MOST_LINES = 200_000


class LineKind(StrEnum):
    """What a line is."""

    NOTHING = "nothing"
    CONTINUES = "continues"
    """Ends with a backslash: the next one belongs to it."""
    VALUE = "value"
    FILE = "file"
    """`key = <path`: the value is what the file has."""
    VARIABLE = "variable"
    """A value with a $ in it, not quoted."""
    BEGIN = "begin"
    END = "end"
    INCLUDE = "include"
    INCLUDE_TRY = "include-try"
    ERROR = "error"


class Line(msgspec.Struct, frozen=True):
    """`key` and `value`; of a block its kind and name; of an error `value` says which."""

    kind: LineKind
    key: str = ""
    value: str = ""


@lru_cache(maxsize=64)  # a configuration has some thirty files, and what gathers, judges and shows it asks for each
def read_lines(data: bytes) -> Sequence[tuple[int, Line]]:
    """All that say something, with the number of the physical line that each begins on, from 1. Never raises.

    Bytes that are no UTF-8 become surrogates. The first `MOST_LINES`, and one more where there are more.
    """
    found: list[tuple[int, Line]] = []
    parts: list[str] = []  # of lines that a backslash joins
    begun = 0
    for number, raw in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        begun = begun or number
        line = read_line(raw)
        if line.kind is LineKind.CONTINUES:
            parts += [line.value] if line.value else []
            continue
        if parts and line.kind is not LineKind.NOTHING:  # a comment among them drops those before it
            line = read_line(" ".join([*parts, raw.lstrip(BLANKS)]))
        if line.kind is not LineKind.NOTHING:
            found.append((begun, line))
        if len(found) > MOST_LINES:
            break
        parts, begun = [], 0
    return found


def read_line(text: str) -> Line:
    """Never raises. `text` is one line, or several that a backslash joins."""
    body = text.strip(BLANKS)
    if not body or body.startswith("#"):
        return Line(LineKind.NOTHING)
    body = _without_comment(body).rstrip(BLANKS)
    if body.endswith("\\"):
        return Line(LineKind.CONTINUES, value=body[:-1].rstrip(BLANKS))
    return _read(body)


def _without_comment(body: str) -> str:
    at = 0
    while at < len(body):
        char = body[at]
        if char in "'\"":
            at += 1
            while at < len(body) and body[at] != char:
                at += 2 if body[at] == "\\" and at + 1 < len(body) else 1
            if at >= len(body):
                return body
        elif char == "#":
            return body[:at]
        at += 1
    return body


def _read(body: str) -> Line:
    key, rest = _key(body)
    if key == "!include":
        return Line(LineKind.INCLUDE, key, rest)
    if key == "!include_try":
        return Line(LineKind.INCLUDE_TRY, key, rest)
    if rest.startswith("="):
        return _value(key, rest[1:].lstrip(BLANKS))
    if key == "}" and not rest:
        return Line(LineKind.END)
    return _block(key, rest)


def _key(body: str) -> tuple[str, str]:
    """Up to a blank or `=`; 2.4 lets quotes stand around it."""
    if body.startswith('"'):
        end = 1
        while end < len(body) and body[end] != '"':
            end += 2 if body[end] == "\\" else 1
        return body[1:end], body[end + 1 :].lstrip(BLANKS)
    at = 0
    while at < len(body) and body[at] not in BLANKS and body[at] != "=":
        at += 1
    return body[:at], body[at:].lstrip(BLANKS)


def _value(key: str, text: str) -> Line:
    if text.startswith("<"):
        return Line(LineKind.FILE, key, text[1:].lstrip(BLANKS))
    if text[:1] not in ("'", '"') and "$" in text:
        return Line(LineKind.VARIABLE, key, text)
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        text = unescaped(text[1:-1])
    return Line(LineKind.VALUE, key, text)


def _block(key: str, rest: str) -> Line:
    if key == "group" and rest.startswith("@"):  # `group @label name {` of 2.4
        label, _, rest = rest.partition(" ")
        key = f"group {label}"
        rest = rest.lstrip(BLANKS)
    name = ""
    if rest.startswith('"'):
        end = rest.find('"', 1)
        if end < 0:
            return Line(LineKind.ERROR, key, "no-brace")
        name, rest = unescaped(rest[1:end]), rest[end + 1 :].lstrip(BLANKS)
    elif not rest.startswith("{"):
        at = 0
        while at < len(rest) and rest[at] not in BLANKS:
            at += 1
        name, rest = rest[:at], rest[at:].lstrip(BLANKS)
    if not rest.startswith("{"):
        return Line(LineKind.ERROR, key, "no-brace")
    if len(rest) > 1:
        return Line(LineKind.ERROR, key, "behind-brace")
    return Line(LineKind.BEGIN, key, name)


def unescaped(text: str) -> str:
    """A backslash takes the meaning of what follows away."""
    out, at = [], 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
        out.append(text[at])
        at += 1
    return "".join(out)
