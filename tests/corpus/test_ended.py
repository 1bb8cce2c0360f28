"""A run of the broken servers that is ended leaves no server behind: its ports would be the next run's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_broken import nothing_to_run

pytestmark = [pytest.mark.real, pytest.mark.long]

_RUN = f"""
import signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from broken_servers import cases, running
signal.signal(signal.SIGTERM, signal.default_int_handler)
with running(cases("base")[0]):
    pass
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """With a short name: those of sockets are below it."""
    with tempfile.TemporaryDirectory(prefix="mp-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def run(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Starts a server, and stops it at once."""
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen([sys.executable, "-c", _RUN], env=environment, stderr=subprocess.PIPE) as run:
        yield run


@nothing_to_run
def test_a_server_that_is_starting_is_let_come_up_and_stopped(folder: Path, run: subprocess.Popen[bytes]) -> None:
    starting = first(lambda words: "postfix" in words and words.endswith(" start"), folder)
    os.kill(starting, signal.SIGSTOP)
    try:
        run.terminate()
        with pytest.raises(subprocess.TimeoutExpired):  # however long: nobody can stop what has no process id yet
            run.wait(5)
    finally:
        os.kill(starting, signal.SIGCONT)
    assert_nothing_left(folder, run)


@nothing_to_run
def test_a_server_that_is_being_stopped_is_stopped(folder: Path, run: subprocess.Popen[bytes]) -> None:
    first(lambda words: "lab.py stop" in words, folder)
    run.terminate()
    assert_nothing_left(folder, run)


def assert_nothing_left(folder: Path, run: subprocess.Popen[bytes]) -> None:
    _, said = run.communicate(timeout=180)
    assert b"KeyboardInterrupt" in said
    assert of(folder) == {}
    assert list(folder.iterdir()) == []


def first(wanted: Callable[[str], bool], folder: Path) -> int:
    """The process id of the first of its processes whose command is wanted, as soon as there is one."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for number, words in of(folder).items():
            if wanted(words):
                return number
    raise AssertionError("it was never started")


def of(folder: Path) -> dict[int, str]:
    """By process id the commands of those that are told of it, but for the run itself."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words, environment = ((process / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:  # it has ended
            continue
        if str(folder).encode() in words + environment and b"broken_servers" not in words:
            found[int(process.name)] = words.replace(b"\0", b" ").decode(errors="replace").rstrip()
    return found
