"""From when to when a log is, whatever the order of its lines."""

from __future__ import annotations

import re

from mailproof.parse.log.tally.forms import clock_of

# Text of the latest hour that waits to be looked at: of a log in order only that of its last hour is. An hour of
# a server with two million messages a day has so much.
_WAITING = 1 << 25
# Patterns of hours; when there are more, they are made anew.
_KEPT = 2_000


class Span:
    """The earliest and the latest time of lines, in the form of ISO 8601; empty where none has a time."""

    def __init__(self) -> None:
        self._first = self._last = ""
        self._whole = self._hour = ""
        self._waiting: list[str] = []
        self._length = 0
        self._clocks: dict[str, re.Pattern[str]] = {}

    @property
    def first(self) -> str:
        return self._settled()._first

    @property
    def last(self) -> str:
        return self._settled()._last

    def take(self, time: str) -> None:
        """The time of a line; may be empty."""
        if time:
            self._first, self._last = min(self._first or time, time), max(self._last, time)

    def take_hour(self, whole: str, hour: str, text: str) -> None:
        """Lines of one hour, which ISO 8601 writes as `whole`, a newline before each."""
        if not self._first or whole <= self._first[:13]:
            self._look_at(whole, hour, text)
        elif whole >= max(self._whole, self._last[:13]) and self._clock(hour).search(text):
            if whole > self._whole:
                # What waits is of an earlier hour, and later than the first line: it decides nothing.
                self._whole, self._waiting, self._length = whole, [], 0
            elif hour != self._hour or self._length > _WAITING:
                self._settled()
            self._hour = hour
            self._waiting.append(text)
            self._length += len(text)

    def add(self, later: Span) -> None:
        """That of another part."""
        self.take(later.first)
        self.take(later.last)

    def __getstate__(self) -> dict[str, object]:
        return self._settled().__dict__ | {"_clocks": {}}

    def _settled(self) -> Span:
        waiting, self._waiting, self._length = self._waiting, [], 0
        for text in waiting:
            self._look_at(self._whole, self._hour, text)
        return self

    def _look_at(self, whole: str, hour: str, text: str) -> None:
        if found := self._clock(hour).findall(text):
            self.take(whole + min(found))
            self.take(whole + max(found))

    def _clock(self, hour: str) -> re.Pattern[str]:
        if hour not in self._clocks:
            if len(self._clocks) > _KEPT:
                self._clocks.clear()
            self._clocks[hour] = clock_of(hour)
        return self._clocks[hour]
