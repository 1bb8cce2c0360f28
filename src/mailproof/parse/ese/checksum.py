"""The checksums of ESE: the XOR of headers, and that of pages and segments, which also finds a single wrong bit.

Source: dev/ese/src/checksum/checksum.cxx and checksum_amd64.cxx (ChecksumOldFormatSlowly, ChecksumNewFormatSlowly). A
page is rows of 128 bits there, and a loop goes over them; here it is one long number that is folded in halves, which
comes to the same and needs no loop over its bytes.
"""

from __future__ import annotations

SEED = 0x89ABCDEF
_WORD = 0xFFFFFFFF
# Bits of a 32-bit word whose index has bit 0, 1, 2, 3, 4.
_INDEX_BITS = (0xAAAAAAAA, 0xCCCCCCCC, 0xF0F0F0F0, 0xFF00FF00, 0xFFFF0000)
_LARGEST_OF_ONE_BLOCK = 8192
NEW_FORMAT_BIT = 9 * 32 + 13
"""Where a page or segment says that it has the new checksum (fPageNewChecksumFormat); counted from its beginning."""


def header_checksum(data: bytes) -> int:
    """The XOR of all 32-bit words but the first, and of the seed. The length is a multiple of four."""
    return folded(int.from_bytes(data[4:], "little"), len(data) - 4) ^ SEED


def stored_word(data: bytes, at: int = 0) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def folded(number: int, length: int) -> int:
    """The XOR of the 32-bit words of a number of `length` bytes."""
    bits = 32
    while bits < length * 8:
        bits *= 2
    while bits > 32:
        bits //= 2
        number = (number >> bits) ^ (number & ((1 << bits) - 1))
    return number


def blocks_of(page_size: int) -> int:
    """In how many blocks a page is summed."""
    return 1 if page_size <= _LARGEST_OF_ONE_BLOCK else 4


def block_checksum(block: bytes, number: int, first: bool = True) -> int:
    """Of a block of 2 to 8 KiB, a power of two. `number` is that of the page or segment.

    The first eight bytes are the place of the checksum itself in the first block of a page, and only there.
    """
    length = len(block)
    value = int.from_bytes(block, "little")
    if first:
        value = value >> 64 << 64
    half, row = length * 4, 0
    while half >= 128:
        upper = value >> half
        if upper.bit_count() & 1:
            row |= half >> 7
        value = upper ^ (value & ((1 << half) - 1))
        half >>= 1
    words = tuple(value >> shift & _WORD for shift in (0, 32, 64, 96))
    return checksum_of(length, row, words, number)


def checksum_of(length: int, row: int, words: tuple[int, ...], number: int) -> int:
    """From the parities: `row` has a bit for each bit of the index of a row, `words` is the XOR of all rows."""
    first, second, third, fourth = words
    all_words = first ^ second ^ third ^ fourth
    odd = all_words.bit_count() & 1
    low = row << 7
    high = low ^ (0xFF80 if odd else 0)
    high |= (first ^ second).bit_count() % 2 << 6 | (first ^ third).bit_count() % 2 << 5
    low |= (third ^ fourth).bit_count() % 2 << 6 | (second ^ fourth).bit_count() % 2 << 5
    column = sum((all_words & mask).bit_count() % 2 << bit for bit, mask in enumerate(_INDEX_BITS))
    code = (high << 16 | low) & ((length << 19) - 1) & 0xFFE0FFE0
    code |= column | (column ^ (0x1F if odd else 0)) << 16
    return code << 32 | (all_words ^ number)


def wrong_bit(length: int, stored: int, computed: int) -> int:
    """The bit of a block that alone is wrong, counted from its beginning; -1 where it is not one bit alone.

    As FECCErrorIsCorrectable and IbitCorrupted; the bit that chooses the format is none that can be put right.
    """
    code = (stored ^ computed) >> 32
    mask = (length << 3) - 1
    if ((code >> 16) ^ code) & mask != mask or ((stored ^ computed) & _WORD).bit_count() != 1:
        return -1
    bit = code & 0xFFFF
    return bit if bit < length * 8 and bit != NEW_FORMAT_BIT else -1
