"""Lines out of a stream of bytes: tolerant of their ends, exact about their offsets, bounded in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from mailproof.model.transcript import Deviation, DeviationKind


class Line(msgspec.Struct, frozen=True):
    data: bytes
    """Without its end; cut at the limit of the reader."""
    offset: int
    """Of its first byte, counted from the beginning of the connection."""
    length: int
    """In bytes as received, its end included; larger than `data` where it was cut."""
    deviations: tuple[Deviation, ...] = ()


class LineReader:
    """Cuts received bytes into lines that end with LF, and notes what is wrong with each.

    A line longer than `limit` is cut, its rest is counted and thrown away. `offset` is where its first byte stands,
    for a reader that takes over after another one.
    """

    def __init__(self, limit: int, offset: int = 0) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0
        self._offset = offset
        self._dropped = 0

    @property
    def offset(self) -> int:
        """Of the first byte that has not been handed out."""
        return self._offset

    @property
    def pending(self) -> bytes:
        """Bytes that are no whole line yet."""
        return bytes(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def lines(self) -> Iterator[Line]:
        """Whole lines, as long as there are any; the caller may stop early and `take` bytes instead."""
        while (line := self.next_line()) is not None:
            yield line

    def next_line(self, limit: int | None = None) -> Line | None:
        """The next whole line, cut at `limit` or else at the reader's own; None if there is none."""
        limit = self._limit if limit is None else limit
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            self._shorten(limit)
            self._searched = len(self._buffer)
            return None
        raw = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        self._searched = 0
        return self._finish(raw, limit)

    def take(self, count: int) -> bytes:
        """Up to `count` bytes as they are, for literals and chunks."""
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._offset += len(data)
        self._searched = 0
        return data

    def end(self) -> Line | None:
        """What was left without an end when the connection ended, as a line of its own."""
        if not self._buffer and not self._dropped:
            return None
        raw = bytes(self._buffer)
        self._buffer.clear()
        self._searched = 0
        return self._finish(raw, self._limit)

    def _shorten(self, limit: int) -> None:
        """Keep one byte more than the limit, so that a CR before a late LF is still known."""
        surplus = len(self._buffer) - (limit + 1)
        if surplus > 0:
            del self._buffer[limit : limit + surplus]
            self._dropped += surplus

    def _finish(self, raw: bytes, limit: int) -> Line:
        offset, dropped = self._offset, self._dropped
        length = len(raw) + dropped
        self._offset += length
        self._dropped = 0
        body = raw.removesuffix(b"\n")
        found: list[Deviation] = []
        if len(body) != len(raw):
            if body.endswith(b"\r"):
                body = body[:-1]
            else:
                found.append(Deviation(DeviationKind.BARE_LF, offset + length - 1))
        cut = len(body) > limit or dropped > 0
        if cut:
            found.append(Deviation(DeviationKind.LINE_TOO_LONG, offset, f"{length} bytes"))
            body = body[:limit]
        found += _odd_bytes(body, offset, cut)
        return Line(body, offset, length, tuple(found))


_ODD = re.compile(rb"[^\t\x20-\x7e]")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x0c\x0e-\x1f\x7f]")


def _odd_bytes(body: bytes, offset: int, cut: bool) -> Iterator[Deviation]:
    if _ODD.search(body) is None:
        return
    if (at := body.find(b"\r")) >= 0:
        yield Deviation(DeviationKind.BARE_CR, offset + at)
    if (control := _CONTROL.search(body)) is not None:
        yield Deviation(DeviationKind.CONTROL_BYTE, offset + control.start(), f"0x{control[0][0]:02x}")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        if cut and error.end == len(body) and error.reason == "unexpected end of data":
            return  # the limit fell inside a character: our doing, not the peer's
        yield Deviation(DeviationKind.EIGHT_BIT, offset + error.start)
