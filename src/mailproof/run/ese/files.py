"""Finds the files of ESE databases: nothing is written, locked or made there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from mailproof.model.failure import UsageError
from mailproof.parse.ese.checksum import stored_word
from mailproof.parse.ese.header import FILE_TYPE_AT, FILE_TYPE_FLUSH_MAP, HEAD, looks_like_database
from mailproof.parse.ese.logfile import LOG_HEADER, looks_like_log
from mailproof.parse.ese.names import FileKind, file_name, often_a_database
from mailproof.run.regular_file import NotRegular, opened

# A folder of Exchange has logs by the thousand, whose names tell what they are; of what has another name this many
# are looked into.
_MOST_UNNAMED = 1000
# A server of Exchange mounts at most 100 databases, each with a folder of its own (Enterprise Edition); a member of a
# DAG may hold passive copies among these.
_MOST_FOLDERS = 200
# As many folders as a sentence names.
_NAMED = 6

_Kinds = dict[FileKind, dict[Path, None]]


class Found(NamedTuple):
    """Files by what they are, in the order of their names."""

    databases: tuple[Path, ...]
    logs: tuple[Path, ...]
    checkpoints: tuple[Path, ...]


def find(places: tuple[Path, ...]) -> Found:
    """What there is at these places: folders (not those below them) and files.

    A file that is named is what it is by its name, else by its content. Logs of a database that is named are looked
    for beside it, unless others are named that lie beside no database. Raises UsageError for a place that is not
    there, where there is nothing of the kind, or only below it.
    """
    kinds, spelt = _none(), _Spelt()
    named: dict[Path, None] = {}
    for place in places:
        if place.is_dir():
            _look_into_named(spelt.folder(place), kinds)
        elif place.exists():
            if not place.is_file():
                raise UsageError("ese-no-file", file=str(place))
            path = spelt.folder(place.parent) / place.name
            kind = _named_kind(path)
            kinds[kind][path] = None
            if kind is FileKind.DATABASE:
                named[path] = None
        else:
            raise UsageError("ese-not-there", file=str(place))
    _look_beside(named, kinds)
    if not _holds_some(kinds):
        raise UsageError("ese-nothing", file=str(places[0]))
    in_order = {kind: tuple(sorted(paths)) for kind, paths in kinds.items()}
    return Found(
        in_order[FileKind.DATABASE],
        in_order[FileKind.LOG],
        in_order[FileKind.CHECKPOINT],
    )


class _Spelt:
    """Folders as they were named first: what lies in one folder is known by that."""

    def __init__(self) -> None:
        self._first: dict[str, Path] = {}

    def folder(self, path: Path) -> Path:
        return self._first.setdefault(os.path.realpath(path), path)


def _none() -> _Kinds:
    return {kind: {} for kind in FileKind}


def _look_into_named(folder: Path, kinds: _Kinds) -> None:
    """Exchange has a folder for each database, below one for all: who names that is told the others."""
    here = _none()
    _look_into(folder, here)
    if not _holds_some(here) and (below := list(_below(folder))):
        more = ("…",) if len(below) > _NAMED else ()
        raise UsageError("ese-below", file=str(folder), folders=(*map(str, below[:_NAMED]), *more))
    for kind, paths in here.items():
        kinds[kind].update(paths)


def _holds_some(kinds: _Kinds) -> bool:
    return bool(kinds[FileKind.DATABASE] or kinds[FileKind.LOG])


def _below(folder: Path) -> Iterator[Path]:
    """Folders in it that hold databases or logs; one that may not be read holds none that can be told."""
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if _is(entry.is_dir))
    for name in names[:_MOST_FOLDERS]:
        kinds = _none()
        try:
            _look_into(folder / name, kinds)
        except UsageError:
            continue
        if _holds_some(kinds):
            yield folder / name


def _named_kind(path: Path) -> FileKind:
    """Of a file that is named. Raises UsageError for one that is nothing of the kind, or cannot be read."""
    kind = file_name(path.name).kind
    if kind is not FileKind.OTHER:
        return kind
    try:
        kind = _by_content(path)
    except NotRegular:
        raise UsageError("ese-no-file", file=str(path)) from None
    except OSError as error:
        raise UsageError("ese-unreadable", file=str(path), why=error.strerror or "") from None
    if kind is not FileKind.OTHER:
        return kind
    if often_a_database(path.name) and _logs_beside(path):
        return FileKind.DATABASE  # of which nothing is left that tells
    raise UsageError("ese-no-such-content", file=str(path))


def _logs_beside(path: Path) -> bool:
    try:
        with os.scandir(path.parent) as entries:
            return any(file_name(entry.name).kind is FileKind.LOG for entry in entries)
    except OSError:
        return False


def _look_beside(named: dict[Path, None], kinds: _Kinds) -> None:
    homes = {path.parent for path in kinds[FileKind.DATABASE]}
    with_logs = {path.parent for path in kinds[FileKind.LOG]}
    if with_logs - homes:
        return
    for folder in dict.fromkeys(path.parent for path in named if path.parent not in with_logs):
        beside = _none()
        _look_into(folder, beside)
        for kind in (FileKind.LOG, FileKind.CHECKPOINT):
            kinds[kind].update(beside[kind])


def _look_into(folder: Path, kinds: _Kinds) -> None:
    unnamed = 0
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if _is(entry.is_file))
    except OSError as error:
        raise UsageError("ese-unreadable", file=str(folder), why=error.strerror or "") from None
    for name in names:
        kind = file_name(name).kind
        if kind is FileKind.OTHER and unnamed < _MOST_UNNAMED:
            unnamed += 1
            try:
                kind = _by_content(folder / name)
            except OSError:
                continue
        if kind is not FileKind.OTHER:
            kinds[kind][folder / name] = None


def _is(kind: Callable[[], bool]) -> bool:
    """What a link leads to cannot always be told: it can lead to itself."""
    try:
        return kind()
    except OSError:
        return False


def _by_content(path: Path) -> FileKind:
    """A database can have any name (`SRUDB.dat`), and a log that was renamed is still one. Raises OSError."""
    with opened(path) as file:
        head = file.read(0, HEAD)
    if looks_like_log(head[:LOG_HEADER]):
        return FileKind.LOG
    is_map = stored_word(head, FILE_TYPE_AT) == FILE_TYPE_FLUSH_MAP
    return FileKind.DATABASE if looks_like_database(head) and not is_map else FileKind.OTHER
