"""A real database of Windows 11 with its logs: as it is, and with each fault by itself, found and named."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from esefiles import DATABASE, PAGE, WHOLE, beside, flip, found, kept, lay, made_database, planned, scribble, seen
from mailproof.emulate.ese.situation import situations
from mailproof.model.ese import LogFlaw, LogLink
from mailproof.model.ese_plan import Readiness, Row
from mailproof.model.failure import UsageError
from mailproof.parse.ese.checksum import block_checksum, header_checksum

CURRENT = "SRU.log"


@beside
def test_the_whole_dirty_database_needs_one_log_and_has_it() -> None:
    record = seen(WHOLE / "win11-Dirty")
    (situation,) = situations(record)
    database = situation.database
    assert (database.required, database.committed_last) == (range(92, 93), 92)
    assert found(record).keys() == {"ese-dirty-shutdown"}
    plan = planned(record)
    assert (plan.rows, plan.required) == ((Row.REPLAY,), Readiness.SOUND)
    assert plan.warning == "article-loses-since"
    assert situation.pages is not None
    assert (situation.pages.pages, situation.pages.bad_count) == (606, 0)


@beside
def test_the_whole_repaired_database_is_to_be_left() -> None:
    """The article's own case: clean, repaired, and the logs from before the repair beside it."""
    record = seen(WHOLE / "win11-Clean")
    judged = found(record)
    assert judged.keys() == {"ese-leftover-logs", "ese-repaired"}
    assert judged["ese-repaired"].params == {"file": DATABASE, "count": 2}
    plan = planned(record)
    assert plan.rows == (Row.EVACUATE,)
    names = [step.name for step in plan.steps]
    assert names == ["copy", "move-logs", "mount-without", "mount-force", "evacuate", "remove"]


def test_the_small_ones_give_the_same(tmp_path: Path) -> None:
    assert found(seen(lay(tmp_path / "d"))).keys() == {"ese-dirty-shutdown"}
    assert found(seen(lay(tmp_path / "c", "clean"))).keys() == {"ese-leftover-logs", "ese-repaired"}


def _rename(directory: Path) -> None:
    (directory / "SRU0005A.log").rename(directory / "SRU0005F.log")


def _truncate(directory: Path) -> None:
    path = directory / CURRENT
    path.write_bytes(path.read_bytes()[:-PAGE])


def _tear(directory: Path) -> None:
    """The last segment is broken off, and stands whole in the place behind it."""
    path = directory / CURRENT
    data = bytearray(path.read_bytes())
    last = 9 * PAGE
    data[last + PAGE : last + 2 * PAGE] = data[last : last + PAGE]
    data[last + 512 : last + PAGE] = bytes(PAGE - 512)
    path.write_bytes(data)


def _foreign(directory: Path) -> None:
    """A log of another set in the place of the required one."""
    path = directory / CURRENT
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 44, 4711)
    struct.pack_into("<I", data, 0, header_checksum(bytes(data[:PAGE])))
    path.write_bytes(data)


def _rewritten(directory: Path) -> None:
    """A log that somebody's later run has written over: its checksums are right, and the next remembers others."""
    path = directory / "SRU0005B.log"
    data = bytearray(path.read_bytes())
    segment = data[3 * PAGE : 4 * PAGE]
    segment[200] ^= 0xFF
    segment[:8] = block_checksum(bytes(segment), 3).to_bytes(8, "little")
    data[3 * PAGE : 4 * PAGE] = segment
    path.write_bytes(data)


def _other_time(directory: Path) -> None:
    path = directory / CURRENT
    data = bytearray(path.read_bytes())
    data[24] = (data[24] + 1) % 60
    struct.pack_into("<I", data, 0, header_checksum(bytes(data[:PAGE])))
    path.write_bytes(data)


def _checkpoint(directory: Path) -> None:
    flip(directory / "SRU.chk", 30)
    flip(directory / "SRU.chk", PAGE + 31)


def _misplace(directory: Path) -> None:
    path = directory / DATABASE
    data = bytearray(path.read_bytes())
    data[9 * PAGE : 10 * PAGE] = data[8 * PAGE : 9 * PAGE]
    path.write_bytes(data)


def _remove(name: str) -> Callable[[Path], None]:
    return lambda directory: (directory / name).unlink()


def _bit(name: str, offset: int, bit: int = 3) -> Callable[[Path], None]:
    return lambda directory: flip(directory / name, offset, bit)


def _hole(name: str, offset: int) -> Callable[[Path], None]:
    return lambda directory: scribble(directory / name, offset)


def _cut(name: str, size: int) -> Callable[[Path], None]:
    return lambda directory: (directory / name).write_bytes((directory / name).read_bytes()[:size])


MIDDLE = 5 * PAGE + 900
"""Of a segment that holds something."""
STORAGE = (Row.REPLAY, Row.STORAGE)
DAMAGED = (Row.REQUIRED_DAMAGED,)
UNNEEDED = (Row.UNNEEDED_DAMAGED, Row.REPLAY)

