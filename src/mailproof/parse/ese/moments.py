"""The small structures of ESE's headers: times, places, signatures (daedef.hxx: LOGTIME, LGPOS, SIGNATURE)."""

from __future__ import annotations

import struct

from mailproof.model.ese import Position, Signature

_POSITION = struct.Struct("<HHi")


def moment(data: bytes, at: int) -> str:
    """The LOGTIME of eight bytes at this place, `2024-03-02T14:05:58.330Z`; empty for none.

    It is copied as it is, even where it is no date: a header whose checksum holds says so itself.
    """
    second, minute, hour, day, month, year, low, high = data[at : at + 8].ljust(8, b"\0")
    if not (day or month or year):
        return ""
    milliseconds = low >> 1 | (high & 0x0E) << 6
    text = f"{1900 + year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}"
    return text + ("Z" if low & 1 else "")


def position(data: bytes, at: int) -> Position:
    """The LGPOS of eight bytes at this place."""
    offset, sector, generation = _POSITION.unpack_from(data.ljust(at + 8, b"\0"), at)
    return Position(generation, sector, offset)


def signature(data: bytes, at: int) -> Signature:
    """The SIGNATURE of 28 bytes at this place: a random number, a time, the name of a computer, empty today."""
    return Signature(int.from_bytes(data[at : at + 4], "little"), moment(data, at + 4).removesuffix("Z"))
