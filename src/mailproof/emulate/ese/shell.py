"""Words of the Exchange Management Shell, and paths on the server. What they are made of comes from files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from mailproof.emulate.ese.situation import Situation
from mailproof.model.escape import printable
from mailproof.model.ese_plan import PathsFrom
from mailproof.model.paths import bare, folder

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
# PowerShell takes these for the end of a quoted text as well (about_Quoting_Rules).
_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")


class Wishes(NamedTuple):
    """What the user said about the server; empty where he did not."""

    identity: str = ""
    """Name of the mailbox database."""
    folder: str = ""
    """Of the database file."""
    log_folder: str = ""
    copy_to: str = ""
    nothing_left: bool = False


class Places(NamedTuple):
    """Where the files are on the server."""

    identity: str
    database: str
    logs: str
    stem: str
    copy_to: str
    source: PathsFrom

    @property
    def folder(self) -> str:
        return folder(self.database)

    def log(self, name: str) -> str:
        return joined(self.logs, name)


def places(situation: Situation, wishes: Wishes) -> Places:
    """As the user says, else the paths that were given, where they are a server's, else those in the logs."""
    database, given = situation.database, situation.database.file
    name = bare(given)
    windows = bool(_WINDOWS.match(given))
    recorded = not windows and not wishes.folder and bool(database.computer_path)
    path = database.computer_path if recorded else given
    if wishes.folder:
        path = joined(wishes.folder, name)
    own = folder(path)
    beside = next((folder(log.file) for log in (*situation.own, *situation.foreign)), own)
    logs = wishes.log_folder or (database.log_folder if recorded else "")
    if not logs:
        logs = own if wishes.folder or folder(given) == beside else beside
    identity = wishes.identity or re.sub(r"\.[^.]*\Z", "", name)
    copy_to = wishes.copy_to or joined("X:\\copy", identity)
    source = PathsFrom.SERVER if windows or wishes.folder else PathsFrom.GIVEN
    return Places(
        identity,
        path,
        logs or own,
        situation.stem or "E00",
        copy_to,
        PathsFrom.RECORDED if recorded else source,
    )


def joined(place: str, name: str) -> str:
    """With the separator that the folder itself has."""
    if not place:
        return name
    separator = "/" if "/" in place and "\\" not in place else "\\"
    return place.rstrip("\\/") + separator + name


def quoted(text: str) -> str:
    """In single quotes, in which PowerShell replaces nothing; what could disturb a terminal is escaped."""
    return "'" + _QUOTES.sub(lambda found: found[0] * 2, printable(text)) + "'"


def listed(items: Iterable[str]) -> str:
    return ",".join(quoted(item) for item in items)
