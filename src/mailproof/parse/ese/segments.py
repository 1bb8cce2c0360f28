"""The segments of a log of version 8, in their order (logread.cxx: ErrLGCheckReadLastLogRecordFF).

A segment that was written last may stand a second time in the next place, so that a torn write can be told and put
right; what was never written is zeros, or what a former log left there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mailproof.model.ese import LogFlaw, Position
from mailproof.parse.ese.checksum import block_checksum, wrong_bit
from mailproof.parse.ese.logfile import Geometry
from mailproof.parse.ese.moments import position


class SegmentsRead(NamedTuple):
    flaw: LogFlaw
    segment: int
    """The first with the flaw; 0 for none."""
    segments: int
    """Sound ones that belong to this log."""
    content: str
    """The XOR of their checksums, as the next log remembers it; empty where the log is damaged."""


def read_segments(found: Iterable[bytes], geometry: Geometry) -> SegmentsRead:
    """`found` are all segments behind the header, of 4096 bytes each; one that is short is damaged."""
    scan = _Scan(geometry)
    current: bytes | None = None
    place = geometry.header_segments - 1
    for following in found:
        if current is not None and not scan.take(current, place, following):
            break
        # The last place of a log holds nothing but the second copy of the one before it.
        current, place = following, place + 1
        if place >= geometry.segments:
            break
    return scan.result()


class _Scan:
    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        self._flaw = LogFlaw.NONE
        self._segment = 0
        self._count = 0
        self._content = 0
        self._empty = False

    def take(self, segment: bytes, place: int, following: bytes) -> bool:
        """One segment and the one behind it; False where nothing more can be read."""
        sound = _sound(segment, place)
        if sound is None:
            return self._take_unsound(segment, place, following)
        where, here = position(segment, 8), Position(self._geometry.generation, place)
        if _order(where) < _order(here):
            self._empty = True
            return True
        if _order(where) > _order(here) or self._empty:
            return self._stop(LogFlaw.SEGMENT, place)
        if sound is _CORRECTED:
            self._note(LogFlaw.ONE_BIT, place)
        self._count += 1
        self._content ^= int.from_bytes(segment[:8], "little")
        return True

    def _take_unsound(self, segment: bytes, place: int, following: bytes) -> bool:
        if place != self._geometry.header_segments and _sound(segment, place - 1) is not None:
            self._empty = True  # the second copy of the one before it
            return True
        if self._geometry.zero_filled and not any(segment):
            self._empty = True
            return True
        if self._empty or _sound(following, place) is None:
            return self._stop(LogFlaw.SEGMENT, place)
        if _order(position(following, 8)) != _order(Position(self._geometry.generation, place)):
            return self._stop(LogFlaw.SEGMENT, place)
        self._note(LogFlaw.TORN, place)
        self._count += 1
        self._content ^= int.from_bytes(following[:8], "little")
        return True

    def _note(self, flaw: LogFlaw, place: int) -> None:
        """What replaying can live with; a torn write tells more than a bit."""
        if self._flaw is LogFlaw.NONE or (self._flaw is LogFlaw.ONE_BIT and flaw is LogFlaw.TORN):
            self._flaw, self._segment = flaw, place

    def _stop(self, flaw: LogFlaw, place: int) -> bool:
        self._flaw, self._segment = flaw, place
        return False

    def result(self) -> SegmentsRead:
        content = "" if self._flaw is LogFlaw.SEGMENT else f"0x{self._content:016x}"
        return SegmentsRead(self._flaw, self._segment, self._count, content)


_SOUND, _CORRECTED = "sound", "corrected"


def _sound(segment: bytes, number: int) -> str | None:
    """Whether the checksum is that of a segment of this number, as it is or with one bit put right; else None."""
    if len(segment) != 4096:
        return None
    stored, computed = int.from_bytes(segment[:8], "little"), block_checksum(segment, number)
    if stored == computed:
        return _SOUND
    return _CORRECTED if wrong_bit(len(segment), stored, computed) >= 0 else None


def _order(place: Position) -> tuple[int, int, int]:
    return place.generation, place.sector, place.offset
