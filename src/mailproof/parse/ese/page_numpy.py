"""The checksums of many pages at once, where numpy is installed: `checksum.block_checksum` in arrays."""

from __future__ import annotations

import importlib
from typing import Any

from mailproof.parse.ese.checksum import NEW_FORMAT_BIT, blocks_of

# Without its types, so that the rest is the same whether it is installed or not.
np: Any = importlib.import_module("numpy")

# Bytes that are folded at once; a multiple of the largest page, and little enough to stay in a processor's cache.
_AT_ONCE = 1 << 19
_FLAG_WORD, _FLAG = NEW_FORMAT_BIT // 64, 1 << NEW_FORMAT_BIT % 64
_INDEX_BITS = (0xAAAAAAAA, 0xCCCCCCCC, 0xF0F0F0F0, 0xFF00FF00, 0xFFFF0000)


def suspects_by_numpy(data: memoryview, page_size: int, first: int) -> list[int]:
    """As `page.suspects_by_hand`; pages of the old format are among them, for their checksum is another."""
    step = _AT_ONCE // page_size
    pages = len(data) // page_size
    found: list[int] = []
    for at in range(0, pages, step):
        part = data[at * page_size : min(at + step, pages) * page_size]
        found += [at + place for place in _wrong(part, page_size, first + at)]
    return found


def _wrong(data: memoryview, page_size: int, first: int) -> list[int]:
    words = np.frombuffer(data, dtype="<u8").reshape(-1, page_size // 8)
    count = blocks_of(page_size)
    stored = words[:, [0, 5, 6, 7][:count]]
    numbers = (np.arange(first, first + len(words), dtype=np.int64) & 0xFFFFFFFF).astype(np.uint64)
    blocks = words.reshape(len(words) * count, -1, 2)
    computed = _sums(blocks, count).reshape(len(words), count) ^ numbers[:, None]
    new = (words[:, _FLAG_WORD] & np.uint64(_FLAG)) != 0
    return [int(place) for place in np.flatnonzero(~new | (stored != computed).any(axis=1))]


def _sums(blocks: Any, count: int) -> Any:
    """Of blocks (block, row, half of a row): the checksum of each, as for page number 0.

    The place of the checksum in each first block counts as zero: what it adds is taken out again. It stands in row 0,
    whose index has no bits, so it changes no parity of an index, only the XOR of all.
    """
    length = blocks.shape[1] * 16
    row = np.zeros(len(blocks), dtype=np.uint64)
    folded, half = blocks, blocks.shape[1] // 2
    while half:
        upper = folded[:, half:]
        row |= _parity(np.bitwise_xor.reduce(upper.reshape(len(blocks), -1), axis=1)) * np.uint64(half)
        folded = folded[:, :half] ^ upper
        half //= 2
    folded = folded[:, 0].copy()
    folded[::count, 0] ^= blocks[::count, 0, 0]
    return _assembled(length, row, folded[:, 0], folded[:, 1])


def _assembled(length: int, row: Any, left: Any, right: Any) -> Any:
    """As `checksum.checksum_of`; `left` and `right` are two words of 32 bits each."""
    word, up = np.uint64(0xFFFFFFFF), np.uint64(32)
    first, second, third, fourth = left & word, left >> up, right & word, right >> up
    every = first ^ second ^ third ^ fourth
    odd = _parity(every)
    low = row << np.uint64(7)
    high = low ^ odd * np.uint64(0xFF80)
    high = high | _parity(first ^ second) << np.uint64(6) | _parity(first ^ third) << np.uint64(5)
    low = low | _parity(third ^ fourth) << np.uint64(6) | _parity(second ^ fourth) << np.uint64(5)
    column = np.zeros(len(every), dtype=np.uint64)
    for bit, mask in enumerate(_INDEX_BITS):
        column |= _parity(every & np.uint64(mask)) << np.uint64(bit)
    code = (high << np.uint64(16) | low) & np.uint64(((length << 19) - 1) & 0xFFE0FFE0)
    code = code | column | (column ^ odd * np.uint64(0x1F)) << np.uint64(16)
    return code << up | every


def _parity(values: Any) -> Any:
    return (np.bitwise_count(values) & 1).astype(np.uint64)
