"""This machine."""

from __future__ import annotations

import glob
import grp
import os
import pwd
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from mailproof.host.commands import form_of
from mailproof.host.file_kind import kind_of
from mailproof.host.interface import BLOCK
from mailproof.model.configuration import FileSeen, FileState
from mailproof.model.machine import Clock, Unreached, Way

# Postfix itself reads a text table whole (texthash); the largest of a public blocklist is a tenth of this.
_LARGEST = 64 << 20
# Dovecot has no bound; a pattern that fits more than a few hundred files is a mistake.
_MOST_FILES = 1000
# ss and nft answer at once, unless the machine is in great trouble.
_PATIENCE = 10.0
# As timeout(1) has it.
_ENDED_BY_US = 124


class Here:
    """Implements `host.interface.Host`."""

    def look(self, path: str) -> FileSeen:
        try:
            about = Path(path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return FileSeen(path, path, FileState.MISSING)
        except (OSError, ValueError):
            return FileSeen(path, path, FileState.UNREADABLE)
        return FileSeen(
            path,
            path,
            kind_of(about.st_mode),
            mode=stat.S_IMODE(about.st_mode),
            owner=_name(lambda: pwd.getpwuid(about.st_uid).pw_name, about.st_uid),
            group=_name(lambda: grp.getgrgid(about.st_gid).gr_name, about.st_gid),
            changed=about.st_mtime,
            size=about.st_size,
            inode=about.st_ino,
        )

    def read(self, path: str) -> FileSeen:
        seen = self.look(path)
        if seen.state is not FileState.FILE:
            return seen
        try:
            with _opened(path) as file:
                data = file.read(_LARGEST + 1)
        except _NoFile:
            return msgspec.structs.replace(seen, state=FileState.OTHER)
        except OSError:
            return msgspec.structs.replace(seen, state=FileState.UNREADABLE)
        if len(data) > _LARGEST:
            return msgspec.structs.replace(seen, state=FileState.TOO_LARGE)
        return msgspec.structs.replace(seen, data=data)

    def part(self, path: str, first: int, blocks: int) -> bytes | None:
        try:
            with _opened(path) as file:
                file.seek(first * BLOCK)
                return file.read(blocks * BLOCK)
        except (OSError, ValueError):
            return None

    def lines(self, path: str, blocks: int) -> int:
        try:
            with _opened(path) as file:
                return sum(block.count(b"\n") for _ in range(blocks) if (block := file.read(BLOCK)))
        except (OSError, ValueError):
            return 0

    def glob(self, pattern: str) -> Sequence[str]:
        try:
            return sorted(glob.iglob(pattern))[:_MOST_FILES]  # noqa: PTH207 - the pattern is absolute
        except (OSError, ValueError):
            return []

    def absolute(self, path: str) -> str:
        try:
            return str(Path(path).absolute())
        except OSError:  # the directory that we are in is gone
            return path

    def answer(self, command: Sequence[str]) -> str | None:
        ended = _run(command)
        return (
            ended.printed[:_LARGEST].decode("utf-8", "replace") if ended is not None and ended.status == 0 else None
        )

    def timed(self, command: Sequence[str]) -> tuple[int, float] | None:
        ended = _run(command)
        return (ended.status, ended.seconds) if ended is not None else None

    def clock(self) -> Clock | None:
        return Clock(0.0, time.localtime().tm_gmtoff, 0.0)

    @property
    def way(self) -> Way | None:
        return None

    @property
    def unreached(self) -> Unreached | None:
        return None


class _Ended(NamedTuple):
    printed: bytes
    status: int
    seconds: float


def _run(command: Sequence[str]) -> _Ended | None:
    """None where it is not there, or cannot be started."""
    form_of(command)
    # Such programs lie where the PATH of a user who is not root does not lead.
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    program = shutil.which(command[0], path=path)
    if program is None:
        return None
    began = time.monotonic()
    try:
        with subprocess.Popen(
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": path, "LC_ALL": "C"},
        ) as process:
            try:
                printed, _ = process.communicate(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                return _Ended(b"", _ENDED_BY_US, time.monotonic() - began)
    except OSError:
        return None
    return _Ended(printed, process.returncode, time.monotonic() - began)


class _NoFile(OSError):
    """It has become a pipe or a device since it was looked at."""


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _NoFile
        yield file


def _name(find: Callable[[], str], number: int) -> str:
    try:
        return find()
    except (KeyError, OSError):
        return str(number)
