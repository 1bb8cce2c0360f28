"""Logical lines, as all of Postfix's files have them (postconf(5), src/util/readlline.c)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from operator import itemgetter

import msgspec

BLANKS = " \t\n\v\f\r"
"""isspace(3) in the C locale."""


class Line(msgspec.Struct, frozen=True):
    """A logical line, and the number of the physical line on which it begins, from 1."""

    number: int
    text: str
    starts: tuple[tuple[int, int], ...] = ()
    """Of each physical line: where it begins in `text`, and its number."""

    def line_at(self, place: int) -> int:
        """The number of the physical line that has this place of `text`."""
        return line_at(place, self.starts, self.number)


def line_at(place: int, starts: Sequence[tuple[int, int]], first: int) -> int:
    """Of lines that begin at `starts`, in their order, with their numbers: that of the one that has this place."""
    at = bisect_right(starts, place, key=itemgetter(0))
    return starts[at - 1][1] if at else first


class Trouble(msgspec.Struct, frozen=True):
    """What Postfix would warn of or refuse: the line, a name, and the text that it is about."""

    line: int
    name: str
    text: str = ""


def logical_lines(data: bytes) -> tuple[Sequence[Line], Sequence[Trouble]]:
    """Never raises. Bytes that are no UTF-8 become surrogates, as the files of Python have them.

    Comments and empty lines are dropped, inside a continuation too; a line that begins with a blank continues the one
    before it, and is ignored where there is none.
    """
    found: list[tuple[list[int], list[str]]] = []
    troubles = []
    for number, raw in enumerate(data.split(b"\n"), 1):
        text = raw.decode("utf-8", "surrogateescape")
        if not text.strip(BLANKS) or text.lstrip(BLANKS)[0] == "#":
            continue
        if text[0] not in BLANKS:
            found.append(([number], [text]))
        elif found:
            found[-1][0].append(number)
            found[-1][1].append(text)
        else:
            troubles.append(Trouble(number, "begins-with-blank", text.strip(BLANKS)))
    return [_joined(numbers, parts) for numbers, parts in found], troubles


def _joined(numbers: Sequence[int], parts: Sequence[str]) -> Line:
    text = "".join(parts).partition("\0")[0].rstrip(BLANKS)  # where a text of C ends
    if len(parts) == 1:
        return Line(numbers[0], text)
    starts = tuple(zip(accumulate((len(part) for part in parts[:-1]), initial=0), numbers, strict=True))
    return Line(numbers[0], text, starts)


def split_list(text: str) -> list[str]:
    """A value that is a list: at commas and blanks, but not inside braces (src/util/mystrtok.c)."""
    parts, depth, begun = [], 0, -1
    for at, char in enumerate(text):
        if depth == 0 and (char in BLANKS or char == ","):
            if begun >= 0:
                parts.append(text[begun:at])
            begun = -1
            continue
        if begun < 0:
            begun = at
        if char == "{":
            depth += 1
        elif char == "}" and depth:
            depth -= 1
    return parts if begun < 0 else [*parts, text[begun:]]
