"""Files of a log: packed in every way, rotated in every way, and the year of a stamp that has none."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.log import LogLine
from mailproof.run.log import packed
from mailproof.run.log.files import day_of, journal, lines_of
from mailproof.run.log.packed import NoZstdError, raw_lines
from mailproof.run.log.rotated import oldest_first, once, with_rotated


@pytest.mark.parametrize(
    "names",
    [
        ["mail.log.10.gz", "mail.log.2.gz", "mail.log.1", "mail.log"],
        ["maillog-20251130.xz", "maillog-20261101", "maillog-20261129", "maillog"],
        ["maillog.20261127-120000.gz", "maillog.20261128-120000", "maillog"],
        ["mail.log-2026-11-27.zst", "mail.log-2026-11-28", "mail.log"],
        ["maillog.3.bz2", "maillog.0.bz2", "maillog"],
    ],
)
def test_rotated_files_are_read_oldest_first(names: list[str], tmp_path: Path) -> None:
    assert oldest_first(sorted(names)) == names
    assert oldest_first(reversed(names)) == names
    for name in (*names, "other.log", "mail.info", "maillog.conf"):
        (tmp_path / name).touch()
    expected = [str(tmp_path / name) for name in names]
    assert with_rotated(expected[-1]) == expected
    assert with_rotated(expected[0]) == [expected[0]]


def test_files_of_two_logs_keep_the_order_they_were_named_in() -> None:
    assert oldest_first(["b/mail.log", "a/mail.log", "b/mail.log.1", "-", "a/mail.log.1"]) == [
        *("b/mail.log.1", "b/mail.log", "a/mail.log.1", "a/mail.log", "-")
    ]
    assert oldest_first(["mail.log", "mail.log"]) == ["mail.log"]


def test_a_file_and_its_packed_twin_are_read_once(tmp_path: Path) -> None:
    for name in ("mail.log", "mail.log.1", "mail.log.1.gz"):
        (tmp_path / name).touch()
    assert len(with_rotated(str(tmp_path / "mail.log"))) == 2


def test_zstd_is_read_where_it_can_be(tmp_path: Path) -> None:
    zstd = pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    (tmp_path / "log.zst").write_bytes(zstd.compress(b"one\ntwo\n"))
    assert list(raw_lines(tmp_path / "log.zst")) == [b"one\n", b"two\n"]
    half = tmp_path / "half.zst"
    half.write_bytes((tmp_path / "log.zst").read_bytes()[:-3])
    with pytest.raises(packed.DAMAGED):
        list(raw_lines(half))


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python reads zstd by itself")
def test_where_zstd_cannot_be_read_that_is_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "backports.zstd", None)
    file = tmp_path / "log.zst"
    file.write_bytes(b"\x28\xb5\x2f\xfd\x00")
    with pytest.raises(NoZstdError):
        list(raw_lines(file))


def test_a_stamp_without_a_year_gets_the_year_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "mail.log.1"
    file.write_text("Dec 31 23:59:59 mx postfix/qmgr[1]: A\nJan  1 00:00:01 mx postfix/qmgr[1]: B\n", "utf-8")
    os.utime(file, (datetime(2024, 1, 1, 6, 0).timestamp(),) * 2)
    lines = lines_of(raw_lines(file), day_of(file))
    assert [line.time for line in lines if isinstance(line, LogLine)] == [
        "2023-12-31T23:59:59",
        "2024-01-01T00:00:01",
    ]


def test_the_journal_is_read_as_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "journalctl"
    entry = '{"__REALTIME_TIMESTAMP":"1772700000000000","SYSLOG_IDENTIFIER":"postfix/qmgr","MESSAGE":"x"}'
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$*\" '{entry}'\nexec yes '{entry}'\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    lines = journal()
    asked = next(lines).decode()
    assert asked.startswith("-o json --all --no-pager -u postfix* -u dovecot* ")
    assert next(lines).strip() == entry.encode()
    lines.close()


def test_without_a_journal_there_are_no_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list(journal()) == []


TEXT = "Jan 18 20:28:39 mx postfix/qmgr[1]: 4F1C2A3B: removed\nJan 18 20:28:40 mx dovecot: 表示\n"
WRITTEN = {
    "PowerShell 5": b"\xff\xfe" + TEXT.encode("utf-16-le"),
    "big end first": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "without its mark": TEXT.encode("utf-16-le"),
    "without its mark, big end first": TEXT.encode("utf-16-be"),
    "Notepad": b"\xef\xbb\xbf" + TEXT.encode(),
    "as it is": TEXT.encode(),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_however_windows_writes_a_text(written: bytes, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(pack(written))
    lines = TEXT.encode().splitlines(keepends=True)
    assert list(raw_lines(path)) == lines
    assert packed.is_plain(path) == (path.read_bytes() == TEXT.encode())
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = Thread(target=fifo.write_bytes, args=(path.read_bytes(),))
    writer.start()
    assert not packed.is_plain(fifo)
    assert list(raw_lines(fifo)) == lines
    writer.join()


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"]))
def test_any_file_is_read(tmp_path_factory: pytest.TempPathFactory, data: bytes, mark: bytes) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(mark + data)
    try:
        lines = list(raw_lines(path))
    except packed.DAMAGED:
        return
    if not mark and packed.is_plain(path):
        assert b"".join(lines) == data


def test_standard_input_is_read_from_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"first\nsecond\nthird\n")
    with path.open("rb") as file:
        assert file.readline() == b"first\n"
        with packed.unpacked(file) as inside:
            assert inside.read() == b"second\nthird\n"


def test_a_file_of_two_names_is_one(tmp_path: Path) -> None:
    log, other = tmp_path / "mail.log", tmp_path / "other.log"
    log.write_text("a")
    other.write_text("a")
    (tmp_path / "hard.log").hardlink_to(log)
    (tmp_path / "soft.log").symlink_to(log)
    away = f"{tmp_path}/./mail.log"
    names = [str(log), str(tmp_path / "hard.log"), str(tmp_path / "soft.log"), away, str(log), str(other), "-"]
    assert once(names) == oldest_first(names) == [str(log), str(other), "-"]
    assert once(["none", "none", "nothing"]) == ["none", "nothing"]