FAULTS: dict[str, tuple[Callable[[Path], None], str, str, tuple[Row, ...]]] = {
    "header": (_bit(DATABASE, 300), "ese-header-damaged", "copy=primary", (Row.SHADOW, *STORAGE)),
    "shadow": (_bit(DATABASE, PAGE + 300), "ese-header-damaged", "copy=shadow", (Row.REPLAY,)),
    "bit-of-a-page": (_bit(DATABASE, 4 * PAGE + 900), "ese-page-damaged", "how=one-bit pages=3 n=1", STORAGE),
    "page": (_hole(DATABASE, 4 * PAGE + 900), "ese-page-damaged", "how=checksum pages=3", STORAGE),
    "page-elsewhere": (_misplace, "ese-page-damaged", "how=misplaced pages=8", STORAGE),
    "end-of-the-database": (_cut(DATABASE, 20 * PAGE + 7), "ese-page-damaged", "how=cut-off", (Row.REPLAY,)),
    "log-header": (_bit(CURRENT, 100), "ese-log-damaged", "how=header need=required", DAMAGED),
    "bit-of-a-segment": (_bit(CURRENT, MIDDLE), "ese-log-damaged", "how=one-bit need=required", DAMAGED),
    "segment": (_hole(CURRENT, MIDDLE), "ese-log-damaged", "how=segment need=required", DAMAGED),
    "segment-not-needed": (_hole("SRU0005A.log", MIDDLE), "ese-log-damaged", "how=segment need=no", UNNEEDED),
    "missing": (_remove(CURRENT), "ese-log-missing", "logs=0x5C need=required", (Row.REQUIRED_MISSING,)),
    "gap": (_remove("SRU0005A.log"), "ese-log-missing", "logs=0x5A need=no", (Row.REPLAY,)),
    "renamed": (_rename, "ese-log-damaged", "how=renamed need=no", UNNEEDED),
    "truncated": (_truncate, "ese-log-damaged", "how=size need=required", DAMAGED),
    "empty-log": (_cut(CURRENT, 0), "ese-log-damaged", "how=size need=required", DAMAGED),
    "torn": (_tear, "ese-log-damaged", "how=torn need=required", DAMAGED),
    "foreign": (_foreign, "ese-log-foreign", "files=SRU.log", (Row.REQUIRED_MISSING,)),
    "other-content": (_rewritten, "ese-log-damaged", "how=other-content need=required", DAMAGED),
    "checkpoint": (_checkpoint, "ese-checkpoint-damaged", "how=damaged", (Row.REPLAY,)),
    "other-time": (_other_time, "ese-log-damaged", "how=other-time need=required", DAMAGED),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_by_itself(fault: str, tmp_path: Path) -> None:
    damage, name, params, rows = FAULTS[fault]
    damage(lay(tmp_path))
    record = seen(tmp_path)
    judged = found(record)
    assert name in judged
    told = {
        key: ",".join(value) if isinstance(value, tuple) else str(value) for key, value in judged[name].params.items()
    }
    assert dict(each.split("=") for each in params.split()).items() <= told.items()
    assert judged[name].evidence
    assert planned(record).rows == rows


def test_both_headers(tmp_path: Path) -> None:
    lay(tmp_path)
    flip(tmp_path / DATABASE, 300)
    flip(tmp_path / DATABASE, PAGE + 300)
    record = seen(tmp_path)
    assert found(record)["ese-header-damaged"].params["copy"] == "both"
    assert planned(record).rows == (Row.HEADERS_BAD, Row.STORAGE)


def test_every_bit_of_a_log_is_under_a_checksum(tmp_path: Path) -> None:
    """Of the header, of the segments that hold something, and of those behind them that are empty."""
    lay(tmp_path)
    sound = kept(CURRENT)
    for at in range(7, 10 * PAGE, 1531):
        (tmp_path / CURRENT).write_bytes(sound[:at] + bytes([sound[at] ^ 0x40]) + sound[at + 1 :])
        (log,) = [log for log in situations(seen(tmp_path, with_pages=False))[0].own if not log.number]
        assert log.flaw in (LogFlaw.HEADER, LogFlaw.ONE_BIT, LogFlaw.SEGMENT), at


def test_a_torn_log_is_replayed_from_its_second_copy(tmp_path: Path) -> None:
    _tear(lay(tmp_path))
    plan = planned(seen(tmp_path))
    assert [step.name for step in plan.steps][:3] == ["copy", "patch-copy", "replay-copy"]
    assert plan.steps[1].commands == ("eseutil /ml 'X:\\copy\\SRUDB\\SRU.log' /x",)


def test_a_renamed_log_that_is_needed_gets_its_name_back(tmp_path: Path) -> None:
    lay(tmp_path)
    (tmp_path / CURRENT).rename(tmp_path / "SRU0006F.log")
    plan = planned(seen(tmp_path))
    assert plan.rows == (Row.REQUIRED_DAMAGED,)
    assert plan.steps[1].commands == ("Rename-Item 'C:\\Windows\\system32\\SRU\\SRU0006F.log' 'SRU0005C.log'",)


def test_clocks_that_were_set_are_no_fault(tmp_path: Path) -> None:
    """Only whether a time is the same counts: a log may be younger than the one before it."""
    lay(tmp_path)
    for name, at in (("SRU0005B.log", 16), (CURRENT, 24)):
        data = bytearray((tmp_path / name).read_bytes())
        data[at + 5] += 10  # years
        struct.pack_into("<I", data, 0, header_checksum(bytes(data[:PAGE])))
        (tmp_path / name).write_bytes(data)
    assert found(seen(tmp_path)).keys() == {"ese-dirty-shutdown"}


def test_logs_alone(tmp_path: Path) -> None:
    lay(tmp_path)
    (tmp_path / DATABASE).unlink()
    assert found(seen(tmp_path)) == {}
    (tmp_path / "SRU0005A.log").unlink()
    assert found(seen(tmp_path))["ese-log-missing"].params == {"logs": ("0x5A",), "need": "unknown"}


def test_the_database_alone_asks_for_its_logs(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(kept("SRUDB.dirty.dat"))
    record = seen(tmp_path / DATABASE)
    plan = planned(record)
    assert (plan.rows, plan.required) == ((Row.LOGS_UNSEEN,), Readiness.UNSEEN)
    assert plan.steps[1].name == "where-logs"


def test_logs_in_another_folder(tmp_path: Path) -> None:
    lay(tmp_path / "logs")
    (tmp_path / "logs" / DATABASE).rename(tmp_path / DATABASE)
    assert found(seen(tmp_path / DATABASE, tmp_path / "logs")).keys() == {"ese-dirty-shutdown"}


def test_a_renamed_file_is_still_a_log_and_a_database_of_any_name_one(tmp_path: Path) -> None:
    lay(tmp_path)
    (tmp_path / CURRENT).rename(tmp_path / "SRU.log.bak")
    record = seen(tmp_path)
    assert [log.link for log in situations(record)[0].own][-1] is not LogLink.GAP
    assert any(log.file.endswith(".bak") for attempt in record.attempts for log in attempt.observations)  # type: ignore[union-attr]


@pytest.mark.parametrize("content", [b"", b"x", bytes(8192), b"\xff" * 9000])
def test_what_is_no_database_at_all(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.edb").write_bytes(content)
    record = seen(tmp_path / "a.edb")
    assert "ese-header-damaged" in found(record)
    assert planned(record).rows[0] is (Row.NEVER_MADE if not content else Row.HEADERS_BAD)


def test_an_empty_file_beside_logs_that_were_used_is_lost_and_not_new(tmp_path: Path) -> None:
    """Its plan must not have Exchange make an empty database in the place of one that held mail."""
    lay(tmp_path)
    (tmp_path / DATABASE).unlink()
    (tmp_path / "a.edb").write_bytes(b"")
    assert planned(seen(tmp_path)).rows == (Row.HEADERS_BAD, Row.STORAGE)


def test_where_there_is_nothing(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none"):
        with pytest.raises(UsageError):
            seen(place)


def test_a_pipe_keeps_nobody_waiting(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "a.edb")
    with pytest.raises(UsageError):
        seen(tmp_path / "a.edb")
    lay(tmp_path / "b")
    (tmp_path / "b" / CURRENT).unlink()
    os.mkfifo(tmp_path / "b" / CURRENT)
    assert found(seen(tmp_path / "b")).keys() == {"ese-dirty-shutdown", "ese-log-missing"}


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Sparse files of 48 MiB, whose headers promise any number of logs."""
    mischief = made_database(3, at_52=2, at_296=1, at_300=0x7FFFFFFF, at_416=0xFFFFFFFF)
    with (tmp_path / "a.edb").open("wb") as file:
        file.write(mischief)
        file.truncate(48 << 20)
    lay(tmp_path)
    with (tmp_path / CURRENT).open("r+b") as file:
        data = bytearray(file.read(PAGE))
        struct.pack_into("<2H", data, 10, 1, 12288)
        struct.pack_into("<I", data, 0, header_checksum(bytes(data)))
        file.seek(0)
        file.write(data)
        file.truncate(48 << 20)
    seen(tmp_path, with_pages=False)  # what is imported when it is first needed
    tracemalloc.start()
    try:
        record = seen(tmp_path)
        for situation in situations(record):
            assert len(situation.required_missing) <= len(situation.own) + 1
        assert tracemalloc.get_traced_memory()[1] < 12 << 20
    finally:
        tracemalloc.stop()
    assert "ese-log-missing" in found(record)
