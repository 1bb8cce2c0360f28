"""A log in parts: byte ranges of files, cut at lines, in blocks of whole lines; what is packed is one part."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from mailproof.run.log.files import day_of
from mailproof.run.log.packed import is_plain, opened

# Small enough for the second-level cache of a processor, and for memory that is used again: what is larger than
# 128 KB malloc takes from the system and gives back each time (reading takes three times as long, measured).
_BLOCK = 1 << 16
# As run.log.packed reads a line: a longer one comes in pieces, and no block waits for its end.
_LINE = 1 << 16
# Nearly all lines are shorter.
_LAST = 1 << 13
# What one octet of a packed log becomes, more or less.
_PACKED = 10


class Part(NamedTuple):
    """Octets of a file from `start` to before `end`: the lines that begin there. What is not plain is taken whole."""

    path: Path
    day: date
    start: int
    end: int
    plain: bool

    @property
    def weight(self) -> int:
        return (self.end - self.start) * (1 if self.plain else _PACKED)


def parts_of(paths: Sequence[Path], shares: int) -> list[list[Part]]:
    """The files in their order, as so many lists of nearly the same weight, in that order too. Raises OSError."""
    whole = [Part(path, day_of(path), 0, path.stat().st_size, is_plain(path)) for path in paths]
    share = max(sum(part.weight for part in whole) / shares, 1.0)
    out: list[list[Part]] = [[]]
    filled = 0.0
    for part in whole:
        while len(out) < shares and filled + part.weight > share:
            room = int(share - filled)
            if part.plain and 0 < room < part.weight:
                out[-1].append(part._replace(end=part.start + room))
                part = part._replace(start=part.start + room)
            elif not part.plain and room > part.weight // 2:
                break
            out.append([])
            filled = 0.0
        out[-1].append(part)
        filled += part.weight
    return [each for each in out if each]


def blocks_of(part: Part) -> Iterator[bytes]:
    """Whole lines, many at a time. Raises one of DAMAGED, or NoZstdError."""
    if not part.plain:
        with opened(part.path) as file:
            yield from blocks(file)
        return
    with part.path.open("rb", buffering=0) as plain:
        if part.start:
            # A line that began before belongs to the part before.
            plain.seek(part.start - 1)
            yield from _from_next_line(plain, part.end - part.start + 1)
        else:
            yield from _limited(plain, part.end)


def last_line(part: Part) -> bytes:
    """A line that ends in a plain part, the last if it is not very long; else empty. Raises OSError."""
    if not part.plain:
        return b""
    with part.path.open("rb") as plain:
        at = max(part.end - _LAST, part.start)
        plain.seek(at)
        lines = plain.read(part.end - at).rpartition(b"\n")[0]
    begun, _, line = lines.rpartition(b"\n")
    return line if begun else b""


def blocks(file: io.BufferedIOBase) -> Iterator[bytes]:
    """Whole lines of an open file, to its end."""
    return _limited(file, 1 << 62)


def _from_next_line(file: io.RawIOBase | io.BufferedIOBase, octets: int) -> Iterator[bytes]:
    while octets > 0:
        data = file.read(min(_BLOCK, octets))
        if not data:
            return
        octets -= len(data)
        at = data.find(b"\n")
        if at >= 0:
            # A part that ends with a line does not take the next one.
            if at + 1 < len(data) or octets:
                yield from _limited(file, octets, data[at + 1 :])
            return


def _limited(file: io.RawIOBase | io.BufferedIOBase, octets: int, rest: bytes = b"") -> Iterator[bytes]:
    """Lines that begin within so many octets from here, `rest` before them."""
    while octets > 0:
        data = file.read(min(_BLOCK, octets))
        if not data:
            break
        octets -= len(data)
        end = data.rfind(b"\n") + 1
        if end:
            yield rest + data[:end] if rest else data[:end]
            rest = data[end:]
            continue
        rest += data
        if len(rest) > 4 * _LINE:
            whole = len(rest) // _LINE * _LINE
            yield rest[:whole]
            rest = rest[whole:]
    else:
        # Its last line ends behind the part.
        open_ended = bool(rest) and not rest.endswith(b"\n")
        while open_ended and (data := file.read(_BLOCK)):
            end = data.find(b"\n") + 1
            rest += data[: end or len(data)]
            open_ended = not end
            if len(rest) > 4 * _LINE:
                yield rest
                rest = b""
    if rest:
        yield rest
