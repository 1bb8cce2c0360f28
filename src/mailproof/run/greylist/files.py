"""The country databases and the program that a greylist.conf belongs to, as they lie on the disk."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from pathlib import Path

from mailproof.emulate.greylist.clauses import Country
from mailproof.model.failure import Unreadable
from mailproof.model.greylist import BinarySeen, DatabaseSeen, GreylistConfig, Unread
from mailproof.parse.geoip.database import LARGEST, Database, read_database
from mailproof.parse.geoip.mmdb import NoDatabase
from mailproof.parse.greylist import binary
from mailproof.run.regular_file import NotRegular, TooLarge, content

SETTINGS = ("geoipdb", "geoipv6db", "geoip2db")
PROGRAMS = ("/usr/sbin/milter-greylist", "/usr/local/sbin/milter-greylist", "/usr/local/bin/milter-greylist")


class Databases:
    """Those that a configuration names, or one in their place."""

    def __init__(self, config: GreylistConfig, instead: str | None = None) -> None:
        self.seen: list[DatabaseSeen] = []
        self._read: dict[str, Database] = {}
        named = [(each.name, each.words[0], each.line) for each in config.settings if each.name in SETTINGS]
        wanted = {name: (name, path, line) for name, path, line in named}  # the last of a name wins
        if instead is not None:
            wanted = {"geoipdb": ("geoipdb", instead, wanted.get("geoipdb", ("", "", 0))[2])}
        for setting, path, line in wanted.values():
            self.seen.append(self._look(setting, path, line))

    def _look(self, setting: str, path: str, line: int) -> DatabaseSeen:
        try:
            data = content(Path(path), LARGEST)
            found = read_database(data)
        except (OSError, ValueError) as error:
            return DatabaseSeen(path, line, setting, unread=_unread(error))
        self._read[setting] = found
        return DatabaseSeen(path, line, setting, found.kind, built=found.built, type=found.type)

    def country(self, client: str) -> Country:
        """Of an address. Raises ValueError for what is none."""
        six = ipaddress.ip_address(client).version == 6
        legacy = self._read.get("geoipdb")
        found: Database | None = self._read.get("geoip2db") or legacy
        ends = False
        if six and found is not None and found.kind == "dat":
            found = self._read.get("geoipv6db")
            ends = found is None
        if found is None:
            return Country(ends=ends)
        try:
            first = found.first() if found.kind == "mmdb" and hasattr(found, "first") else None
            return Country(found.country(client), first, True, ends)
        except NoDatabase:
            return Country()


def look_at(path: str | None) -> BinarySeen:
    """A milter-greylist, or the first that lies where it usually does."""
    candidates: Iterable[str] = PROGRAMS if path is None else (path,)
    for each in candidates:
        try:
            return binary.read_binary(each, content(Path(each), binary.LARGEST))
        except OSError as error:
            unread = _unread(error)
    return BinarySeen(path or PROGRAMS[0], unread=unread)


def _unread(error: OSError | ValueError) -> Unread:
    """A name with a NUL in it, which a file can hold, is a ValueError of Python's own."""
    if isinstance(error, Unreadable):
        return Unread(error.reason, error.params)
    if isinstance(error, NotRegular | TooLarge):
        return Unread("not-a-file" if isinstance(error, NotRegular) else "too-large")
    if isinstance(error, OSError):
        return Unread("system", {"why": error.strerror or ""})
    return Unread("no-name")
