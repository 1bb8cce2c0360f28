"""Pieces of a line of Exim's configuration: names, quoted strings, lists (specification, chapter 6)."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

BLANKS = " \t\n\v\f\r"
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_OCTAL, _HEX = re.compile("[0-7]{1,3}"), re.compile("[0-9A-Fa-f]{1,2}")


def read_name(text: str) -> tuple[str, str]:
    """The name at the beginning, empty where none is, and what follows without its blanks."""
    text = text.lstrip(BLANKS)
    found = _NAME.match(text)
    return (found[0], text[found.end() :].lstrip(BLANKS)) if found else ("", text)


def unquoted(text: str) -> tuple[str, str] | None:
    """The value of an option and what follows it; None for a quote that is not closed.

    Without a quote at its beginning a value is the rest of the line.
    """
    if not text.startswith('"'):
        return text, ""
    out, at = [], 1
    while at < len(text) and text[at] != '"':
        char = text[at]
        at += 1
        if char == "\\" and at < len(text):
            char, at = _escaped(text, at)
        out.append(char)
    if at < len(text):
        return "".join(out), text[at + 1 :]
    # Exim looks at the last character alone, and takes a quote that is escaped for the one that closes.
    return ("".join(out), "") if len(text) > 1 and text.endswith('"') else None


def _escaped(text: str, at: int) -> tuple[str, int]:
    """What a backslash and the text from `at` on stand for."""
    if octal := _OCTAL.match(text, at):
        return chr(int(octal[0], 8) & 255), octal.end()
    if text[at] == "x":
        hexadecimal = _HEX.match(text, at + 1)
        return (chr(int(hexadecimal[0], 16)), hexadecimal.end()) if hexadecimal else ("\0", at + 1)
    return _ESCAPES.get(text[at], text[at]), at + 1


def split_list(text: str) -> list[str]:
    """The items of a list: between colons, or what `<;` at its beginning names; a doubled one is itself."""
    return list(_items(text))


def _items(text: str) -> Iterator[str]:
    separator = ":"
    text = text.lstrip(BLANKS)
    if text[:1] == "<" and len(text) > 1 and (text[1] in string.punctuation or ord(text[1]) < 32):
        separator = text[1]
        text = text[2:]
    doubles = separator in string.punctuation
    at, blanks = 0, BLANKS.replace(separator, "")
    while True:
        while at < len(text) and text[at] in blanks:
            at += 1
        if at >= len(text):
            return
        item = []
        while at < len(text):
            end = text.find(separator, at)
            end = len(text) if end < 0 else end
            item.append(text[at:end])
            at = end + 1
            if not (doubles and text[at : at + 1] == separator):
                break
            item.append(separator)
            at += 1
        yield "".join(item).rstrip(BLANKS)
