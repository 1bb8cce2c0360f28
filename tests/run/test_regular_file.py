"""Regular files alone are opened, looked at and read; a pipe keeps nobody waiting."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from mailproof.run.regular_file import NotRegular, TooLarge, content, opened


def test_a_file_is_read_in_pieces_or_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    with opened(path) as file:
        assert (file.size, file.read(4, 3), file.read(9, 5), file.read(10, 1)) == (10, b"456", b"9", b"")
    assert content(path, 10) == b"0123456789"


def test_one_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    with pytest.raises(TooLarge):
        content(path, 9)
    with path.open("wb") as sparse:
        sparse.truncate(1 << 40)
    with pytest.raises(TooLarge):
        content(path, 1 << 20)


def test_a_file_that_says_nothing_of_its_length_is_cut_off_too() -> None:
    """Those below /proc are regular, of 0 bytes, and hold more."""
    if not Path("/proc/self/status").is_file():
        pytest.skip("there is no /proc here")
    assert content(Path("/proc/self/status"), 1 << 20).startswith(b"Name:")
    with pytest.raises(TooLarge):
        content(Path("/proc/self/status"), 10)


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero"), Path("/dev/null")):
            with pytest.raises(NotRegular):
                content(path, 10)
        with pytest.raises(OSError):
            content(tmp_path / "s", 10)
    with pytest.raises(FileNotFoundError):
        content(tmp_path / "none", 10)


def test_nothing_stays_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a").write_bytes(b"x" * 99)
    mark = os.open(os.devnull, os.O_RDONLY)
    os.close(mark)
    for _ in range(20):
        for path, largest in ((tmp_path / "pipe", 9), (tmp_path / "a", 9), (tmp_path / "a", 99)):
            try:
                content(path, largest)
            except OSError:
                pass
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    assert lowest == mark, "the lowest number that is free is still free"
