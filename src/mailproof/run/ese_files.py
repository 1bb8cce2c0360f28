"""Finds the files of ESE databases and opens them for reading alone: nothing is written, locked or made there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mailproof.model.failure import UsageError
from mailproof.parse.ese.checksum import stored_word
from mailproof.parse.ese.header import FILE_TYPE_AT, FILE_TYPE_FLUSH_MAP, HEAD, looks_like_database
from mailproof.parse.ese.logfile import LOG_HEADER, looks_like_log
from mailproof.parse.ese.names import FileKind, file_name

# A folder of Exchange has logs by the thousand, whose names tell what they are; of what has another name this many
# are looked into.
_MOST_UNNAMED = 1000


class Opened(NamedTuple):
    """A regular file, open for reading."""

    number: int
    """The file descriptor."""
    size: int

    def read(self, at: int, length: int) -> bytes:
        """Up to `length` bytes; fewer where the file ends. Raises OSError."""
        return os.pread(self.number, length, at)


class Found(NamedTuple):
    """Files by what they are, in the order of their names."""

    databases: tuple[Path, ...]
    logs: tuple[Path, ...]
    checkpoints: tuple[Path, ...]


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Raises OSError for what cannot be opened, or is no regular file: a pipe would keep us waiting."""
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        about = os.fstat(number)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(0, "not a regular file")
        yield Opened(number, about.st_size)
    finally:
        os.close(number)


def find(places: tuple[Path, ...]) -> Found:
    """What there is at these places: folders (not those below them) and files.

    A file that is named is what it is by its name, else a database. Where only databases are named, their logs are
    looked for beside them. Raises UsageError for a place that is not there, or where there is nothing of the kind.
    """
    kinds: dict[FileKind, dict[Path, None]] = {kind: {} for kind in FileKind}
    for place in places:
        if place.is_dir():
            _look_into(place, kinds)
        elif place.exists():
            kind = file_name(place.name).kind
            kinds[FileKind.DATABASE if kind is FileKind.OTHER else kind][place] = None
        else:
            raise UsageError("ese-not-there", file=str(place))
    if kinds[FileKind.DATABASE] and not (kinds[FileKind.LOG] or any(place.is_dir() for place in places)):
        for folder in dict.fromkeys(path.parent for path in kinds[FileKind.DATABASE]):
            beside: dict[FileKind, dict[Path, None]] = {kind: {} for kind in FileKind}
            _look_into(folder, beside)
            for kind in (FileKind.LOG, FileKind.CHECKPOINT):
                kinds[kind].update(beside[kind])
    if not (kinds[FileKind.DATABASE] or kinds[FileKind.LOG] or kinds[FileKind.CHECKPOINT]):
        raise UsageError("ese-nothing", file=str(places[0]))
    in_order = {kind: tuple(sorted(paths)) for kind, paths in kinds.items()}
    return Found(
        in_order[FileKind.DATABASE],
        in_order[FileKind.LOG],
        in_order[FileKind.CHECKPOINT],
    )


def _look_into(folder: Path, kinds: dict[FileKind, dict[Path, None]]) -> None:
    unnamed = 0
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_file())
    except OSError as error:
        raise UsageError("ese-unreadable", file=str(folder), why=error.strerror or "") from None
    for name in names:
        kind = file_name(name).kind
        if kind is FileKind.OTHER and unnamed < _MOST_UNNAMED:
            unnamed += 1
            kind = _by_content(folder / name)
        if kind is not FileKind.OTHER:
            kinds[kind][folder / name] = None


def _by_content(path: Path) -> FileKind:
    """A database can have any name (`SRUDB.dat`), and a log that was renamed is still one."""
    try:
        with opened(path) as file:
            head = file.read(0, HEAD)
    except OSError:
        return FileKind.OTHER
    if looks_like_log(head[:LOG_HEADER]):
        return FileKind.LOG
    is_map = stored_word(head, FILE_TYPE_AT) == FILE_TYPE_FLUSH_MAP
    return FileKind.DATABASE if looks_like_database(head) and not is_map else FileKind.OTHER
