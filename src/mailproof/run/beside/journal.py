"""The same of journald as `run.beside.watch` of files: by its cursor, where the run began."""

from __future__ import annotations

import re
from datetime import date, datetime

from mailproof.host.commands import JOURNAL_AFTER, JOURNAL_END, JOURNAL_SINCE, SLOT
from mailproof.host.interface import Host
from mailproof.model.log import LogLine
from mailproof.model.machine import Clock
from mailproof.model.server_log import LogRead
from mailproof.net.interface import Driver
from mailproof.parse.log.envelope import LineReader
from mailproof.run.beside.sessions import Line, read_line
from mailproof.run.beside.watch import QUIET, still_true

# As journalctl prints it behind the entries (--show-cursor).
_CURSOR = re.compile(r"^-- cursor: (\S{1,500})$", re.MULTILINE)
# A few hundred bytes each: as much as is looked back in a file.
_LOOKED_BACK = "2000"
_WHERE = "journal"


class JournalWatch:
    """Made before the run, read after it. Nothing here raises."""

    def __init__(self, host: Host, started: datetime, clock: Clock | None) -> None:
        self._host = host
        printed = host.answer(_filled(JOURNAL_END, _LOOKED_BACK))
        self._before = printed or ""
        found = _CURSOR.findall(self._before)
        self._cursor = found[-1] if found else ""
        self._since = f"@{int(started.timestamp() + (clock.ahead if clock is not None else 0.0))}"

    async def settled(self, net: Driver) -> None:
        """journald writes what it is told within a moment."""
        await net.sleep(QUIET)

    def read(self, today: date) -> tuple[list[Line], list[Line], LogRead] | None:
        """The lines since the run began, older ones that say why a server does not work, and what was read.

        None where there is no journal that we may read, or no unit of a mail server ever wrote into it.
        """
        form, word = (JOURNAL_AFTER, self._cursor) if self._cursor else (JOURNAL_SINCE, self._since)
        printed = self._host.answer(_filled(form, word))
        if printed is None:
            return None
        during = _lines(printed, today)
        return during, still_true(_lines(self._before, today)), LogRead((_WHERE,), len(during), 0)


def _filled(form: tuple[str, ...], word: str) -> tuple[str, ...]:
    return tuple(word if part == SLOT else part for part in form)


def _lines(printed: str, today: date) -> list[Line]:
    read = LineReader(today).read
    lines = (read(raw.encode("utf-8", "surrogateescape")) for raw in printed.split("\n") if raw.startswith("{"))
    found = (read_line(line, _WHERE) for line in lines if isinstance(line, LogLine))
    return [each for each in found if each is not None]
