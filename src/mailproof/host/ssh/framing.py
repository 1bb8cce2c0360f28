"""Answers out of a stream of bytes: each ends with a line that has the mark in it."""

from __future__ import annotations

import re
from typing import NamedTuple


class Answer(NamedTuple):
    data: bytes
    status: int
    """As the shell has it in `$?`."""


class TooMuch(Exception):
    """More came than was asked for."""


class Frames:
    """Feed it what comes, in whatever pieces, and take answers out. Holds no more than one answer may have."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._number = 0
        self._held = bytearray()
        self._searched = 0
        self._end = self._pattern()

    def _pattern(self) -> re.Pattern[bytes]:
        return re.compile(rb"\n" + re.escape(f"{self._mark}.{self._number}".encode()) + rb" (\d{1,3})\n")

    def take(self, data: bytes, most: int) -> Answer | None:
        """The next answer, if `data` completes it. Raises TooMuch where it has more than `most` bytes."""
        self._held += data
        found = self._end.search(self._held, self._searched)
        if found is None:
            if len(self._held) > most + self._longest_end:
                raise TooMuch
            self._searched = max(0, len(self._held) - self._longest_end)
            return None
        if found.start() > most:
            raise TooMuch
        answer = Answer(bytes(self._held[: found.start()]), int(found[1]))
        del self._held[: found.end()]
        self._searched = 0
        self._number += 1
        self._end = self._pattern()
        return answer

    @property
    def _longest_end(self) -> int:
        return len(self._mark) + 32
