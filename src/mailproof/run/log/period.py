"""`--since` and `--until`: what people write for a time, and which lines lie between two."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_SPAN = re.compile(r"(?:(\d{1,6})\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?))(?: ago)?\Z")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def moment_of(text: str, now: datetime) -> datetime:
    """`2026-11-20`, `2026-11-20 18:00`, `18:00`, `today`, `yesterday`, `now`, `2h`, `3 days ago`; with a zone or not.

    Without one it is the time of this machine. `now` must have a zone. Raises ValueError for anything else.
    """
    words = text.strip().lower()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if words in ("now", "today", "yesterday"):
        return {"now": now, "today": midnight, "yesterday": midnight - timedelta(days=1)}[words]
    if found := _SPAN.match(words):
        return now - timedelta(seconds=int(found[1]) * _SECONDS[found[2][0]])
    if found := _CLOCK.match(words):
        return midnight.replace(hour=int(found[1]), minute=int(found[2]), second=int(found[3] or 0))
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


class Between:
    """The lines from one time to before another. A time without a zone is one of this machine."""

    def __init__(self, since: datetime | None, until: datetime | None) -> None:
        self._since, self._until = since, until
        self._limits: dict[str, tuple[str, str]] = {}

    def place(self, time: str) -> int:
        """-1 before it, 0 in it, 1 behind it; of a stamp in the form of ISO 8601."""
        zone = time[19:].lstrip(".0123456789") if len(time) > 19 else ""
        limits = self._limits.get(zone)
        if limits is None:
            limits = (_at(self._since, zone, ""), _at(self._until, zone, "~"))
            if len(self._limits) < 100:
                self._limits[zone] = limits
        moment = time[:19]
        return -1 if moment < limits[0] else 1 if moment >= limits[1] else 0


def _at(limit: datetime | None, zone: str, unlimited: str) -> str:
    """The limit as a clock in that zone shows it."""
    if limit is None:
        return unlimited
    if zone == "Z":
        there = limit.astimezone(UTC)
    elif zone:
        try:
            there = limit.astimezone(datetime.fromisoformat(f"2000-01-01T00:00:00{zone}").tzinfo)
        except ValueError:
            there = limit
    else:
        there = limit.astimezone()
    return there.strftime("%Y-%m-%dT%H:%M:%S")
