"""`log summary` over files: in parts, packed, and by several processes, the counts are the same."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.run.log import summary
from mailproof.run.log.parts import blocks_of, last_line, parts_of
from mailproof.run.log.period import Between, moment_of
from mailproof.run.log.summary import PartUnreadError, summary_of_files, summary_of_lines, summary_of_stream

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 21, 12, 30, 15, tzinfo=UTC)


@cache
def generated() -> bytes:
    command = (sys.executable, str(ROOT / "tools" / "make_mail_log.py"), "--megabytes", "2", "--seed", "5")
    return subprocess.run(command, capture_output=True, check=True, timeout=120).stdout


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    return path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return written(tmp_path / "mail.log", generated())


def test_processes_count_as_one(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "_WORTH", 1)
    one = summary_of_files([log], 1, None, 0)
    assert one.totals.received > 500
    for jobs in (2, 3, 7):
        assert summary_of_files([log], jobs, None, 0) == one
    period = Between(datetime(2026, 11, 20, 10).astimezone(), datetime(2026, 11, 20, 14).astimezone())
    assert summary_of_files([log], 3, period, 0) == summary_of_files([log], 1, period, 0) != one


def test_a_rotated_log_counts_as_one(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "_WORTH", 1)
    lines = generated().splitlines(keepends=True)
    third = len(lines) // 3
    files = [
        written(tmp_path / "mail.log.3.gz", gzip.compress(b"".join(lines[:third]))),
        written(tmp_path / "mail.log.2.xz", lzma.compress(b"".join(lines[third : 2 * third]))),
        written(tmp_path / "mail.log.1.bz2", bz2.compress(b"".join(lines[2 * third :]))),
    ]
    one = summary_of_files([log], 1, None, 0)
    for jobs in (1, 2, 3, 4):
        assert summary_of_files(files, jobs, None, 0) == one


def test_streams_and_lines(log: Path) -> None:
    one = summary_of_files([log], 1, None, 5)
    with log.open("rb") as file:
        assert summary_of_stream(file, NOW.date(), None, 5) == one
    assert summary_of_lines(generated().splitlines(keepends=True), NOW.date(), None, 5) == one


def test_what_cannot_be_read_is_named(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever process it is read."""
    monkeypatch.setattr(summary, "_WORTH", 1)
    damaged = written(tmp_path / "mail.log.1.gz", gzip.compress(generated())[:-20])
    for files in ([damaged], [log, damaged], [damaged, log]):
        with pytest.raises(PartUnreadError) as error:
            summary_of_files(files, 2, None, 5)
        assert error.value.path == damaged
        assert isinstance(error.value.__cause__, EOFError)
    with pytest.raises(PartUnreadError, match="none"):
        summary_of_files([log, tmp_path / "none"], 1, None, 5)


def test_no_process_is_left(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "_WORTH", 1)
    before = children()
    summary_of_files([log], 4, None, 5)
    assert children() == before


