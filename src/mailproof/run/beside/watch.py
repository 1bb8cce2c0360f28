"""The logs of a server while a run lasts: where they end at its beginning, and what is there at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import PurePosixPath

from mailproof.host.interface import BLOCK, Host
from mailproof.model.configuration import FileSeen, FileState
from mailproof.model.log import LogLine
from mailproof.model.log_service import ServiceChanged
from mailproof.model.machine import Clock
from mailproof.model.server_log import LogRead, LogUnread
from mailproof.net.interface import Driver
from mailproof.parse.log.envelope import LineReader
from mailproof.run.beside.sessions import Line, read_line
from mailproof.run.log.packed import is_packed
from mailproof.run.log.rotated import rotated_to
from mailproof.run.log.telling import meant, told

# A server that does not start says so in its last lines; a megabyte is an hour of a busy one.
_LOOKED_BACK = (1 << 20) // BLOCK
# What one run can make a server write, with much to spare: the rest is somebody else's.
_MOST = (64 << 20) // BLOCK
# Read at once.
_PIECE = 16
_LONGEST_LINE = 1 << 16
# syslog daemons write at once; Dovecot and Postfix say the last word when the connection is closed.
QUIET, _PATIENCE = 0.25, 2.0
_DOES_NOT_WORK = 1
_WHY = {
    FileState.MISSING: "log-missing",
    FileState.UNREADABLE: "log-unreadable",
    FileState.ELSEWHERE: "log-out-of-reach",
}


class LogWatch:
    """Made before the run, read after it. Nothing here raises: what cannot be read is told."""

    def __init__(self, host: Host, paths: Sequence[str]) -> None:
        self._host = host
        self._begun: dict[str, FileSeen] = {}
        for path in paths:
            seen = host.look(path)
            if not any(_are_one(seen, other) for other in self._begun.values()):
                self._begun[path] = seen

    async def settled(self, net: Driver) -> None:
        """Wait until nothing is written any more, or for two seconds."""
        deadline = net.now() + _PATIENCE
        sizes = self._sizes()
        while net.now() < deadline:
            await net.sleep(QUIET)
            former, sizes = sizes, self._sizes()
            if sizes == former:
                return

    def _sizes(self) -> list[int]:
        return [self._host.look(path).size for path in self._begun]

    def read(self, today: date) -> tuple[list[Line], list[Line], LogRead]:
        """The lines since the run began, older ones that say why a server does not work, and what was read."""
        during: list[Line] = []
        before: list[Line] = []
        unread: list[LogUnread] = []
        count = 0
        for path, begun in self._begun.items():
            now = self._host.look(path)
            if now.state is not FileState.FILE:
                unread.append(LogUnread(path, _WHY.get(now.state, "log-no-file")))
                continue
            if is_packed(self._host.part(path, 0, 1) or b""):
                unread.append(LogUnread(path, "log-packed"))
                continue
            try:
                older, newer = self._read(path, begun, now, today)
            except _Unread:
                why = FileState.UNREADABLE if self._host.unreached is None else FileState.ELSEWHERE
                unread.append(LogUnread(path, _WHY[why]))
                continue
            count += len(newer)
            during += [each for each in newer if each is not None]
            before += still_true([each for each in older if each is not None])
        return during, before, LogRead(tuple(self._begun), count, 0, tuple(unread))

    def _read(
        self, path: str, begun: FileSeen, now: FileSeen, today: date
    ) -> tuple[list[Line | None], list[Line | None]]:
        """Older lines, and those since: at the end of what it was rotated to, and in what is there now."""
        rotated = begun.inode != now.inode or now.size < begun.size
        if rotated and begun.state is FileState.FILE:
            former = _rotated_to(self._host, path, begun)
            told = self._cut(former.path, begun.size, today) if former is not None else ([], [])
            return told[0], [*told[1], *self._cut(path, 0, today)[1]]
        return self._cut(path, 0 if rotated else begun.size, today)

    def _cut(self, path: str, end: int, today: date) -> tuple[list[Line | None], list[Line | None]]:
        """The lines that a file had up to a size, and those behind; None for one that is no mail server's."""
        reader = LineReader(today)
        first = max(0, end // BLOCK - _LOOKED_BACK)
        number = self._host.lines(path, first)
        older: list[Line | None] = []
        newer: list[Line | None] = []
        at = first * BLOCK
        for raw in _lines(self._host, path, first, end // BLOCK + _MOST):
            begins, at = at, at + len(raw)
            where = f"{PurePosixPath(path).name}, line {number + 1}"
            number += raw.endswith(b"\n")
            if begins == first * BLOCK and first:
                continue  # the rest of a line
            line = reader.read(raw) if raw.strip() else None
            found = read_line(line, where) if isinstance(line, LogLine) else None
            (older if begins < end else newer).append(found)
        return older, newer


def _are_one(seen: FileSeen, other: FileSeen) -> bool:
    """Under two names."""
    of_each = ((each.inode, each.size, each.changed) for each in (seen, other))
    return seen.inode != 0 and len(set(of_each)) == 1


class _Unread(Exception):
    pass


def _lines(host: Host, path: str, first: int, last: int) -> Iterator[bytes]:
    """Between two blocks. Raises _Unread."""
    rest = b""
    for begin in range(first, last, _PIECE):
        data = host.part(path, begin, _PIECE)
        if data is None:
            raise _Unread
        *whole, rest = (rest + data).split(b"\n")
        yield from (line + b"\n" for line in whole)
        while len(rest) > _LONGEST_LINE:
            yield rest[:_LONGEST_LINE]
            rest = rest[_LONGEST_LINE:]
        if len(data) < _PIECE * BLOCK:
            break
    if rest:
        yield rest


def _rotated_to(host: Host, path: str, begun: FileSeen) -> FileSeen | None:
    """By the number of its inode where it was renamed, else the youngest that is as long as it was: a copy of it."""
    names = rotated_to(path, host.glob(f"{path}[.-]*"))
    found = [seen for name in names if (seen := host.look(name)).state is FileState.FILE and seen.size >= begun.size]
    same = [seen for seen in found if seen.inode == begun.inode]
    copies = [seen for seen in found if seen.changed >= begun.changed]
    return max(same or copies, key=lambda seen: seen.changed, default=None)


def day_of(moment: datetime, clock: Clock | None) -> date:
    """The day on the machine whose clock it is."""
    if clock is None:
        return moment.astimezone().date()
    there = moment + timedelta(seconds=clock.ahead)
    return there.astimezone(timezone(timedelta(seconds=clock.zone))).date()


def still_true(lines: Sequence[Line]) -> list[Line]:
    """Those that say that the server does not work, since it was started last."""
    kept: list[Line] = []
    for each in lines:
        if isinstance(each.fact, ServiceChanged) and each.fact.what in ("started", "reloaded"):
            kept.clear()
        text = told(each.fact) if each.fact is not None else None
        if text is not None and meant(text).rank == _DOES_NOT_WORK:
            kept.append(each)
    return kept
