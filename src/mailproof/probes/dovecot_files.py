"""Reads what a Dovecot is configured by: its file, all that it includes, and the files that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import PurePosixPath

import msgspec

from mailproof.host.interface import Host
from mailproof.model.configuration import DovecotFiles, FileSeen, FileState
from mailproof.parse.dovecot.mailboxes import mail_directory, mail_groups, mail_user
from mailproof.parse.dovecot.reader import Block, DovecotConfiguration, read_dovecot
from mailproof.parse.secret import settings_without, users_without
from mailproof.probes.accounts import account

USUAL = "/etc/dovecot"
_USERS = ("passwd_file_path", "passdb_passwd_file_path", "userdb_passwd_file_path")
_PATH = re.compile(r"(?:^|[\s=])(/[^\s,;]+)")


def dovecot_files(host: Host, path: str, here: bool | None = None) -> DovecotFiles:
    """Of the configuration in a file. `here` says whether its server is this machine; None: as it looks."""
    # What says where it is stands in it: it is read as a copy first, and once more only where that made a difference.
    reading = _Reading(host, path, path.startswith("/etc/") if here is None else here)
    configuration = reading.configuration()
    if here is None and not reading.here and _is_here(host, path, configuration):
        reading.here = True
        if reading.outside:
            configuration = reading.configuration()
    included = tuple(reading.seen)
    for name, users in _named(configuration):
        if "%" not in name and name not in reading.seen:
            reading.seen[name] = reading.users(name) if users else reading.look(name)
    user = mail_user(configuration, reading.data)
    found = account(host, user.value, mail_groups(configuration)) if user is not None and reading.here else None
    where = mail_directory(configuration) if reading.here else None
    for name in (*map(str, PurePosixPath(where.value).parents), where.value) if where is not None else ():
        if name not in reading.seen and name != "/":
            reading.seen[name] = reading.look(name)
    return DovecotFiles(tuple(reading.seen.values()), reading.here, path, included, found)


def _is_here(host: Host, path: str, configuration: DovecotConfiguration) -> bool:
    """A file below /etc is this machine's, and one that names its own directory, or whose run-time directory is here.

    Any other is a copy.
    """
    base = configuration.root.last("base_dir")
    if base is not None and host.look(base.value).state is FileState.DIRECTORY:
        return True
    folder = f"{PurePosixPath(path).parent}/"
    blocks = [configuration.root, *(block for _, block in configuration.root.all_blocks())]
    values = chain(configuration.includes, (each.value for block in blocks for each in block.settings))
    return path.startswith("/") and any(folder in value for value in values)


class _Reading:
    def __init__(self, host: Host, path: str, here: bool) -> None:
        self.host, self.path, self.here = host, path, here
        self.outside = False  # whether something was named that does not lie in its own directory
        self.seen: dict[str, FileSeen] = {}

    def configuration(self) -> DovecotConfiguration:
        self.seen = {}
        return read_dovecot(self.path, self.read, self.glob)

    def read(self, name: str) -> bytes | None:
        where = self._where(name)
        if where is None:
            seen = FileSeen(name, name, FileState.ELSEWHERE)
        else:
            seen = self.host.read(where)
            seen = msgspec.structs.replace(seen, name=name, data=settings_without(seen.data))
        self.seen[name] = seen
        return seen.data if seen.state is FileState.FILE else None

    def data(self, name: str) -> bytes | None:
        """Of a file that was read."""
        seen = self.seen.get(name)
        return seen.data if seen is not None and seen.state is FileState.FILE else None

    def glob(self, pattern: str) -> Sequence[str]:
        where = self._where(pattern)
        if where is None:
            return []
        found = self.host.glob(where)
        if where == pattern:
            return found
        folder = str(PurePosixPath(self.path).parent)
        return [USUAL + each.removeprefix(folder) for each in found]

    def look(self, name: str) -> FileSeen:
        where = self._where(name)
        if where is None:
            return FileSeen(name, name, FileState.ELSEWHERE)
        return msgspec.structs.replace(self.host.look(where), name=name)

    def users(self, name: str) -> FileSeen:
        where = self._where(name)
        if where is None:
            return FileSeen(name, name, FileState.ELSEWHERE)
        seen = self.host.read(where)
        return msgspec.structs.replace(seen, name=name, data=users_without(seen.data))

    def _where(self, name: str) -> str | None:
        """In a copy of /etc/dovecot what is named there lies in the copy; what is named elsewhere does not."""
        folder = str(PurePosixPath(self.path).parent)
        if self.here or PurePosixPath(name).is_relative_to(folder):
            return name
        self.outside = True
        return folder + name.removeprefix(USUAL) if name.startswith(f"{USUAL}/") else None


def _named(configuration: DovecotConfiguration) -> Iterator[tuple[str, bool]]:
    """Paths that settings name, and whether a list of users lies there."""
    for setting in configuration.root.settings:
        if setting.name in ("base_dir", "mail_attachment_dir", "state_dir"):
            yield setting.value, False
        elif setting.name in _USERS:
            yield setting.value, True
    for _, block in configuration.root.all_blocks():
        if block.kind in ("passdb", "userdb"):
            yield from _of_database(block)
    for block in (configuration.root, *(block for _, block in configuration.root.all_blocks())):
        # Whose contents are the value: it is seen whether they are there, and they are not read.
        yield from ((each.value, False) for each in block.settings if each.from_file and not each.variable)


def _of_database(block: Block) -> Iterator[tuple[str, bool]]:
    driver = block.last("driver")
    kind = driver.value if driver is not None else block.name
    for setting in block.settings:
        if setting.name in ("args", *_USERS):
            for path in _PATH.findall(setting.value):
                yield path, kind in ("passwd-file", "passwd_file")
