"""Reads the files of ESE databases in pieces, so that what they hold is never all in memory."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from mailproof.model.ese import BadPage, EseCheckpoint, EseDatabase, EseLog, EsePages, LogFlaw, PageFlaw, PagesRead
from mailproof.parse.ese.checkpoint import CHECKPOINT, read_checkpoint
from mailproof.parse.ese.header import HEAD, PAGE_SIZES, read_database
from mailproof.parse.ese.logfile import CORRUPT, LOG_HEADER, SEGMENT, Geometry, read_log
from mailproof.parse.ese.names import file_name
from mailproof.parse.ese.page import Suspects, bad_pages, quickest, suspects_by_hand
from mailproof.parse.ese.records import LONGEST, chain
from mailproof.parse.ese.segments import read_segments
from mailproof.run.regular_file import Opened, opened

Progress = Callable[[int], None]
"""Told of bytes as they are read."""

# A multiple of every size of a page and of a segment; a log of Exchange is as long.
_PIECE = 1 << 20
# Importing numpy costs more than this many bytes without it.
_WORTH_NUMPY = 32 << 20
# As many as are kept of each kind; how many there are is always said.
_MOST_BAD = 32


def database(path: Path) -> EseDatabase:
    """Raises OSError."""
    with opened(path) as file:
        return read_database(str(path), file.size, file.read(0, HEAD))


def checkpoint(path: Path) -> EseCheckpoint:
    """Raises OSError."""
    with opened(path) as file:
        return read_checkpoint(str(path), file.size, file.read(0, CHECKPOINT))


def log(path: Path, progress: Progress) -> EseLog:
    """With its segments verified. What cannot be read is a flaw of it, for then it cannot be replayed either."""
    name = file_name(path.name)
    try:
        with opened(path) as file:
            found, geometry = read_log(str(path), path.name, file.size, file.read(0, LOG_HEADER))
            if geometry is None:
                progress(file.size)
                return _by_records(found, file) if found.flaw is LogFlaw.UNVERIFIED else found
            read = read_segments(_segments(file, geometry, progress), geometry)
    except OSError:
        return EseLog(str(path), stem=name.stem, number=name.number, flaw=LogFlaw.UNREADABLE)
    changes = {"segments": read.segments, "content": read.content}
    if read.flaw is LogFlaw.NONE or (found.flaw is not LogFlaw.NONE and read.flaw is not LogFlaw.SEGMENT):
        return msgspec.structs.replace(found, **changes)
    error = CORRUPT if read.flaw is LogFlaw.SEGMENT else found.error
    return msgspec.structs.replace(found, **changes, flaw=read.flaw, segment=read.segment, error=error)


def _by_records(found: EseLog, file: Opened) -> EseLog:
    """A log of the former format, proven sound where the chain of its checksums holds from end to end."""
    if file.size > LONGEST or not (count := chain(file.read(0, LONGEST), found.generation)):
        return found
    return msgspec.structs.replace(found, flaw=LogFlaw.NONE, segments=count)


def _segments(file: Opened, geometry: Geometry, progress: Progress) -> Iterator[bytes]:
    at = geometry.header_segments * SEGMENT
    while piece := file.read(at, _PIECE):
        for start in range(0, len(piece), SEGMENT):
            yield piece[start : start + SEGMENT]
        at += len(piece)
        progress(len(piece))


def pages(path: Path, page_size: int, progress: Progress, suspects: Suspects | None = None) -> EsePages:
    """The checksums of all pages behind the two of the header. `suspects` is chosen by the size of the file."""
    if page_size not in PAGE_SIZES:
        return EsePages(str(path), PagesRead.NO_SIZE)
    try:
        with opened(path) as file:
            if suspects is None:
                suspects = quickest() if file.size >= _WORTH_NUMPY else suspects_by_hand
            return _pages(path, file, page_size, progress, suspects)
    except OSError as error:
        return EsePages(str(path), PagesRead.UNREADABLE, page_size, detail=error.strerror or "")


def _pages(path: Path, file: Opened, page_size: int, progress: Progress, suspects: Suspects) -> EsePages:
    count, unused = 0, 0
    counts: Counter[PageFlaw] = Counter()
    bad: list[BadPage] = []
    room = memoryview(bytearray(_PIECE))
    at = 2 * page_size
    while length := os.preadv(file.number, [room], at):
        whole = length - length % page_size
        if not whole:
            break
        for page in bad_pages(room[:whole], page_size, at // page_size - 1, suspects):
            if page is None:
                unused += 1
                continue
            counts[page.flaw] += 1
            if counts[page.flaw] <= _MOST_BAD:
                bad.append(page)
        count += whole // page_size
        at += whole
        progress(whole)
    rest = max(file.size - at, 0) if file.size > 2 * page_size else 0
    return EsePages(str(path), PagesRead.VERIFIED, page_size, count, unused, dict(counts), tuple(bad), rest)
