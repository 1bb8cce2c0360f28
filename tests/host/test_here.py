"""What lies at a path: read within bounds, and nothing is waited for."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from mailproof.host.here import Here
from mailproof.model.configuration import FileState


def test_a_file_is_read_with_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "main.cf"
    path.write_bytes(b"a = b\n")
    path.chmod(0o640)
    seen = Here().read(str(path))
    assert (seen.state, seen.data, seen.mode) == (FileState.FILE, b"a = b\n", 0o640)
    assert Here().look(str(path)).data == b""


def test_pipes_sockets_devices_and_what_is_not_there(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "socket"))
    (tmp_path / "around").symlink_to(tmp_path / "around")
    host = Here()
    assert host.read(str(tmp_path / "pipe")).state is FileState.OTHER
    assert host.read("/dev/zero").state is FileState.OTHER
    assert host.read(str(tmp_path / "socket")).state is FileState.SOCKET
    assert host.read(str(tmp_path)).state is FileState.DIRECTORY
    assert host.read(str(tmp_path / "none")).state is FileState.MISSING
    assert host.read(str(tmp_path / "pipe" / "below")).state is FileState.MISSING
    assert host.read(str(tmp_path / "around")).state is FileState.UNREADABLE
    assert host.read("\0").state is FileState.UNREADABLE
    assert host.read("x" * 5000).state is FileState.UNREADABLE
    server.close()


def test_a_file_that_is_too_large_is_not_kept(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate((64 << 20) + 1)
    assert Here().read(str(tmp_path / "large")).state is FileState.TOO_LARGE


def test_patterns_find_files_in_their_order(tmp_path: Path) -> None:
    for name in ("b.conf", "a.conf", "c.txt"):
        (tmp_path / name).touch()
    assert Here().glob(f"{tmp_path}/*.conf") == [f"{tmp_path}/a.conf", f"{tmp_path}/b.conf"]
    assert Here().glob("\0") == []
