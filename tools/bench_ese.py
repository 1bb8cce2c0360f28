"""A large ESE database with sound pages, for tools/bench.py."""

from __future__ import annotations

import struct
from pathlib import Path

from mailproof.parse.ese.checksum import NEW_FORMAT_BIT, SEED, block_checksum, header_checksum

PAGE = 32768
_BLOCK = PAGE // 4


def write_database(path: Path, size: int) -> None:
    """About `size` bytes of pages of 32 KiB, as Exchange has them, behind a header that says Clean Shutdown."""
    with path.open("wb") as file:
        file.write(_header() * 2)
        body = bytearray(bytes(range(1, 252)) * (PAGE // 251 + 1))[:PAGE]
        body[NEW_FORMAT_BIT >> 3] |= 1 << (NEW_FORMAT_BIT & 7)
        # Of the later blocks only the number of the page changes the checksum.
        later = [block_checksum(bytes(body[at : at + _BLOCK]), 0, first=False) for at in range(_BLOCK, PAGE, _BLOCK)]
        rest = bytes(body[_BLOCK:])
        for number in range(1, size // PAGE - 1):
            first = body[:_BLOCK]
            for place, checksum in zip((40, 48, 56), later, strict=True):
                struct.pack_into("<Q", first, place, checksum ^ number)
            struct.pack_into("<Q", first, 0, block_checksum(bytes(first), number))
            file.write(first + rest)


def _header() -> bytes:
    data = bytearray(PAGE)
    for place, value in ((4, SEED), (8, 0x620), (52, 3), (108, 4711), (236, PAGE)):
        struct.pack_into("<I", data, place, value)
    struct.pack_into("<I", data, 0, header_checksum(bytes(data)))
    return bytes(data)
