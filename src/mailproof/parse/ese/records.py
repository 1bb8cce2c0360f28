"""The checksum records of a log of version 7 (until Exchange 2010): a chain through the file (logread_legacy.cxx).

A record has its type (42), how many bytes before it and behind it are covered, how far the next one is, the
checksum, a checksum of one sector, and whether that is used. The last says that there is no next. Only a chain
that holds from its beginning to its end is believed. One that does not is not called damaged: no log of this
version that may be published was at hand, so that could be our own mistake.
"""

from __future__ import annotations

import struct

from mailproof.parse.ese.checksum import folded
from mailproof.parse.ese.logfile import LOG_HEADER

# Of Exchange a log has 1 MiB, until 2003 it had 5.
LONGEST = 16 << 20
_RECORD = struct.Struct("<B5IB")
_CHECKSUM_TYPE = 42
_SEED = 0xFEEDBEAF
_SHORT = {0x9A, 0xD1}
"""Used, not used."""
_SECTOR_AT = 8


def chain(data: bytes, generation: int) -> int:
    """How many records the chain in a whole log has; 0 where it does not hold. Looks at each byte once."""
    sector = int.from_bytes(data[_SECTOR_AT : _SECTOR_AT + 2], "little")
    at, count = LOG_HEADER, 0
    while at + _RECORD.size <= len(data):
        kind, before, behind, following, checksum, _, short = _RECORD.unpack_from(data, at)
        start, end = at + _RECORD.size, at + _RECORD.size + behind
        if kind != _CHECKSUM_TYPE or short not in _SHORT or before > at % max(sector, 1) or end > len(data):
            return 0
        sum_of_bytes = _folded(data[at - before : at]) ^ _folded(data[start:end])
        if checksum != _SEED ^ sum_of_bytes ^ before ^ behind ^ following ^ short ^ generation:
            return 0
        count += 1
        if not following:
            return count
        if following < behind:
            return 0  # into what this one covers
        at = start + following
    return 0


def _folded(data: bytes) -> int:
    """The XOR of words of four bytes, the first at the beginning; what is short has zeros behind it."""
    return folded(int.from_bytes(data, "little"), len(data))
