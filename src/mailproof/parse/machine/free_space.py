"""What `df -Pk PATH` prints (POSIX), of one file system: units of 1024 octets; with `-i`, inodes in their place."""

from __future__ import annotations

import re

_ROW = re.compile(r"\s(?P<all>\d{1,20})\s+(?P<used>-?\d{1,20})\s+(?P<free>-?\d{1,20})\s+(?:\d{1,3}%|-)\s+/")


def free_space(printed: str) -> tuple[int, str] | None:
    """Octets that are free, and the row that says so; None for any other text."""
    found = _row(printed)
    return (max(int(found[0]["free"]), 0) * 1024, found[1]) if found is not None else None


def free_files(printed: str) -> tuple[int, str] | None:
    """Inodes that are free, and the row. None also where they are made as they are needed: there are 0 in all."""
    found = _row(printed)
    return (max(int(found[0]["free"]), 0), found[1]) if found is not None and int(found[0]["all"]) else None


def _row(printed: str) -> tuple[re.Match[str], str] | None:
    for line in printed.splitlines()[1:2]:
        if found := _ROW.search(line):
            return found, line
    return None
