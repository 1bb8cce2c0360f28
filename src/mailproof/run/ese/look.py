"""Looks at databases of Exchange and their logs, and keeps what it sees in a record; judges nothing.

A record of files has one attempt for each set of logs and the databases beside it, and no connection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import msgspec

import mailproof
from mailproof.model.attempt import Job, Skipped
from mailproof.model.ese import EseCheckpoint, EseDatabase, EseLog, EsePages, PagesRead, Signature
from mailproof.model.failure import UsageError
from mailproof.model.observation import AnyObservation
from mailproof.model.paths import bare, told_apart
from mailproof.model.record import Attempt, Record
from mailproof.parse.ese.sequence import linked, main_signature, same
from mailproof.run.ese import read
from mailproof.run.ese.files import Found, find
from mailproof.run.ese.sets import checkpoints_of, homes, sets_of, with_renamed
from mailproof.run.regular_file import NotRegular, opened

Bytes = Callable[[int, int], None]
"""Told how many bytes are read, of how many."""


def examine(places: Sequence[Path], progress: Bytes, *, with_pages: bool = True) -> Record:
    """Read everything at these places. Raises UsageError where there is nothing to read."""
    began, started = monotonic(), datetime.now(UTC)
    found = find(tuple(places))
    counter = _Counter(progress, _total(found, with_pages))
    databases = [_database(path) for path in found.databases]
    logs = [read.log(path, counter.add) for path in found.logs]
    checkpoints = [checkpoint for path in found.checkpoints if (checkpoint := _checkpoint(path)) is not None]
    pages = [
        read.pages(path, database.page_size, counter.add) if with_pages else EsePages(str(path), PagesRead.NOT_ASKED)
        for path, database in zip(found.databases, databases, strict=True)
    ]
    attempts = attempts_of(databases, logs, checkpoints, pages)
    return Record(started, attempts=attempts, seconds=monotonic() - began, mailproof=mailproof.__version__)


def attempts_of(
    databases: Sequence[EseDatabase],
    logs: Sequence[EseLog],
    checkpoints: Sequence[EseCheckpoint] = (),
    pages: Sequence[EsePages] = (),
) -> tuple[Attempt, ...]:
    """One for each set of logs, with the databases that belong to it; one for each database without logs."""
    sets, attempts = sets_of(logs), []
    settled = homes(databases, sets)
    sets = with_renamed(databases, settled, sets)
    for key, members in sets.items():
        here = [database for database, home in zip(databases, settled, strict=True) if home == key]
        belongs = next((each.log_signature for each in here if each.log_signature.there), Signature())
        # Files that are logs by their content alone are a row only where a database has no others.
        chain = linked(members, _reference(belongs, members)) if key.stem or here else tuple(members)
        points = checkpoints_of(key, here, checkpoints, databases, sets)
        attempts.append(_attempt([_placed(each, chain) for each in here], chain, points, pages))
    alone = (database for database, home in zip(databases, settled, strict=True) if home is None)
    attempts += [_attempt([each], (), (), pages) for each in alone]
    return tuple(attempts)


def _reference(belongs: Signature, logs: Sequence[EseLog]) -> Signature:
    """Of which signature the logs are to be: that of most of them, where none has the database's."""
    if belongs.there and any(same(log.signature, belongs) for log in logs):
        return belongs
    return main_signature(logs)


def _placed(database: EseDatabase, logs: Sequence[EseLog]) -> EseDatabase:
    """With its path on the server, and that of its logs, where these tell."""
    name = bare(database.file).lower()
    for log in reversed(logs):
        path = next((path for path in log.databases if bare(path).lower() == name), "")
        if path:
            return msgspec.structs.replace(database, computer_path=path, log_folder=log.log_folder)
    return database


def _attempt(
    databases: Sequence[EseDatabase],
    logs: Sequence[EseLog],
    checkpoints: Sequence[EseCheckpoint],
    pages: Sequence[EsePages],
) -> Attempt:
    files = {database.file for database in databases}
    called = told_apart(each.file for each in pages)
    seen: list[AnyObservation] = [*databases, *logs, *checkpoints, *(each for each in pages if each.file in files)]
    skipped = tuple(
        Skipped("ese-pages-whole", "pages-not-asked", params={"file": called(each.file)})
        for each in pages
        if each.file in files and each.outcome is PagesRead.NOT_ASKED
    )
    return Attempt(Job.EXAMINE, observations=tuple(seen), skipped=skipped)


def _database(path: Path) -> EseDatabase:
    try:
        return read.database(path)
    except NotRegular:
        raise UsageError("ese-no-file", file=str(path)) from None
    except OSError as error:
        raise UsageError("ese-unreadable", file=str(path), why=error.strerror or "") from None


def _checkpoint(path: Path) -> EseCheckpoint | None:
    try:
        return read.checkpoint(path)
    except OSError:
        return None  # without it, replaying begins with the first log that there is


def _total(found: Found, with_pages: bool) -> int:
    total = 0
    for path in (*found.logs, *(found.databases if with_pages else ())):
        try:
            with opened(path) as file:
                total += file.size
        except OSError:
            continue
    return total


class _Counter:
    def __init__(self, progress: Bytes, of: int) -> None:
        self._progress, self._done, self._of = progress, 0, of

    def add(self, count: int) -> None:
        self._done = min(self._done + count, self._of)
        self._progress(self._done, self._of)
