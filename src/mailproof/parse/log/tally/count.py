"""Blocks of a log to counts: each line by the quick way where it is known, else by the ordinary one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Protocol

from mailproof.model.log import LogLine
from mailproof.parse.log.envelope import LineReader
from mailproof.parse.log.facts import fact_of, is_mail
from mailproof.parse.log.tally.ledger import Ledger
from mailproof.parse.log.tally.quick import Handler, handler_of, telling
from mailproof.parse.log.tally.record import record
from mailproof.parse.log.tally.tables import Tables

# As run/log_files.py reads a line: a longer one comes in pieces.
PIECE = 1 << 16
# A line that is longer is read in the ordinary way, which knows where to cut it.
_LONG = 4096
# Processes of one log at a time; when there are more, they are learned anew.
_HEADS = 20_000
_BEFORE, WITHIN, _AFTER = -1, 0, 1
_STAMP = re.compile(
    r"(?:[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?)(?= )"
)
_REST = re.compile(r":\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?\Z", re.ASCII)


class Period(Protocol):
    """Which lines count."""

    def place(self, time: str) -> int:
        """-1 before it, 0 in it, 1 behind it."""
        ...


class Tally:
    """The counts of a part of a log, and the messages that are in flight at its end."""

    def __init__(self, *, first: bool = True) -> None:
        self.tables, self.first = Tables(), first
        self.ledgers: dict[str, Ledger] = {}
        # What lies before the period counts nothing, but tells of messages that are in flight in it.
        self._forgotten = Tables()
        self._before: dict[str, Ledger] = {}

    def ledger(self, host: str, place: int = WITHIN) -> Ledger:
        """Of a host, for lines in the period or before it."""
        if (ledger := self.ledgers.get(host)) is None:
            ledger = self.ledgers[host] = Ledger(self.tables, first=self.first)
        if place == WITHIN:
            return ledger
        if (before := self._before.get(host)) is None:
            before = self._before[host] = Ledger(self._forgotten, first=self.first, flight=ledger.flight)
        return before

    def add(self, later: Tally) -> None:
        """Those of the part behind it."""
        self.tables.add(later.tables)
        for host, ledger in later._before.items():
            self.ledger(host, _BEFORE).follow(ledger)
        for host, ledger in later.ledgers.items():
            self.ledger(host).follow(ledger)

    def bound(self) -> None:
        """Keep the tables within their limits."""
        self.tables.bound()
        self._forgotten.bound()


class _Ignoring(dict[str, Handler]):
    """What lies behind the period."""

    def __init__(self, handler: Handler) -> None:
        super().__init__()
        self._handler = handler

    def __missing__(self, key: str) -> Handler:
        return self._handler


class LogCounter:
    """Counts blocks of lines into a tally. `today` is the day of the last line, as for LineReader."""

    def __init__(self, tally: Tally, today: date, period: Period | None = None, *, quick: bool = True) -> None:
        self._tally, self._tables, self._period, self._quick = tally, tally.tables, period, quick
        self._read = LineReader(today).read
        self._width = self._prefix = 0
        self._telling = {prefix: telling(prefix).findall for prefix in (9, 13)}
        self._hours: dict[str, str] = {}
        self._place, self._hour = WITHIN, ""
        self._known: dict[tuple[int, str, str], Handler | None] = {}
        self._handlers: dict[int, dict[str, Handler]] = {_BEFORE: {}, WITHIN: {}, _AFTER: _Ignoring(self._uncounted)}

    def count(self, block: bytes) -> None:
        """Whole lines; the last may lack its end."""
        if block.endswith(b"\n"):
            block = block[:-1]
        self._tables.lines += block.count(b"\n") + 1
        if not self._quick:
            for raw in block.split(b"\n"):
                self._slow(raw)
        elif not _is_plain(block):
            for plain, group in groupby(block.split(b"\n"), _is_plain):
                if plain:
                    self._count([raw.decode("ascii") for raw in group])
                else:
                    for raw in group:
                        self._slow(raw)
        elif self._period is None and self._prefix:
            self._count(self._telling[self._prefix](f"\n{block.decode('ascii')}"))
        else:
            self._count(block.decode("ascii").split("\n"))
        if self._period is None:
            self._ends(block)
        self._tally.bound()
        if len(self._handlers[WITHIN]) + len(self._handlers[_BEFORE]) > _HEADS:
            self._handlers[WITHIN].clear()
            self._handlers[_BEFORE].clear()
            self._known.clear()

    def _ends(self, block: bytes) -> None:
        """The times of the first and the last line that have one."""
        tables = self._tables
        if not tables.first:
            tables.first = self._time_of(iter(block.split(b"\n")))
        tail = block
        while tail:
            tail, _, raw = tail.rpartition(b"\n")
            line = self._read(raw[:PIECE]) if raw.strip() else None
            if line is not None and line.time:
                tables.last = line.time
                return

    def _time_of(self, lines: Iterable[bytes]) -> str:
        for raw in lines:
            line = self._read(raw[:PIECE]) if raw.strip() else None
            if line is not None and line.time:
                return line.time
        return ""

    def _count(self, lines: Iterable[str]) -> None:
        slow, moved = self._slow, self._moved
        width, stamp = self._width, ""
        handlers = self._handlers[WITHIN]
        for line in lines:
            if line[:width] != stamp:
                if not moved(line):
                    slow(line)
                    width, stamp = self._width, ""
                    continue
                stamp = line[:width]
                handlers = self._handlers[self._place]
            end = line.find(": ", width)
            try:
                handler = handlers[line[width:end]]
            except KeyError:
                slow(line)
                width, stamp = self._width, ""
                continue
            if handler(line, end + 2):
                slow(line)
                width, stamp = self._width, ""

    def _moved(self, line: str) -> bool:
        """A line with another time than the one before: whether that is of a form and an hour that are known."""
        prefix, width = self._prefix, self._width
        if not width:
            return False
        hour = self._hours.get(line[:prefix])
        if hour is None or _REST.match(line, prefix, width) is None:
            return False
        place = WITHIN
        if self._period is not None:
            place = self._period.place(hour + line[prefix:width])
            if place == WITHIN:
                self._tables.last = hour + line[prefix:width]
        if (place, hour) != (self._place, self._hour):
            self._place, self._hour = place, hour
            if place != _AFTER:
                for host in tuple(self._tally.ledgers):
                    self._tally.ledger(host, place).begin(host, hour)
        return True

    def _slow(self, line: str | bytes) -> None:
        raw = line.encode() if isinstance(line, str) else line
        self._hour = ""
        if len(raw) > PIECE:
            self._tables.lines += (len(raw) - 1) // PIECE
            for start in range(0, len(raw), PIECE):
                self._one(raw[start : start + PIECE])
            return
        parsed, place = self._one(raw)
        if parsed is not None and parsed.time and place != _AFTER and isinstance(line, str):
            self._learn(line, parsed, place)

    def _one(self, raw: bytes) -> tuple[LogLine | None, int]:
        tables = self._tables
        if not raw.strip():
            tables.lines -= 1
            return None, WITHIN
        line = self._read(raw)
        if line is None:
            tables.unread += 1
            tables.keep_sample(raw.decode("utf-8", "replace"))
            return None, WITHIN
        place = WITHIN if self._period is None or not line.time else self._period.place(line.time)
        if place != WITHIN:
            tables.lines -= 1
        if place == _AFTER:
            return line, place
        ledger = self._tally.ledger(line.host, place)
        if line.time and self._period is not None:
            ledger.tables.last = line.time
            ledger.tables.first = ledger.tables.first or line.time
        if not is_mail(line):
            ledger.tables.other += 1
            return line, place
        ledger.begin(line.host, line.time[:13])
        fact = fact_of(line)
        if fact is None:
            ledger.tables.unknown += 1
            ledger.tables.keep_sample(f"{line.tag}: {line.text}")
        record(ledger, line, fact)
        return line, place

    def _learn(self, line: str, parsed: LogLine, place: int) -> None:
        """The form of its time, its hour, and who reads the lines of its program."""
        stamp = _STAMP.match(line)
        if stamp is None or not parsed.host:
            return
        self._width = stamp.end()
        self._prefix = 13 if line[4] == "-" else 9
        if len(self._hours) > _HEADS:
            self._hours.clear()
        self._hours[line[: self._prefix]] = parsed.time[:13]
        pid = f"[{parsed.pid}]" if parsed.pid else ""
        head = f" {parsed.host} {parsed.tag}{pid}"
        if line[self._width : line.find(": ", self._width)] != head:
            return
        key = (place, parsed.host, parsed.tag)
        if key not in self._known:
            self._known[key] = self._handler(parsed, place)
        if (handler := self._known[key]) is not None:
            self._handlers[place][head] = handler

    def _handler(self, parsed: LogLine, place: int) -> Handler | None:
        if not any(is_mail(LogLine("", "", parsed.program, parsed.tag, "", text)) for text in ("", "dovecot")):
            return self._other if place == WITHIN else self._uncounted
        handler = handler_of(self._tally.ledger(parsed.host, place), parsed.tag)
        return handler if handler is None or place == WITHIN else self._shadowed(handler)

    def _other(self, line: str, at: int) -> None:
        self._tables.other += 1

    def _uncounted(self, line: str, at: int) -> None:
        self._tables.lines -= 1

    def _shadowed(self, handler: Handler) -> Handler:
        """Before the period: what it does to messages in flight, but no count."""

        def take(line: str, at: int) -> bool | None:
            if handler(line, at):
                return True
            self._tables.lines -= 1
            return None

        return take


def _is_plain(block: bytes) -> bool:
    """Whether nothing in it must be looked at closely: all in ASCII, no escapes, no line that is very long."""
    if not block.isascii() or b"\x1b" in block or b"\r" in block:
        return False
    return all(block.find(b"\n", at, at + _LONG) >= 0 for at in range(0, len(block) - _LONG, _LONG))
