"""Whether a line of the log can be of a connection by its time, on a machine whose clock is another."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from mailproof.model.log import LogLine
from mailproof.model.machine import Clock
from mailproof.model.record import Record

# A chrooted daemon without /etc/localtime writes UTC, a container what it has: zones differ by quarters of an hour.
_ZONES = 900.0
# Stamps of syslog are whole seconds, and what ends a connection is written after it.
_BEFORE, _AFTER = 1.5, 3.0


class When:
    """The attempts of a record in time."""

    def __init__(self, record: Record, clock: Clock | None) -> None:
        self._clock = clock
        self._spans: list[tuple[float, float] | None] = []
        began = record.started.timestamp()
        for attempt in record.attempts:
            turns = attempt.transcript.turns if attempt.transcript is not None else ()
            self._spans.append((began + turns[0].at, began + turns[-1].at) if turns else None)

    def fits(self, line: LogLine, at: int) -> bool:
        """True also where it cannot be told."""
        span = self._spans[at]
        written = _instant(line.time, self._clock.zone) if self._clock is not None else None
        if span is None or written is None or self._clock is None:
            return True
        ours = written - self._clock.ahead
        first, last = span[0] - _BEFORE - self._clock.within, span[1] + _AFTER + self._clock.within
        return (ours - first) % _ZONES <= last - first


def _instant(time: str, zone: int) -> float | None:
    try:
        stamp = datetime.fromisoformat(time)
    except ValueError:
        return None
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=timezone(timedelta(seconds=zone)))
    try:
        return stamp.timestamp()
    except (OverflowError, OSError):
        return None
