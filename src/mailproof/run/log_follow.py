"""A log as it grows: files over rotation and truncation, standard input, the journal."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

# As tail -f does without inotify: looked at so often. A file does not tell when it grows.
_PAUSE = 0.2
_BLOCK = 1 << 16
# A line that does not end is shown in pieces, as run/log_packed.py reads it.
_LONGEST = 1 << 16


class GrowingFile:
    """The whole lines that have come since it was last looked at; the last `lines` of what is there at first.

    When another file has taken the name, the rest of the old one comes first. One that has become shorter is read
    anew from its beginning; one that is not there is waited for. Raises OSError where it is not there at first.
    """

    def __init__(self, path: Path, lines: int) -> None:
        self._path = path
        self._file: IO[bytes] | None = path.open("rb", buffering=0)
        self._rest = b""
        self._go_to_last(lines)

    def read(self) -> list[bytes]:
        lines = self._grown()
        try:
            now = self._path.stat()
        except OSError:
            return lines  # between rename and create
        if self._file is not None:
            mine = os.fstat(self._file.fileno())
            if (mine.st_dev, mine.st_ino) == (now.st_dev, now.st_ino):
                if now.st_size < self._file.tell():
                    self._file.seek(0)
                    lines += [*self._last_of_it(), *self._grown()]
                return lines
            lines += self._grown()  # what was written until the new one was there
            self._file.close()
        with suppress(OSError):
            self._file = None
            self._file = self._path.open("rb", buffering=0)
        return [*lines, *self._last_of_it(), *self._grown()]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _grown(self) -> list[bytes]:
        if self._file is None:
            return []
        lines: list[bytes] = []
        while data := self._file.read(_BLOCK):
            *whole, self._rest = (self._rest + data).split(b"\n")
            lines += whole
            if len(self._rest) > _LONGEST:
                lines += self._last_of_it()
        return lines

    def _last_of_it(self) -> list[bytes]:
        rest, self._rest = self._rest, b""
        return [rest] if rest else []

    def _go_to_last(self, lines: int) -> None:
        """To where so many lines are left, looking from the end."""
        file = self._file
        if file is None:
            return
        at = size = os.fstat(file.fileno()).st_size
        found = b""
        while at and found.count(b"\n") <= lines and len(found) < 1000 * _LONGEST:
            at = max(at - _BLOCK, 0)
            file.seek(at)
            found = file.read(min(_BLOCK, size - at - len(found))) + found
        ends = [place for place, octet in enumerate(found) if octet == 10]
        if not lines:
            file.seek(at + (ends[-1] + 1 if ends else 0))
        elif len(ends) > lines:
            file.seek(at + ends[-lines - 1] + 1)
        else:
            file.seek(at)


class GrowingStream:
    """The same of a pipe: standard input, a program's output. `ended` when nothing more comes."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.ended = False
        self._rest = b""

    def read(self) -> list[bytes]:
        """Does not wait."""
        lines: list[bytes] = []
        while not self.ended and select.select([self.descriptor], [], [], 0)[0]:
            data = os.read(self.descriptor, _BLOCK)
            if not data:
                self.ended = True
                if self._rest:
                    lines.append(self._rest)
                break
            *whole, self._rest = (self._rest + data).split(b"\n")
            lines += whole
            if len(self._rest) > _LONGEST:
                lines.append(self._rest)
                self._rest = b""
        return lines


def grown(files: Sequence[GrowingFile], stream: GrowingStream | None) -> Iterator[list[bytes]]:
    """New lines, as they come, and an empty list whenever there were none for a while. Ends with the stream alone."""
    while True:
        lines = [line for file in files for line in file.read()]
        if stream is not None:
            lines += stream.read()
        yield lines
        if stream is not None and stream.ended:
            if not files:
                return
            stream = None
        waiting = [stream.descriptor] if stream is not None else []
        select.select(waiting, [], [], _PAUSE if files or not waiting else None)


def journal_as_it_grows(command: Sequence[str], lines: int) -> subprocess.Popen[bytes]:
    """journalctl, which goes on; end it. Raises OSError."""
    whole = (*command, "--follow", "--lines", str(lines))
    return subprocess.Popen(whole, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
