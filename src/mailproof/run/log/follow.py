"""A log as it grows: files over rotation and truncation, pipes, standard input, the journal."""

from __future__ import annotations

import errno
import os
import select
import stat
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

# As tail -f does without inotify: looked at so often. A file does not tell when it grows.
_PAUSE = 0.2
_BLOCK = 1 << 16
# A line that does not end is shown in pieces, as run/log/packed.py reads it.
_LONGEST = 1 << 16
# However much has come at once, so many blocks are read before what they hold is shown: a burst needs no more memory.
_BLOCKS = 16


class Growing(Protocol):
    """A source of lines. Reading does not wait."""

    descriptor: int | None
    """To wait for; None for what must be looked at."""
    ended: bool
    """Nothing more comes."""
    more: bool
    """There is more already."""

    def read(self) -> list[bytes]: ...
    def close(self) -> None: ...


class _Lines:
    """Octets to lines; one that is too long comes in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, data: bytes) -> list[bytes]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [*lines, *self.rest()] if len(self._rest) > _LONGEST else lines

    def rest(self) -> list[bytes]:
        rest, self._rest = self._rest, b""
        return [rest] if rest else []


class GrowingFile:
    """The whole lines that have come since it was last looked at; the last `lines` of what is there at first.

    When another file has taken the name, the rest of the old one comes first. One that has become shorter is read
    anew from its beginning; one that is not there is waited for. Raises OSError where it is not there at first.
    """

    def __init__(self, path: Path, lines: int) -> None:
        self._path = path
        self._file: int | None = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._lines = _Lines()
        self.descriptor: int | None = None
        self.ended = self.more = False
        try:
            self._go_to_last(self._file, lines)
        except OSError:
            self.close()
            raise

    def read(self) -> list[bytes]:
        lines = self._grown()
        if self.more:
            return lines
        try:
            now = self._path.stat()
        except OSError:
            return lines  # between rename and create
        if self._file is not None:
            mine = os.fstat(self._file)
            if (mine.st_dev, mine.st_ino) == (now.st_dev, now.st_ino):
                if now.st_size < os.lseek(self._file, 0, os.SEEK_CUR):
                    os.lseek(self._file, 0, os.SEEK_SET)
                    lines += [*self._lines.rest(), *self._grown()]
                return lines
            lines += self._grown()  # what was written until the new one was there
            if self.more:
                return lines
            self.close()
        lines += self._lines.rest()
        with suppress(OSError):
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        return lines + self._grown()

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _grown(self) -> list[bytes]:
        self.more = False
        lines: list[bytes] = []
        if self._file is None:
            return lines
        for _ in range(_BLOCKS):
            data = os.read(self._file, _BLOCK)
            if not data:
                return lines
            lines += self._lines.take(data)
        self.more = True
        return lines

    def _go_to_last(self, file: int, lines: int) -> None:
        """To where so many lines are left, looking from the end."""
        at = size = os.fstat(file).st_size
        found = b""
        while at and found.count(b"\n") <= lines and len(found) < 1000 * _LONGEST:
            at = max(at - _BLOCK, 0)
            found = os.pread(file, min(_BLOCK, size - at - len(found)), at) + found
        ends = [place for place, octet in enumerate(found) if octet == 10]
        if not lines:
            at += ends[-1] + 1 if ends else 0
        elif len(ends) > lines:
            at += ends[-lines - 1] + 1
        os.lseek(file, at, os.SEEK_SET)


class GrowingStream:
    """The same of a pipe: standard input, a program's output, a FIFO. `ended` when nothing more comes."""

    def __init__(self, descriptor: int, *, ours: bool = False) -> None:
        """`ours`: it is closed with the stream."""
        self.descriptor: int | None = descriptor
        self.ended = self.more = False
        self._file, self._ours = descriptor, ours
        self._lines = _Lines()

    def read(self) -> list[bytes]:
        lines: list[bytes] = []
        self.more = False
        for _ in range(_BLOCKS):
            if self.ended or not select.select([self._file], [], [], 0)[0]:
                return lines
            data = os.read(self._file, _BLOCK)
            self.ended = not data
            lines += self._lines.take(data) if data else self._lines.rest()
        self.more = not self.ended
        return lines

    def close(self) -> None:
        if self._ours:
            os.close(self._file)
            self._ours = False


def growing(path: Path, lines: int) -> Growing:
    """Of a file, or of a pipe. A FIFO that has a name is open for good, for its writers come and go; the pipe of a
    shell's `<(…)` ends with its writer. Raises OSError.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISFIFO(mode):
        return GrowingFile(path, lines)
    # Linux lets a FIFO be opened both ways (fifo(7)): so there is a writer always, and its end is never read.
    named = Path(os.path.realpath(path)).exists() and os.access(path, os.W_OK)
    return GrowingStream(os.open(path, (os.O_RDWR if named else os.O_RDONLY) | os.O_CLOEXEC), ours=True)


def grown(sources: Sequence[Growing]) -> Iterator[list[bytes]]:
    """New lines, as they come, and an empty list whenever there were none for a while. Ends with the last source."""
    left = list(sources)
    while left:
        yield [line for source in left for line in source.read()]
        left = [source for source in left if not source.ended]
        if not left or any(source.more for source in left):
            continue
        waiting = [source.descriptor for source in left if source.descriptor is not None]
        select.select(waiting, [], [], None if len(waiting) == len(left) else _PAUSE)


def journal_as_it_grows(command: Sequence[str], lines: int) -> subprocess.Popen[bytes]:
    """journalctl, which goes on; end it. Raises OSError."""
    whole = (*command, "--follow", "--lines", str(lines))
    return subprocess.Popen(whole, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
