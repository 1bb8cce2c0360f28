"""The stamp of a line as an instant."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache


@lru_cache(maxsize=1 << 16)
def instant(time: str) -> float | None:
    """Seconds since 1970 of a stamp as `LogLine.time` has it; one without a zone is of this machine's."""
    try:
        return datetime.fromisoformat(time).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
