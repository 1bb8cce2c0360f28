"""Lines with the literals inside them (RFC 3501 4.3, RFC 7888, literal8 of RFC 3516), put together in bounds."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.wire.lines import Line, LineReader

LARGEST = 2**32 - 1
"""RFC 3501 section 9: a number is an unsigned 32-bit integer. More is announced by nobody who will send it."""

KEEP = 2**20
"""Bytes of literals kept of one line: no message that proves a delivery is larger, a hostile one costs no more."""

_MOST_OF_A_KIND = 4
"""Deviations of one whole line: a thousand literals, each after a bare LF, say no more than four of them."""

_QUOTED = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


class Literal(msgspec.Struct, frozen=True):
    data: bytes
    """Cut where the line had no room for more."""
    size: int
    """As announced."""
    marker: bytes
    """As it stood on the wire: `{5}`, `{5+}`, `~{5}`."""
    synchronising: bool = True
    """The sender waits for a continuation before it sends the bytes."""


class Whole(msgspec.Struct, frozen=True):
    """A line to its very end, over all its literals."""

    pieces: tuple[bytes | Literal, ...]
    """Text without line ends and literals in turn."""
    offset: int
    length: int
    """In bytes as received, the last line end included."""
    deviations: tuple[Deviation, ...]
    dropped: bool = False
    """Something of it was thrown away."""

    @property
    def text(self) -> bytes:
        """The line with the markers of its literals, without their bytes."""
        return b"".join(p.marker if isinstance(p, Literal) else p for p in self.pieces)

    @property
    def data(self) -> bytes:
        """The line with its literals, each marker followed by CRLF as on the wire."""
        return b"".join(p.marker + b"\r\n" + p.data if isinstance(p, Literal) else p for p in self.pieces)

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(p.size for p in self.pieces if isinstance(p, Literal))


class Assembler:
    """Joins lines and literals. `may_hold(line)` says whether a line that begins anew can hold literals at all.

    Of one whole line at most `limit` bytes of text and `keep` bytes of literals are kept. What is above is read to
    its end, so that the next line is found, and thrown away.
    """

    def __init__(self, limit: int, keep: int, may_hold: Callable[[bytes], bool], offset: int = 0) -> None:
        self._lines = LineReader(limit, offset)
        self._limit = limit
        self._keep = keep
        self._may_hold = may_hold
        self._begin()

    def _begin(self) -> None:
        self._pieces: list[bytes | Literal] = []
        self._deviations: list[Deviation] = []
        self._start = self._lines.offset
        self._text_room = self._limit
        self._literal_room = self._keep
        self._dropped = False
        self._open: Literal | None = None
        self._gathered = bytearray()
        self._missing = 0

    @property
    def offset(self) -> int:
        """Of the first byte that is in no whole line yet."""
        return self._start

    @property
    def pending(self) -> bytes:
        """The bytes from there on, as far as they are kept."""
        gathered = b"".join(p.marker + b"\r\n" + p.data if isinstance(p, Literal) else p for p in self._pieces)
        begun = b"" if self._open is None else self._open.marker + b"\r\n" + bytes(self._gathered)
        return gathered + begun + self._lines.pending

    @property
    def literal_room(self) -> int:
        """Bytes of literals that the line begun may still hold."""
        return self._literal_room

    def feed(self, data: bytes) -> None:
        self._lines.feed(data)

    def advance(self) -> Whole | Literal | None:
        """The next whole line; or a literal, still without its bytes, that was just announced; or None for now."""
        if self._open is not None and not self._take_literal():
            return None
        line = self._lines.next_line()
        return None if line is None else self._add(line)

    def plain_line(self) -> Line | None:
        """The next line as it is, where the protocol allows no literals. Only between whole lines."""
        line = self._lines.next_line()
        if line is not None:
            self._begin()
        return line

    def stop(self) -> Whole:
        """The line as far as it came: its last literal will not be sent."""
        if self._open is not None:
            self._pieces.append(self._open)
        return self._finish(dropped=True)

    def end(self) -> Whole | None:
        """What the end of the connection left unfinished."""
        if self._open is not None:
            came, size = self._open.size - self._missing, self._open.size
            self._note(DeviationKind.WRONG_LITERAL, self._lines.offset, f"{came} of {size} bytes came")
            self._close_literal(self._open)
            self._note(DeviationKind.MISSING_LAST_LINE, self._lines.offset)
            return self._finish(dropped=self._dropped)
        line = self._lines.end()
        if line is None and not self._pieces:
            return None
        if line is not None:
            self._keep_text(line.data)
            for found in line.deviations:
                self._note(found.kind, found.offset, found.detail)
        self._note(DeviationKind.MISSING_LAST_LINE, self._lines.offset)
        return self._finish(dropped=self._dropped)

    def _add(self, line: Line) -> Whole | Literal:
        for found in line.deviations:
            self._note(found.kind, found.offset, found.detail)
        cut = any(d.kind is DeviationKind.LINE_TOO_LONG for d in line.deviations)
        self._dropped = self._dropped or cut
        announced = None
        if not cut and (self._pieces or self._may_hold(line.data)):
            announced = self._announced(line)
        if announced is None:
            self._keep_text(line.data)
            return self._finish(dropped=self._dropped)
        self._keep_text(line.data[: -len(announced.marker)])
        self._open = announced
        self._missing = announced.size
        return announced

    def _announced(self, line: Line) -> Literal | None:
        data = line.data
        at = data.rfind(b"{") if data.endswith(b"}") else -1
        if at < 0 or b'"' in _QUOTED.sub(b"", data[:at]):  # inside a quoted string, braces are text
            return None
        number = data[at + 1 : -1]
        digits = number.removesuffix(b"+")
        if not digits.isdigit():
            self._note(DeviationKind.WRONG_LITERAL, line.offset + at, "its size is no number")
            return None
        if len(digits) > 20 or int(digits) > LARGEST:  # long digits are not even converted
            self._note(DeviationKind.WRONG_LITERAL, line.offset + at, "its size is above 2**32")
            return None
        if data[at - 1 : at] == b"~":
            at -= 1
        return Literal(b"", int(digits), data[at:], synchronising=digits == number)

    def _take_literal(self) -> bool:
        assert self._open is not None
        data = self._lines.take(self._missing)
        self._missing -= len(data)
        self._gathered += data[: max(0, self._literal_room - len(self._gathered))]
        if self._missing:
            return False
        if len(self._gathered) < self._open.size:
            detail = f"literal of {self._open.size} bytes, {len(self._gathered)} kept"
            self._note(DeviationKind.REPLY_TOO_LONG, self._lines.offset, detail)
            self._dropped = True
        self._close_literal(self._open)
        return True

    def _close_literal(self, literal: Literal) -> None:
        data = bytes(self._gathered)
        self._gathered.clear()
        self._open, self._missing = None, 0
        self._literal_room -= len(data)
        if self._text_room > 0:
            self._pieces.append(Literal(data, literal.size, literal.marker, literal.synchronising))
        self._text_room -= len(literal.marker)

    def _keep_text(self, text: bytes) -> None:
        kept = text[: max(0, self._text_room)]
        if len(kept) < len(text):
            self._note(DeviationKind.LINE_TOO_LONG, self._lines.offset, f"more than {self._limit} bytes of text")
            self._dropped = True
        if kept:
            self._pieces.append(kept)
        self._text_room -= len(text)

    def _note(self, kind: DeviationKind, offset: int, detail: str = "") -> None:
        if sum(found.kind is kind for found in self._deviations) < _MOST_OF_A_KIND:
            self._deviations.append(Deviation(kind, offset, detail))

    def _finish(self, *, dropped: bool) -> Whole:
        length = self._lines.offset - self._start
        whole = Whole(tuple(self._pieces), self._start, length, tuple(self._deviations), dropped)
        self._begin()
        return whole
