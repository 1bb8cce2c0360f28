"""Checksums of pages: sound ones, every single bit, and both ways to compute them side by side."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esefiles import WHOLE, beside, kept, old_page, page
from mailproof.model.ese import PageFlaw
from mailproof.parse.ese.checksum import block_checksum
from mailproof.parse.ese.page import Suspects, bad_pages, judged, quickest, suspects_by_hand

SIZES = (2048, 4096, 8192, 16384, 32768)


def by_numpy() -> Suspects:
    numpy = pytest.importorskip("numpy", reason="without numpy there is only one way")
    if not hasattr(numpy, "bitwise_count"):
        pytest.skip("this numpy cannot count bits")
    return quickest()


def test_numpy_is_taken_where_it_is() -> None:
    assert by_numpy() is not suspects_by_hand


@pytest.mark.parametrize("number", [1, 2, 77, 0xFFFF])
def test_real_pages_are_sound_in_their_place_alone(number: int) -> None:
    data = kept("SRUDB.dirty.dat")
    sound = [data[at : at + 4096] for at in range(2 * 4096, len(data), 4096)]
    assert all(judged(each, at) is None for at, each in enumerate(sound, 1) if any(each))
    for at, each in enumerate(sound, 1):
        if any(each) and at != number:
            assert judged(each, number) == (PageFlaw.MISPLACED, at)


@beside
@pytest.mark.parametrize("name", ["basic.edb.gz", "default.edb.gz", "multi.edb.gz"])
def test_databases_of_others_have_no_damaged_page(name: str) -> None:
    data = gzip.decompress((WHOLE / name).read_bytes())
    size = int.from_bytes(data[236:240], "little")
    for suspects in (suspects_by_hand, quickest()):
        found = list(bad_pages(memoryview(data)[2 * size :], size, 1, suspects))
        assert found and set(found) == {None}


@pytest.mark.parametrize("size", SIZES)
def test_a_single_bit_is_found_and_named(size: int) -> None:
    sound = page(7, size)
    assert judged(sound, 7) is None
    for bit in (64, 65, 287, 300, 320, 511, 512, 4095, size * 4, size * 8 - 1):
        data = bytearray(sound)
        data[bit >> 3] ^= 1 << (bit & 7)
        assert judged(bytes(data), 7) == (PageFlaw.ONE_BIT, bit)


@pytest.mark.parametrize("size", SIZES)
def test_a_bit_that_the_engine_cannot_put_right_is_damage(size: int) -> None:
    for bit in (0, 63, 9 * 32 + 13):  # of the checksum itself, and the one that chooses the format
        data = bytearray(page(7, size))
        data[bit >> 3] ^= 1 << (bit & 7)
        found = judged(bytes(data), 7)
        assert found is not None and found[0] in (PageFlaw.CHECKSUM, PageFlaw.MISPLACED)
    data = bytearray(page(7, size))
    data[100] ^= 0x11
    assert judged(bytes(data), 7) == (PageFlaw.CHECKSUM, 0)


def test_the_old_format_is_read_too() -> None:
    assert judged(old_page(9), 9) is None
    assert judged(old_page(9), 8) == (PageFlaw.MISPLACED, 9)
    data = bytearray(old_page(9))
    data[2000] ^= 1
    assert judged(bytes(data), 9) == (PageFlaw.CHECKSUM, 0)


@pytest.mark.parametrize("size", SIZES)
def test_with_numpy_and_without_the_answers_are_the_same(size: int) -> None:
    numpy = by_numpy()
    pages = [page(n, size, bytes([n % 251 + 1, n % 7, 3])) for n in range(1, 40)]
    pages[3] = bytes(size)
    pages[5] = old_page(6, size)
    pages[8] = page(30, size)
    for at, offset in ((10, 70), (11, size - 1), (12, 45), (13, 3)):
        damaged = bytearray(pages[at])
        damaged[offset] ^= 4
        pages[at] = bytes(damaged)
    pages[14] = b"\xff" * size
    data = memoryview(b"".join(pages))
    one, other = (list(bad_pages(data, size, 1, suspects)) for suspects in (suspects_by_hand, numpy))
    assert one == other
    assert len(one) == 7


@given(data=st.binary(min_size=64, max_size=512), number=st.integers(0, 1 << 33), size=st.sampled_from(SIZES))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_judged_alike(data: bytes, number: int, size: int) -> None:
    numpy = by_numpy()
    pages = memoryview((data * (3 * size // len(data) + 1))[: 3 * size])
    one, other = (list(bad_pages(pages, size, number, suspects)) for suspects in (suspects_by_hand, numpy))
    assert one == other


@given(st.integers(0, 4096 * 8 - 1), st.integers(0, 4096 * 8 - 1))
@settings(max_examples=60, deadline=None)
def test_two_bits_are_never_taken_for_one(first: int, second: int) -> None:
    data = bytearray(page(7))
    for bit in {first, second}:
        data[bit >> 3] ^= 1 << (bit & 7)
    found = judged(bytes(data), 7)
    if first != second and first >= 64 and second >= 64 and 301 not in (first, second):
        assert found == (PageFlaw.CHECKSUM, 0)


def test_the_checksum_of_zeros_is_the_number_of_the_page() -> None:
    assert block_checksum(bytes(4096), 5) == 5
