"""The checksums of a database's pages (cpage.hxx: PGHDR, PGHDR2; checksumu.cxx: ComputePageChecksum).

A page of up to 8 KiB has one checksum. Larger ones have four, of blocks: the first where every page has its own, the
other three in its header (at 40, 48 and 56), so that the first covers them too.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator

from mailproof.model.ese import BadPage, PageFlaw
from mailproof.parse.ese.checksum import (
    NEW_FORMAT_BIT,
    block_checksum,
    blocks_of,
    header_checksum,
    stored_word,
    wrong_bit,
)

Suspects = Callable[[memoryview, int, int], list[int]]
"""Of whole pages (bytes, size of one, number of the first): the places of those that want a closer look."""

_MORE_SUMS = (40, 48, 56)
_WORD = 0xFFFFFFFF


def bad_pages(data: memoryview, page_size: int, first: int, suspects: Suspects) -> Iterator[BadPage | None]:
    """Of whole pages, the first of them with this number: each that is damaged, and None for each that is unused."""
    for place in suspects(data, page_size, first):
        page = bytes(data[place * page_size : (place + 1) * page_size])
        number = first + place
        if not any(page):
            yield None
        elif (found := judged(page, number)) is not None:
            flaw, detail = found
            yield BadPage(number, (number + 1) * page_size, flaw, detail)


def judged(page: bytes, number: int) -> tuple[PageFlaw, int] | None:
    """What is wrong with a page that is not all zeros, and which bit, or which page is there; None if sound."""
    if not page[NEW_FORMAT_BIT >> 3] >> (NEW_FORMAT_BIT & 7) & 1:
        return _judged_old(page, number)
    sums = list(_sums(page, number))
    wrong = [(at, stored, computed) for at, (stored, computed) in enumerate(sums) if stored != computed]
    if not wrong:
        return None
    differences = {stored ^ computed for stored, computed in sums}
    if len(differences) == 1 and not (difference := differences.pop()) >> 32:
        return PageFlaw.MISPLACED, number ^ difference
    length = len(page) // blocks_of(len(page))
    at, stored, computed = wrong[0]
    bit = wrong_bit(length, stored, computed)
    if bit >= 0 and _sound_without(page, number, bit + at * length * 8):
        return PageFlaw.ONE_BIT, bit + at * length * 8
    return PageFlaw.CHECKSUM, 0


def _sound_without(page: bytes, number: int, bit: int) -> bool:
    """A bit of one of the checksums in the header makes two blocks wrong, and both right when it is put right."""
    mended = bytearray(page)
    mended[bit >> 3] ^= 1 << (bit & 7)
    return all(stored == computed for stored, computed in _sums(bytes(mended), number))


def _judged_old(page: bytes, number: int) -> tuple[PageFlaw, int] | None:
    """Until Exchange 2003 SP1: the XOR, and the number of the page beside it."""
    if stored_word(page) != header_checksum(page):
        return PageFlaw.CHECKSUM, 0
    there = stored_word(page, 4)
    return None if there == number & _WORD else (PageFlaw.MISPLACED, there)


def _sums(page: bytes, number: int) -> Iterator[tuple[int, int]]:
    """Of each block the checksum that is stored, and the one that it has."""
    count = blocks_of(len(page))
    length = len(page) // count
    for at, place in zip(range(count), (0, *_MORE_SUMS), strict=False):
        stored = int.from_bytes(page[place : place + 8], "little")
        yield stored, block_checksum(page[at * length : (at + 1) * length], number & _WORD, first=not at)


def suspects_by_hand(data: memoryview, page_size: int, first: int) -> list[int]:
    """Without numpy."""
    found = []
    for place in range(len(data) // page_size):
        page = bytes(data[place * page_size : (place + 1) * page_size])
        if judged(page, first + place) is not None:
            found.append(place)
    return found


def quickest() -> Suspects:
    """With numpy where a version that can count bits (2.0) is installed, else by hand: the answers are the same."""
    try:
        numpy = importlib.import_module("numpy")
    except ImportError:
        return suspects_by_hand
    if not hasattr(numpy, "bitwise_count"):
        return suspects_by_hand
    from mailproof.parse.ese.page_numpy import suspects_by_numpy

    return suspects_by_numpy
