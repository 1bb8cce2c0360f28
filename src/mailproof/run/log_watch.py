"""The logs of a server while a run lasts: where they end at its beginning, and what is there at its end."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from mailproof.model.log import LogLine
from mailproof.model.log_service import ServiceChanged
from mailproof.model.server_log import LogRead
from mailproof.net.interface import Driver
from mailproof.parse.log.envelope import LineReader
from mailproof.run.log_sessions import Line, read_line
from mailproof.run.log_telling import meant, told

# A server that does not start says so in its last lines; a megabyte is an hour of a busy one.
_LOOKED_BACK = 1 << 20
# What one run can make a server write, with much to spare: the rest is somebody else's.
_MOST = 64 << 20
_LONGEST_LINE = 1 << 16
# syslog daemons write at once; Dovecot and Postfix say the last word when the connection is closed.
_QUIET, _PATIENCE = 0.25, 2.0
_DOES_NOT_WORK = 1


class LogWatch:
    """Made before the run, read after it. Nothing here raises: what cannot be read is told."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._ends = {path: _size(path) for path in paths}

    async def settled(self, net: Driver) -> None:
        """Wait until nothing is written any more, or for two seconds."""
        deadline = net.now() + _PATIENCE
        sizes = [_size(path) for path in self._paths]
        while net.now() < deadline:
            await net.sleep(_QUIET)
            former, sizes = sizes, [_size(path) for path in self._paths]
            if sizes == former:
                return

    def read(self, today: date) -> tuple[list[Line], list[Line], LogRead]:
        """The lines since the run began, older ones that say why a server does not work, and what was read."""
        during: list[Line] = []
        before: list[Line] = []
        unread: list[str] = []
        count = 0
        for path in self._paths:
            end = self._ends[path]
            try:
                if _size(path) < end:
                    end = 0  # rotated meanwhile, or cut: what is there now is new
                older = list(_lines(path, max(0, end - _LOOKED_BACK), end, today))
                newer = list(_lines(path, end, end + _MOST, today))
            except OSError as error:
                unread.append(f"{path}: {error.strerror or error}")
                continue
            count += len(newer)
            during += [each for each in newer if each is not None]
            before += _still_true([each for each in older if each is not None])
        return during, before, LogRead(tuple(map(str, self._paths)), count, 0, tuple(unread))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _lines(path: Path, begin: int, end: int, today: date) -> Iterator[Line | None]:
    """Between two offsets; None for a line that is no mail server's. A pipe or a device is not opened."""
    if not path.is_file():
        raise OSError(0, "no file" if path.exists() else "no such file")
    reader = LineReader(today)
    with path.open("rb", buffering=1 << 16) as file:
        number = _count_lines(file.fileno(), begin)
        file.seek(begin)
        if begin:
            file.readline(_LONGEST_LINE)  # the rest of a line
            number += 1
        while file.tell() < end and (raw := file.readline(_LONGEST_LINE)):
            number += 1
            line = reader.read(raw) if raw.strip() else None
            yield read_line(line, f"{path.name}, line {number}") if isinstance(line, LogLine) else None


def _count_lines(descriptor: int, end: int) -> int:
    """How many lines end before this offset; an editor is opened at the number that is said."""
    count, at = 0, 0
    while at < end and (block := os.pread(descriptor, min(1 << 20, end - at), at)):
        count += block.count(b"\n")
        at += len(block)
    return count


def _still_true(lines: list[Line]) -> list[Line]:
    """Those that say that the server does not work, since it was started last."""
    kept: list[Line] = []
    for each in lines:
        if isinstance(each.fact, ServiceChanged) and each.fact.what in ("started", "reloaded"):
            kept.clear()
        text = told(each.fact) if each.fact is not None else None
        if text is not None and meant(text).rank == _DOES_NOT_WORK:
            kept.append(each)
    return kept
