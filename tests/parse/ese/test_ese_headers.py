"""Headers of databases, logs and checkpoints: what a real Windows 11 wrote, and any bytes at all."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esefiles import OWN, header, kept, made_database
from mailproof.model.ese import Copy, DatabaseState, LogFlaw, Position
from mailproof.model.paths import bare, folder
from mailproof.parse.ese.checkpoint import read_checkpoint
from mailproof.parse.ese.checksum import header_checksum
from mailproof.parse.ese.header import HEAD, looks_like_database, read_database
from mailproof.parse.ese.logfile import looks_like_log, read_log
from mailproof.parse.ese.names import FileKind, file_name
from mailproof.parse.ese.records import chain
from mailproof.parse.ese.segments import read_segments
from mailproof.run.ese.read import log as read_whole_log


def test_the_header_of_a_dirty_database() -> None:
    data = kept("SRUDB.dirty.dat")
    found = read_database("x", len(data), data[:HEAD])
    assert (found.primary, found.shadow, found.state) == (Copy.GOOD, Copy.GOOD, DatabaseState.DIRTY)
    assert (found.required, found.committed_last, found.repair_count) == (range(92, 93), 92, 0)
    assert (found.page_size, found.version, found.log_signature) == (4096, "0x620,200", OWN)
    assert found.required_time == found.committed_time == "2022-07-03T02:10:42.308Z"
    assert found.last_attach == Position(92, 9, 616)


def test_the_header_of_a_repaired_one() -> None:
    data = kept("SRUDB.clean.dat")
    found = read_database("x", len(data), data[:HEAD])
    assert (found.state, found.repair_count, found.required) == (DatabaseState.CLEAN, 2, range(0))
    assert found.repaired == "2022-07-19T17:01:26.597Z"
    assert not found.log_signature.there


@pytest.mark.parametrize("size", [2048, 4096, 8192, 16384, 32768])
def test_every_size_of_a_page(size: int) -> None:
    data = made_database(1, size)
    found = read_database("x", len(data), data[:HEAD])
    assert (found.page_size, found.primary, found.shadow) == (size, Copy.GOOD, Copy.GOOD)
    broken = bytearray(data)
    broken[60] ^= 1
    found = read_database("x", len(data), bytes(broken[:HEAD]))
    assert (found.page_size, found.primary, found.shadow) == (size, Copy.DAMAGED, Copy.GOOD)
    assert found.state is DatabaseState.CLEAN
    broken[size + 60] ^= 2
    found = read_database("x", len(data), bytes(broken[:HEAD]))
    assert (found.primary, found.shadow, found.state) == (Copy.DAMAGED, Copy.DAMAGED, DatabaseState.UNKNOWN)


def test_two_sound_copies_that_differ() -> None:
    data = header(at_240=1) + header(at_240=0)
    found = read_database("x", len(data), data)
    assert (found.primary, found.shadow, found.repair_count) == (Copy.GOOD, Copy.DIFFERS, 1)


@pytest.mark.parametrize(
    ("data", "primary"), [(b"", Copy.ABSENT), (bytes(100), Copy.ABSENT), (bytes(9000), Copy.EMPTY)]
)
def test_a_file_that_ends_too_early(data: bytes, primary: Copy) -> None:
    assert read_database("x", len(data), data).primary is primary


@pytest.mark.parametrize(
    ("name", "generation", "segments", "content"),
    [
        ("SRU00059.log", 0x59, 14, "0x5a8f5a8fef0d9509"),
        ("SRU0005A.log", 0x5A, 14, "0x3fdb3fdb0cf1d5b8"),
        ("SRU0005B.log", 0x5B, 14, "0x45b445b4f2360844"),
        ("SRU.log", 0x5C, 9, "0x1b431b4359887d98"),
    ],
)
def test_real_logs(name: str, generation: int, segments: int, content: str) -> None:
    data = kept(name)
    log, geometry = read_log(f"C:\\{name}", name, len(data), data[:4096])
    assert geometry is not None
    assert (log.generation, log.stem, log.flaw, log.signature) == (generation, "SRU", LogFlaw.NONE, OWN)
    assert (log.log_folder, log.databases) == (
        "C:\\Windows\\system32\\SRU",
        ("C:\\Windows\\system32\\SRU\\SRUDB.dat",),
    )
    read = read_segments((data[at : at + 4096] for at in range(4096, len(data), 4096)), geometry)
    assert read == (LogFlaw.NONE, 0, segments, content)


def test_a_log_remembers_the_content_of_the_one_before_it() -> None:
    for name, content in (
        ("SRU0005A.log", "0x5a8f5a8fef0d9509"),
        ("SRU0005B.log", "0x3fdb3fdb0cf1d5b8"),
        ("SRU.log", "0x45b445b4f2360844"),
    ):
        data = kept(name)
        assert read_log("x", name, len(data), data[:4096])[0].previous_content == content


def _former(records: list[tuple[int, int]], tail: bytes = b"") -> bytes:
    """A log of version 7 with sectors of 512 bytes: of each record where it stands in its sector, and its sectors."""
    data = bytearray(kept("SRU.log")[:4096])
    data[8:16] = struct.pack("<4H", 512, 8, 0, 0)
    data[32:40] = struct.pack("<2I", 7, 3704)
    body = bytearray()
    starts = [sum(length for _, length in records[:n]) * 512 + place for n, (place, _) in enumerate(records)]
    for n, (place, length) in enumerate(records):
        sectors = bytearray(random.Random(n).randbytes(length * 512))
        behind = length * 512 - place - 22
        following = starts[n + 1] - starts[n] - 22 if n + 1 < len(records) else 0
        covered = 0
        for piece in (sectors[:place], sectors[place + 22 :]):
            for at in range(0, len(piece), 4):
                covered ^= int.from_bytes(piece[at : at + 4], "little")
        short = 0x9A if length > 1 else 0xD1
        checksum = 0xFEEDBEAF ^ covered ^ place ^ behind ^ following ^ short ^ 92
        sectors[place : place + 22] = struct.pack("<B5IB", 42, place, behind, following, checksum, 0, short)
        body += sectors
    body += tail
    data[12:14] = struct.pack("<H", 8 + len(body) // 512)
    data[:4] = header_checksum(bytes(data)).to_bytes(4, "little")
    return bytes(data + body)


FORMER = _former([(0, 1), (100, 3), (30, 1), (511 - 22, 2)], b"\xda" * 1024)


def test_a_log_of_the_former_format_is_sound_where_its_whole_chain_holds(tmp_path: Path) -> None:
    assert chain(FORMER, 92) == 4
    assert chain(FORMER, 91) == 0
    (tmp_path / "E000000005C.log").write_bytes(FORMER)
    found = read_whole_log(tmp_path / "E000000005C.log", lambda read: None)
    assert (found.flaw, found.segments, found.version[:6]) == (LogFlaw.NONE, 4, "7.3704")


@given(at=st.integers(4096, 4096 + 7 * 512 - 1), bit=st.integers(0, 7))
@settings(max_examples=100, deadline=None)
def test_every_bit_of_the_chain_counts(at: int, bit: int) -> None:
    """But for the short checksum, which covers one sector again."""
    data = bytearray(FORMER)
    data[at] ^= 1 << bit
    records = (4096, 4096 + 512 + 100, 4096 + 4 * 512 + 30, 4096 + 5 * 512 + 489)
    if not any(start + 17 <= at < start + 21 for start in records):
        assert chain(bytes(data), 92) == 0


@given(st.binary(max_size=3000), st.integers(0, 0xFFFFFFFF))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_no_chain(data: bytes, generation: int) -> None:
    assert chain(FORMER[:4096] + data, generation) == 0


def test_a_log_of_the_former_format_that_is_damaged_is_not_called_so(tmp_path: Path) -> None:
    """It could be our own mistake: no real one was at hand."""
    (tmp_path / "E000000005C.log").write_bytes(FORMER[:5000] + b"\0\1\2" + FORMER[5003:])
    assert read_whole_log(tmp_path / "E000000005C.log", lambda read: None).flaw is LogFlaw.UNVERIFIED


def test_a_checkpoint() -> None:
    data = kept("SRU.chk")
    found = read_checkpoint("x", len(data), data)
    assert (found.primary, found.shadow, str(found.position), found.signature) == (
        Copy.GOOD,
        Copy.GOOD,
        "(0x5C,8,0)",
        OWN,
    )
    damaged = bytes([data[0] ^ 1]) + data[1:]
    assert read_checkpoint("x", len(data), damaged).position == found.position
    assert read_checkpoint("x", 0, b"").primary is Copy.ABSENT


def test_what_a_file_is_by_its_content() -> None:
    assert looks_like_database(kept("SRUDB.clean.dat")[:HEAD])
    assert looks_like_log(kept("SRU.log")[:4096])
    assert not looks_like_log(kept("SRU.chk"))
    assert not looks_like_database(kept("SRU.log")[:HEAD])


@pytest.mark.parametrize(
    ("name", "kind", "stem", "number"),
    [
        ("E00.log", FileKind.LOG, "E00", 0),
        ("E0000005.log", FileKind.LOG, "E00", 5),
        ("e000000005C.LOG", FileKind.LOG, "e00", 0x5C),
        ("edb0005C.jtx", FileKind.LOG, "edb", 0x5C),
        ("E00.chk", FileKind.CHECKPOINT, "E00", 0),
        ("E00res00001.jrs", FileKind.BESIDE, "E00", 0),
        ("E00tmp.log", FileKind.BESIDE, "E00", 0),
        ("res1.log", FileKind.BESIDE, "", 0),
        ("MailboxDB01.edb", FileKind.DATABASE, "", 0),
        ("SRUDB.dat", FileKind.OTHER, "", 0),
        ("E000000.log", FileKind.OTHER, "", 0),
    ],
)
def test_what_a_file_is_by_its_name(name: str, kind: FileKind, stem: str, number: int) -> None:
    assert file_name(name) == (kind, stem, number)


def test_paths_of_both_worlds() -> None:
    assert (bare("D:\\a b\\c.edb"), folder("D:\\a b\\c.edb")) == ("c.edb", "D:\\a b")
    assert (bare("/mnt/c.edb"), folder("/mnt/c.edb"), folder("c.edb")) == ("c.edb", "/mnt", "")


@given(st.binary(max_size=9000), st.integers(0, 1 << 40))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_facts_or_damage(data: bytes, size: int) -> None:
    read_checkpoint("x", size, data)
    assert read_database("x", size, data).primary is not Copy.GOOD
    log, geometry = read_log("x", "E00.log", size, data)
    assert geometry is None and log.flaw is not LogFlaw.NONE


@given(at=st.integers(4, 2718), value=st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_a_sound_header_with_any_field(at: int, value: int) -> None:
    """The checksum is right, and what it covers is somebody's mischief."""
    data = bytearray(kept("SRU.log"))
    data[at] = value
    data[:4] = header_checksum(bytes(data[:4096])).to_bytes(4, "little")
    _, geometry = read_log("x", "SRU.log", len(data), bytes(data[:4096]))
    if geometry is not None:
        read_segments((bytes(data[at : at + 4096]) for at in range(4096, len(data), 4096)), geometry)
    head = bytearray(header())
    head[at % 4092 + 4] = value
    head[:4] = header_checksum(bytes(head)).to_bytes(4, "little")
    read_database("x", 8192, bytes(head) * 2)
