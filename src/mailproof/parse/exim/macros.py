"""Macros of an Exim configuration: defined, and replaced in a line one after the other (readconf.c of Exim).

What a line costs hangs on its length and on what is replaced in it, not on how many macros there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from heapq import heappop, heappush

# Of a name (EXIM_DRIVERNAME_MAX).
LONGEST_NAME = 63
# Of a line whose macros are replaced: they can double each other. The longest that was seen, a list of addresses,
# has 40 KB.
LONGEST_LINE = 1 << 20

# Of searching all lines for names, in names looked up: Debian's configuration needs fourteen thousand.
MOST_WORK = 10_000_000

# Where a name can begin: at a capital letter, or `_` and one.
_START = re.compile(r"[A-Z]|_(?=[A-Z])")
_NAME = re.compile(r"[A-Za-z0-9_]*")


def macro_name(text: str) -> str:
    """The letters, digits and `_` at its beginning; empty where there are none."""
    found = _NAME.match(text)
    return found[0] if found else ""


class Macros:
    """Those of the binary, and then those that the configuration defines, in their order."""

    def __init__(self, built_in: Mapping[str, str]) -> None:
        self.values: dict[str, str] = dict(built_in)
        self.work = 0
        """What the search for names has cost so far; at `MOST_WORK` nothing more is replaced."""
        self._order = {name: number for number, name in enumerate(self.values)}
        self._names = list(self.values)
        self._built_in = len(self._names)
        self._lengths: dict[str, list[int]] = {}
        """How long names are that begin with these two characters (or are this one)."""
        for name in self._names:
            self._learn(name)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def define(self, name: str, value: str) -> None:
        """A new one, or a new value of an old one, which keeps its place."""
        if name not in self.values:
            self._order[name] = len(self._names)
            self._names.append(name)
            self._learn(name)
        self.values[name] = value

    def within(self, name: str) -> str:
        """The first that is a part of this name, and would be replaced in it; empty where none is."""
        parts = [each for each in self._found(name, 0, len(name)) if self._names[each] != name]
        return self._names[min(parts)] if parts else ""

    def replaced(self, text: str, at: int) -> tuple[str, str, bool]:
        """The text with those behind `at` replaced; the one with which it would be too long; whether any was.

        If the first name that could stand there does not begin with `_`, those of the binary are not looked for.
        """
        at = _next_start(text, at)
        least = 0 if text.startswith("_", at) else self._built_in
        waiting: list[int] = []
        self._wait(waiting, text, at, len(text), least)
        replaced = False
        while waiting and at < len(text):
            number = heappop(waiting)
            while waiting and waiting[0] == number:
                heappop(waiting)
            name = self._names[number]
            value = self.values[name]
            times = text.count(name, at)
            if not times:
                continue
            replaced = True
            self.work += times + (len(text) >> 8)
            if len(text) + times * (len(value) - len(name)) > LONGEST_LINE or self.work > MOST_WORK:
                return text[:LONGEST_LINE], name, True
            pieces = text[at:].split(name)
            done, text = at, text[:at] + value.join(pieces)
            end = at
            for piece in pieces[:-1]:  # a later one can stand where the value is now, or across its ends
                begun, end = end + len(piece), end + len(piece) + len(value)
                self._wait(waiting, text, max(done, begun - LONGEST_NAME), end, number + 1)
                done = max(done, end)
            at = _next_start(text, at)
        return text, "", replaced

    def _learn(self, name: str) -> None:
        lengths = self._lengths.setdefault(name[:2], [])
        if len(name) not in lengths:
            lengths.append(len(name))

    def _wait(self, waiting: list[int], text: str, begun: int, end: int, least: int) -> None:
        for number in set(self._found(text, begun, end)):
            if number >= least:
                heappush(waiting, number)

    def _found(self, text: str, begun: int, end: int) -> Iterator[int]:
        """The places in the order of those whose names begin between these two."""
        for start in _START.finditer(text, begun):
            at = start.start()
            if at >= end:
                return
            self.work += 1
            for key in {text[at], text[at : at + 2]}:
                lengths = self._lengths.get(key, ())
                self.work += len(lengths)
                for length in lengths:
                    number = self._order.get(text[at : at + length])
                    if number is not None:
                        yield number


def _next_start(text: str, at: int) -> int:
    found = _START.search(text, at)
    return found.start() if found else len(text)
