"""What `df -Pk PATH` prints (POSIX): one file system, in units of 1024 octets."""

from __future__ import annotations

import re

_ROW = re.compile(r"\s(?P<size>\d{1,18})\s+(?P<used>\d{1,18})\s+(?P<free>-?\d{1,18})\s+(?:\d{1,3}%|-)\s+/")


def free_space(printed: str) -> tuple[int, str] | None:
    """Octets that are free, and the row that says so; None for any other text."""
    for line in printed.splitlines()[1:2]:
        if found := _ROW.search(line):
            return max(int(found["free"]), 0) * 1024, line
    return None
