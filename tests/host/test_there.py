"""Through any POSIX shell a machine is what it is here."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shells import parameters, there

from mailproof.host.here import Here
from mailproof.host.interface import BLOCK
from mailproof.host.ssh.there import There
from mailproof.model.configuration import FileSeen, FileState
from mailproof.model.machine import Way

ODD = "a b'c\"d$(e)`f`;g*h\\i-é\udcff\x81\x82"


@pytest.fixture(params=parameters(), scope="module")
def machine(request: pytest.FixtureRequest) -> Iterator[There]:
    with there(request.param) as found:
        yield found
        assert found.unreached is None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.cf").write_bytes(b"a = b\n")
    (tmp_path / "main.cf").chmod(0o4640)
    (tmp_path / "any").write_bytes(bytes(range(256)) * 20 + b"\n\n")
    (tmp_path / "empty").touch()
    (tmp_path / "large").write_bytes(os.urandom(20 * BLOCK + 77))
    (tmp_path / ODD).write_bytes(b"odd")
    (tmp_path / "-n").write_bytes(b"no option")
    (tmp_path / "link").symlink_to("main.cf")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "around").symlink_to("around")
    (tmp_path / ".hidden").touch()
    (tmp_path / "below").mkdir(mode=0o1777)
    (tmp_path / "below").chmod(0o1777)
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def alike(seen: FileSeen) -> FileSeen:
    """Busybox has the time in whole seconds."""
    return msgspec.structs.replace(seen, changed=int(seen.changed))


NAMES = (
    *("main.cf", "any", "empty", "large", ODD, "-n", "link", "broken", "around", "below", "pipe", "none"),
    *("main.cf/below", "x" * 300, "new\nline"),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_path_is_seen_as_it_is_seen_here(machine: There, folder: Path, name: str) -> None:
    path = f"{folder}/{name}"
    if "\n" in name:
        assert machine.look(path).state is machine.read(path).state is FileState.UNREADABLE
        return
    assert alike(machine.look(path)) == alike(Here().look(path))
    assert alike(machine.read(path)) == alike(Here().read(path))


def test_sockets_and_devices_are_not_opened(machine: There, folder: Path) -> None:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(folder / "socket"))
    assert machine.read(str(folder / "socket")).state is FileState.SOCKET
    assert machine.read("/dev/zero").state is FileState.OTHER
    assert machine.part("/dev/zero", 0, 1) is None
    assert machine.lines("/dev/zero", 1) == 0
    server.close()


def test_a_file_is_read_in_parts(machine: There, folder: Path) -> None:
    path = str(folder / "large")
    for first, blocks in ((0, 1), (3, 4), (1, 18), (19, 5), (20, 1), (21, 1), (0, 64)):
        assert machine.part(path, first, blocks) == Here().part(path, first, blocks)
    assert machine.part(str(folder / "none"), 0, 1) is None
    for blocks in (0, 1, 20, 21, 40):
        assert machine.lines(path, blocks) == Here().lines(path, blocks)


def test_a_file_that_is_too_large_is_not_fetched(machine: There, tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate((64 << 20) + 1)
    assert machine.read(str(tmp_path / "large")).state is FileState.TOO_LARGE


@pytest.mark.parametrize(
    "pattern",
    ["*", "*.cf", "a*", "[ab]*", "[!a-l]*", "?????", "*/../main.cf", "none*", "main.cf", "broken", ".h*", "-*"],
)
def test_patterns_find_the_same(machine: There, folder: Path, pattern: str) -> None:
    found = [os.path.normpath(path) for path in machine.glob(f"{folder}/{pattern}")]
    assert found == [os.path.normpath(path) for path in Here().glob(f"{folder}/{pattern}")]


def test_nothing_in_a_pattern_or_a_path_is_run(machine: There, folder: Path) -> None:
    trap = folder / "trap"
    for text in (f"$(touch {trap})", f"`touch {trap}`", f"; touch {trap};", f'"; touch {trap}; "', f"{folder}/*\\"):
        machine.glob(text)
        machine.look(text)
        machine.read(text)
        machine.part(text, 0, 1)
    assert not trap.exists()
    assert machine.look("/").state is FileState.DIRECTORY


def test_no_more_than_a_thousand_paths(machine: There, tmp_path: Path) -> None:
    for number in range(1010):
        (tmp_path / f"{number:04}").touch()
    assert machine.glob(f"{tmp_path}/*") == Here().glob(f"{tmp_path}/*")


def test_commands_of_the_list_and_no_others(machine: There) -> None:
    assert machine.answer(("uname", "-n")) == Here().answer(("uname", "-n"))
    assert machine.answer(("iptables-save",)) in (None, Here().answer(("iptables-save",)))
    with pytest.raises(ValueError, match="rm -rf"):
        machine.answer(("rm", "-rf", "/"))
    with pytest.raises(ValueError, match="rm -rf"):
        Here().answer(("rm", "-rf", "/"))


def test_the_clock_is_ours(machine: There) -> None:
    clock, here = machine.clock(), Here().clock()
    assert clock is not None
    assert here is not None
    assert abs(clock.ahead) <= clock.within
    assert clock.zone == here.zone


def test_the_way_is_told_by_sshd() -> None:
    with there("sh", environment={"SSH_CONNECTION": "198.51.100.7 50000 192.0.2.25 22"}) as machine:
        assert machine.way == Way("198.51.100.7", "192.0.2.25")


def test_what_a_shell_prints_at_its_start_is_left_out() -> None:
    with there("sh", before=("echo Welcome to mx; printf 'no line end'",)) as machine:
        assert machine.look("/").state is FileState.DIRECTORY


def test_without_stat_and_timeout_it_is_ls(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """As POSIX has it: neither is there."""
    tools = tmp_path_factory.mktemp("tools")
    for name in ("ls", "dd", "wc", "date", "uname", "sh"):
        (tools / name).symlink_to(f"/bin/{name}" if name != "wc" else "/usr/bin/wc")
    with there("sh", before=(f"PATH={tools}", "export PATH")) as machine:
        for name in NAMES[:-1]:
            seen, here = machine.read(f"{folder}/{name}"), Here().read(f"{folder}/{name}")
            if here.state is FileState.DIRECTORY or here.state is FileState.FILE:
                here = msgspec.structs.replace(here, changed=0.0)
            assert (seen.state, seen.data, seen.mode, seen.owner, seen.group, seen.changed) == (
                (here.state, here.data, here.mode, here.owner, here.group, 0.0)
            )
            assert (seen.inode, seen.size) == (here.inode, here.size)
        assert machine.read("/dev/null").state is FileState.OTHER


def test_what_an_unprivileged_user_may_not_read_is_said() -> None:
    with (
        TemporaryDirectory() as folder,
        there("setpriv --reuid 65534 --regid 65534 --clear-groups sh") as machine,
    ):
        Path(folder).chmod(0o755)
        secret = Path(folder) / "key.pem"
        secret.write_text("key")
        secret.chmod(0o600)
        assert machine.look(str(secret)).state is FileState.FILE
        assert machine.read(str(secret)).state is FileState.UNREADABLE
        assert machine.part(str(secret), 0, 1) is None
        assert machine.answer(("nft", "list", "ruleset")) is None
        Path(folder).chmod(0o700)
        assert machine.look(str(secret)).state is FileState.UNREADABLE
        assert machine.unreached is None


@pytest.mark.parametrize("shell", ["csh -c", "tcsh -c", "fish -c", "zsh -c", "ksh -c"])
def test_any_login_shell_will_do(shell: str) -> None:
    if shutil.which(shell.split()[0]) is None:
        pytest.skip(f"needs {shell.split()[0]}")
    with there(f"{shell} 'exec sh'") as machine:
        assert machine.look("/").state is FileState.DIRECTORY


@pytest.mark.skipif(shutil.which("sudo") is None, reason="needs sudo")
def test_root_reads_by_sudo_where_it_may(tmp_path: Path) -> None:
    connection = {"SSH_CONNECTION": "198.51.100.7 50000 192.0.2.25 22"}
    (tmp_path / "any").write_bytes(b"any")
    with there("sh", environment=connection, sudo=True) as machine:
        assert machine.read(str(tmp_path / "any")).data == b"any"
        assert machine.way == Way("198.51.100.7", "192.0.2.25")
    with there("setpriv --reuid 65534 --regid 65534 --clear-groups sh", sudo=True) as machine:
        assert machine.unreached is not None
        assert machine.unreached.why == "ssh-no-sudo"
        assert "sudo" in machine.unreached.words


@pytest.fixture(scope="module")
def dash() -> Iterator[There]:
    with there("dash") as machine:
        yield machine


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300), name=st.binary(min_size=1, max_size=60))
def test_any_bytes_in_names_and_files(
    dash: There, tmp_path_factory: pytest.TempPathFactory, data: bytes, name: bytes
) -> None:
    name = name.translate(None, b"\0/\n") or b"x"
    path = os.fsencode(tmp_path_factory.mktemp("any")) + b"/" + (name if name not in (b".", b"..") else b"x")
    Path(os.fsdecode(path)).write_bytes(data)
    seen = dash.read(os.fsdecode(path))
    assert (seen.state, seen.data) == (FileState.FILE, data)
