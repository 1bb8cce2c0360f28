"""From when to when a log is, whatever the order of its lines."""

from __future__ import annotations

import re

# Text of the latest hour that waits to be looked at: of a log in order only that of its last hour is. An hour of
# a server with a million messages a day has so much.
_WAITING = 1 << 24


class Span:
    """The earliest and the latest time of lines, in the form of ISO 8601; empty where none has a time."""

    def __init__(self) -> None:
        self._first = self._last = ""
        self._hour = ""
        self._waiting: list[tuple[re.Pattern[str], str]] = []
        self._length = 0

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

    def take_hour(self, hour: str, clock: re.Pattern[str], text: str) -> None:
        """Lines of one hour, as ISO 8601 has it, whose minutes and what follows `clock` finds."""
        if not self._first or hour <= self._first[:13]:
            self._look_at(hour, clock, text)
        elif hour >= max(self._hour, self._last[:13]) and clock.search(text):
            if hour > self._hour:
                # What waits is of an earlier hour, and later than the first line: it decides nothing.
                self._hour, self._waiting, self._length = hour, [], 0
            elif self._length > _WAITING:
                self._settled()
            self._waiting.append((clock, text))
            self._length += len(text)

    def add(self, later: Span) -> None:
        """That of another part."""
        self.take(later.first)
        self.take(later.last)

    def __getstate__(self) -> dict[str, object]:
        return dict(self._settled().__dict__)

    def _settled(self) -> Span:
        waiting, self._waiting, self._length = self._waiting, [], 0
        for clock, text in waiting:
            self._look_at(self._hour, clock, text)
        return self

    def _look_at(self, hour: str, clock: re.Pattern[str], text: str) -> None:
        if found := clock.findall(text):
            self.take(hour + min(found))
            self.take(hour + max(found))
