"""`log summary`: a log counted, by several processes where it is long, each with a part of it.

What a part leaves open, messages of which the beginning is in the part before, is joined by queue id (`Tally.add`).
"""

from __future__ import annotations

import gc
import io
import os
import pickle
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from itertools import groupby, islice
from pathlib import Path

from mailproof.model.log_summary import LogSummary
from mailproof.parse.log.tally.count import LogCounter
from mailproof.parse.log.tally.summary import summary_of
from mailproof.parse.log.tally.tally import Period, Tally
from mailproof.run.log.files import day_of
from mailproof.run.log.parts import Part, blocks, blocks_of, last_line, parts_of

# Below this a process costs more than it saves.
_WORTH = 8 << 20
# Each process has the addresses of its part in memory; more of them than this have not been measured.
_MOST = 8
_SOME = 1000


class PartUnreadError(Exception):
    """A file cannot be read. Its cause is one of DAMAGED, NoZstdError or ValueError."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


def processes() -> int:
    """As many as this machine lets us run at once, within reason."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, _MOST)


def summary_of_files(paths: Sequence[Path], jobs: int, period: Period | None, top: int) -> LogSummary:
    """Of files in the order of time; at most `top` rows of each table, 0 for all. Raises PartUnreadError."""
    shares = 1
    if jobs > 1:
        with _naming(paths[0]):
            weight = sum(part.weight for part in parts_of(paths, 1)[0]) if paths else 0
        shares = max(min(jobs, weight // _WORTH), 1)
    with _naming(paths[0]):
        lists = parts_of(paths, shares)
    with _without_collector():
        tally = (
            _together(lists, period) if len(lists) > 1 else _counted(lists[0] if lists else [], period, first=True)
        )
        return summary_of(tally.tables, top)


def summary_of_stream(file: io.BufferedIOBase, today: date, period: Period | None, top: int) -> LogSummary:
    """Of standard input, or what else can only be read once."""
    with _without_collector():
        tally = Tally()
        counter = LogCounter(tally, today, period)
        for block in blocks(file):
            counter.count(block)
        return summary_of(tally.tables, top)


def summary_of_lines(lines: Iterable[bytes], today: date, period: Period | None, top: int) -> LogSummary:
    """Of lines that come one by one, each with its end, as from the journal."""
    tally = Tally()
    counter = LogCounter(tally, today, period)
    waiting = iter(lines)
    while some := list(islice(waiting, _SOME)):
        counter.count(b"".join(some))
    return summary_of(tally.tables, top)


def _counted(parts: Sequence[Part], period: Period | None, *, first: bool) -> Tally:
    tally = Tally(first=first)
    for path, ranges in groupby(parts, lambda part: part.path):
        with _naming(path):
            counter = LogCounter(tally, day_of(path), period)
            for part in ranges:
                counter.foresee(last_line(part))
                for block in blocks_of(part):
                    counter.count(block)
    return tally


def _together(lists: Sequence[Sequence[Part]], period: Period | None) -> Tally:
    """The first list here, each other in a process of its own."""
    children = [_Child(parts, period) for parts in lists[1:]]
    try:
        tally = _counted(lists[0], period, first=True)
        for child in children:
            tally.add(child.result())
        return tally
    finally:
        for child in children:
            child.end()


class _Child:
    """A process that counts a list of parts."""

    def __init__(self, parts: Sequence[Part], period: Period | None) -> None:
        ours, theirs = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            # Whatever happens, nothing of the parent's is run to its end here.
            try:
                os.close(ours)
                with suppress(KeyboardInterrupt), os.fdopen(theirs, "wb") as out:
                    out.write(_answer(parts, period))
            finally:
                os._exit(0)
        os.close(theirs)
        self._file = os.fdopen(ours, "rb")

    def result(self) -> Tally:
        """Raises PartUnreadError, or RuntimeError where the process has ended before its time."""
        try:
            told = pickle.load(self._file)
        except (EOFError, pickle.UnpicklingError):
            raise RuntimeError("a process that counted a part of the log has ended") from None
        if isinstance(told, Tally):
            return told
        path, cause = told
        raise PartUnreadError(path) from cause

    def end(self) -> None:
        """It is over, or it is ended."""
        self._file.close()
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


def _answer(parts: Sequence[Part], period: Period | None) -> bytes:
    try:
        return pickle.dumps(_counted(parts, period, first=False), pickle.HIGHEST_PROTOCOL)
    except PartUnreadError as error:
        return pickle.dumps((error.path, error.__cause__))


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Which file it was that cannot be read."""
    from mailproof.run.log.packed import DAMAGED

    try:
        yield
    except (*DAMAGED, ValueError) as error:
        named = getattr(error, "filename", None)
        raise PartUnreadError(Path(named) if isinstance(named, str) else path) from error


@contextmanager
def _without_collector() -> Iterator[None]:
    """Counting makes no cycles, and looking for some among a million small lists takes a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
