"""This machine's files."""

from __future__ import annotations

import glob
import grp
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from mailproof.model.configuration import FileSeen, FileState

# Postfix itself reads a text table whole (texthash); the largest of a public blocklist is a tenth of this.
_LARGEST = 64 << 20
# Dovecot has no bound; a pattern that fits more than a few hundred files is a mistake.
_MOST_FILES = 1000
# ss and nft answer at once, unless the machine is in great trouble.
_PATIENCE = 10.0


class LocalFiles:
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
            _state(about.st_mode),
            mode=stat.S_IMODE(about.st_mode),
            owner=_name(lambda: pwd.getpwuid(about.st_uid).pw_name, about.st_uid),
            group=_name(lambda: grp.getgrgid(about.st_gid).gr_name, about.st_gid),
            changed=about.st_mtime,
        )

    def read(self, path: str) -> FileSeen:
        seen = self.look(path)
        if seen.state is not FileState.FILE:
            return seen
        try:
            # It may have become a pipe since it was looked at.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    return msgspec.structs.replace(seen, state=FileState.OTHER)
                data = file.read(_LARGEST + 1)
        except OSError:
            return msgspec.structs.replace(seen, state=FileState.UNREADABLE)
        if len(data) > _LARGEST:
            return msgspec.structs.replace(seen, state=FileState.TOO_LARGE)
        return msgspec.structs.replace(seen, data=data)

    def glob(self, pattern: str) -> Sequence[str]:
        try:
            return sorted(glob.iglob(pattern))[:_MOST_FILES]  # noqa: PTH207 - the pattern is absolute
        except (OSError, ValueError):
            return []

    def answer(self, command: Sequence[str]) -> str | None:
        # Such programs lie where the PATH of a user who is not root does not lead.
        path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
        program = shutil.which(command[0], path=path)
        if program is None:
            return None
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
                    return None
        except OSError:
            return None
        return printed[:_LARGEST].decode("utf-8", "replace") if process.returncode == 0 else None


def _state(mode: int) -> FileState:
    if stat.S_ISREG(mode):
        return FileState.FILE
    if stat.S_ISDIR(mode):
        return FileState.DIRECTORY
    return FileState.SOCKET if stat.S_ISSOCK(mode) else FileState.OTHER


def _name(find: Callable[[], str], number: int) -> str:
    try:
        return find()
    except (KeyError, OSError):
        return str(number)