def children() -> set[str]:
    """Of this process: those of other tests, too."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@given(
    st.lists(
        st.lists(st.integers(0, 400), max_size=12).map(lambda sizes: [b"x" * size for size in sizes]), max_size=3
    ),
    st.booleans(),
    st.integers(1, 9),
)
@settings(max_examples=150, deadline=None)
def test_every_line_is_in_one_part(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[bytes]], ended: bool, shares: int
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    paths, lines = [], list[bytes]()
    for number, texts in enumerate(files):
        data = b"\n".join(texts) + (b"\n" if ended and texts else b"")
        paths.append(written(folder / f"log{number}", data))
        lines += data.splitlines()
    lists = parts_of(paths, shares)
    assert len(lists) <= shares
    found = [line for parts in lists for part in parts for block in blocks_of(part) for line in block.splitlines()]
    assert found == lines


def test_a_line_without_end_takes_no_memory_without_end(tmp_path: Path) -> None:
    path = written(tmp_path / "log", b"a" * 3_000_000 + b"\nb\n")
    for shares in (1, 2, 5):
        sizes = [len(block) for parts in parts_of([path], shares) for part in parts for block in blocks_of(part)]
        assert sum(sizes) == 3_000_003
        assert max(sizes) < 600_000


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("today", NOW.replace(hour=0, minute=0, second=0)),
        ("yesterday", NOW.replace(day=20, hour=0, minute=0, second=0)),
        ("2h", NOW - timedelta(hours=2)),
        ("3 days ago", NOW - timedelta(days=3)),
        ("90 min", NOW - timedelta(minutes=90)),
        ("18:00", NOW.replace(hour=18, minute=0, second=0)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20 18:00", datetime(2026, 11, 20, 18, tzinfo=UTC)),
        ("2026-11-20T18:00+09:00", datetime(2026, 11, 20, 9, tzinfo=UTC)),
    ],
)
def test_what_people_write_for_a_time(text: str, moment: datetime) -> None:
    assert moment_of(text, NOW) == moment


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2026-13-01", "-2h", "9" * 400 + "h"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        moment_of(text, NOW)


def test_a_period_in_the_zone_of_each_line() -> None:
    period = Between(datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 10, tzinfo=UTC))
    assert [period.place(each) for each in ("2026-11-20T18:00:00+09:00", "2026-11-20T09:59:59.9Z")] == [0, 0]
    assert [period.place(each) for each in ("2026-11-20T19:00:00+09:00", "2026-11-20T08:59:59+00:00")] == [1, -1]
    assert Between(None, None).place("2026-11-20T08:59:59") == 0
    assert Between(None, datetime(2026, 1, 1, tzinfo=UTC)).place("2026-11-20T08:59:59") == 1


ARTICLE = Path(__file__).parent / "article_2.log"


@pytest.mark.parametrize("jobs", [1, 4])
def test_from_when_to_when_in_any_order(jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines of the article go back in time."""
    monkeypatch.setattr(summary, "_WORTH", 1)
    counted = summary_of_files([ARTICLE], jobs, None, 0)
    assert [each[11:] for each in (counted.first, counted.last)] == ["20:26:20", "22:26:38"]


@pytest.mark.parametrize("period", [None, Between(None, None)], ids=["all", "in a period"])
@given(st.lists(st.tuples(st.integers(0, 23), st.integers(0, 59), st.integers(0, 59)), min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
def test_from_when_to_when_of_any_lines(
    tmp_path_factory: pytest.TempPathFactory, period: Between | None, clocks: list[tuple[int, int, int]]
) -> None:
    """Those that count nothing too, and whatever stands between them."""
    lines = [
        f"Nov 20 {hour:02}:{minute:02}:{second:02} mx {'postfix/smtpd[7]: connect from a' if second % 2 else 'x'}\n"
        for hour, minute, second in clocks
    ]
    told = [f"2026-11-20T{h:02}:{m:02}:{s:02}" for h, m, s in clocks if s % 2] or [""]
    for size in (1, 7, 40):
        pieces = ["".join(lines[at : at + size]).encode() for at in range(0, len(lines), size)]
        counted = summary_of_lines(pieces, NOW.date(), period, 0)
        assert (counted.first, counted.last) == (min(told), max(told))
    path = written(tmp_path_factory.getbasetemp() / "any.log", "".join(lines).encode())
    counted = summary_of_files([path], 1, period, 0)
    assert (counted.first, counted.last) == (min(told), max(told))


def test_the_last_line_of_a_part(tmp_path: Path) -> None:
    """One that ends in it, and is not the rest of one that begins before it."""
    path = written(tmp_path / "log", b"one\ntwo\nthree\nfour")
    part = parts_of([path], 1)[0][0]
    assert last_line(part) == b"three"
    assert last_line(part._replace(end=14)) == b"three"
    assert last_line(part._replace(end=13)) == b"two"
    assert (
        last_line(part._replace(start=9))
        == last_line(part._replace(end=3))
        == last_line(part._replace(plain=False))
        == b""
    )


def test_a_pipe_is_counted_once(log: Path, tmp_path: Path) -> None:
    one = summary_of_files([log], 1, None, 0)
    fifo = tmp_path / "fifo"
    for packed in (bytes, gzip.compress):
        os.mkfifo(fifo)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(fifo.write_bytes, packed(generated()))
            assert summary_of_files([fifo], 4, None, 0) == one
        fifo.unlink()
