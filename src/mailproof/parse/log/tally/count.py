"""Blocks of a log to counts: each line by the quick way where it is known, else by the ordinary one."""

from __future__ import annotations

import re
from datetime import date
from enum import Enum
from functools import partial
from itertools import groupby

from mailproof.model.log import LogLine
from mailproof.parse.log.envelope import LineReader
from mailproof.parse.log.facts import fact_of, is_mail
from mailproof.parse.log.programs import family
from mailproof.parse.log.tally.forms import STAMPS, WRAPPED, is_wrapped, lines_of
from mailproof.parse.log.tally.ledger import Ledger
from mailproof.parse.log.tally.quick import handler_of
from mailproof.parse.log.tally.quick_lines import Handler
from mailproof.parse.log.tally.record import record, service_of
from mailproof.parse.log.tally.tables import Tables
from mailproof.parse.log.tally.tally import AFTER, BEFORE, WITHIN, Period, Tally

try:
    from mailproof.parse.log.tally.compiled.kept import KEPT_BACK
    from mailproof.parse.log.tally.compiled.lines import CompiledLines
except ModuleNotFoundError:
    IS_COMPILED = False
else:
    IS_COMPILED = True

# As run/log/files.py reads a line: a longer one comes in pieces.
PIECE = 1 << 16
# A line that is longer is read in the ordinary way, which knows where to cut it.
_LONG = 4096
# Programs and hours of one log at a time; when there are more, they are learned anew.
_KEPT = 2_000
# A pattern for one hour takes two milliseconds to make; it saves that on so many characters.
_MUCH = 1 << 20
# Fewer characters are looked at line by line for those of other hours.
_SOME = 1 << 14
# Of some ten lines: where the compiled loop stops that often, patterns are quicker.
_FEW = 1 << 10
_WRAPPED = re.compile(WRAPPED)
# The hour of a line and its zone, in the forms of `forms.STAMPS`.
_STAMP = re.compile(
    rb"([A-Z][a-z]{2} [ 0-3][0-9] [0-9]{2}|[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9])"
    rb":[0-9][0-9]:[0-9][0-9](?:\.[0-9]{1,9})?(Z|[+-][0-9][0-9]:[0-9][0-9]|) "
)


class By(Enum):
    """How lines are counted, with one outcome: each for itself, by patterns, or by `compiled` where it is there."""

    LINE, PATTERN, COMPILED = range(3)


def _in_the_ordinary_way(queue_id: str, text: str) -> bool:
    return True


class LogCounter:
    """Counts blocks of lines into a tally. `today` is the day of the last line, as for LineReader."""

    def __init__(self, tally: Tally, today: date, period: Period | None = None, *, by: By = By.COMPILED) -> None:
        self._tally, self._tables, self._period, self._by = tally, tally.tables, period, by
        self._read = LineReader(today).read
        self._lines: dict[tuple[int, str], re.Pattern[str]] = {}
        self._hours: dict[str, str] = {}
        self._seen: dict[str, int] = {}
        self._handlers: dict[int, dict[str, Handler]] = {BEFORE: {}, WITHIN: {}}
        self._hour = ""
        # What `_begin` has begun, of this block: a log may be of a thousand hosts.
        self._begun: dict[int, tuple[str, int]] = {}
        self._compiled: dict[int, CompiledLines] = {}
        if by is By.COMPILED and IS_COMPILED:
            places = {WITHIN: tally.tables} if period is None else {WITHIN: tally.tables, BEFORE: tally.forgotten}
            self._compiled = {place: CompiledLines(tables) for place, tables in places.items()}

    def foresee(self, last: bytes) -> None:
        """The last of the lines to come: the span is known from it, and text of earlier hours need not be kept."""
        line = self._read(last) if last.strip() else None
        if line is not None and (self._period is None or self._period.place(line.time) == WITHIN):
            self._tables.span.take(line.time)

    def count(self, block: bytes) -> None:
        """Whole lines; the last may lack its end."""
        self._begun.clear()
        if self._compiled:
            self._where_compiled(block)
        elif self._by is By.LINE:
            for raw in block.removesuffix(b"\n").split(b"\n"):
                self._slow(raw)
        else:
            self._by_pattern(block.removesuffix(b"\n"))
        self._tally.bound()

    def _settle(self) -> None:
        """Add to the tables what has been kept back."""
        for lines in self._compiled.values():
            lines.settle()

    def _where_compiled(self, block: bytes) -> None:
        """By the compiled loop; what it stops at by pattern, and more at a time the sooner it stops."""
        at, end, room = 0, len(block), 0
        for lines in self._compiled.values():
            lines.begin(block)
        while at < end:
            taken = self._take_compiled(block, at)
            if taken - at > _FEW:
                room = 0
            if taken < end:
                at = taken
                taken = block.find(b"\n", at + room) + 1 or end + 1
                self._by_pattern(block[at : taken - 1])
                room = 2 * room + _FEW
            at = taken
        if self._tables.is_near_limit(max(KEPT_BACK, *(lines.addresses for lines in self._compiled.values()))):
            self._settle()
        else:
            self._tally.owe(self._settle)

    def _take_compiled(self, block: bytes, at: int) -> int:
        """Lines of the hour that begins there. Returns where a line begins that is not taken, or the end."""
        found = _STAMP.match(block, at)
        whole = self._whole(found[1].decode()) if found is not None else ""
        if found is None or not whole:
            return at
        place, zone = WITHIN, None
        if self._period is not None:
            zone = found[2]
            place = self._period.place(f"{whole}:00:00{zone.decode()}")
            if place == AFTER or place != self._period.place(f"{whole}:59:59{zone.decode()}"):
                return at
        self._hour = found[1].decode()
        self._begin(whole, place)
        lines = self._compiled[place]
        # Not kept there: then the collector alone would free this, and the reader of many files stops it.
        taken = lines.take(at, found[1], zone, partial(self._program, place), partial(self._one, place=place))
        if place == WITHIN:
            self._tables.lines += lines.lines
            self._tables.other += lines.other
            for clock in filter(None, lines.span()):
                self._tables.span.take(f"{whole}{clock}")
        return taken

    def _by_pattern(self, block: bytes) -> None:
        if _is_plain(block):
            self._plain(block)
        else:
            for plain, group in groupby(block.split(b"\n"), _is_plain):
                if plain:
                    self._plain(b"\n".join(group))
                else:
                    for raw in group:
                        self._slow(raw)

    def _plain(self, block: bytes) -> None:
        text = block.decode("ascii")
        size = _size_of(text)
        if not size:
            # A log of another form, or a piece of one at the beginning.
            pieces = block.split(b"\n")
            known = next((n for n, piece in enumerate(pieces) if _size_of(piece.decode("ascii"))), len(pieces))
            for piece in pieces[:known]:
                self._slow(piece)
            if known < len(pieces):
                self._plain(b"\n".join(pieces[known:]))
            return
        if self._period is None:
            # In three fifths of the time of count(b"\n").
            self._tables.lines += len(block) - len(block.replace(b"\n", b"")) + 1
            self._take(text, size, WITHIN)
            return
        for place, lines in groupby(text.split("\n"), partial(self._place, STAMPS[size])):
            if place is None:
                for line in lines:
                    self._slow(line.encode())
            elif place != AFTER:
                part = list(lines)
                if place == WITHIN:
                    self._tables.lines += len(part)
                self._take("\n".join(part), size, place)

    def _take(self, text: str, size: int, place: int) -> None:
        """Lines of a form that is known, all in the period, or all before it."""
        hour = text[:size]
        if len(text) >= _SOME and text.count(f"\n{hour}") == text.count("\n"):
            self._take_hour(text, hour, place)
            return
        for hour, lines in groupby(text.split("\n"), lambda line: line[:size]):
            self._take_hour("\n".join(lines), hour, place)

    def _take_hour(self, text: str, hour: str, place: int) -> None:
        """Lines of one hour."""
        size = len(hour)
        whole = self._whole(hour) if size in STAMPS and STAMPS[size].match(text) else ""
        if not whole:
            for line in text.split("\n"):
                self._one(line.encode(), place)
            return
        self._begin(whole, place)
        handlers, text = self._handlers[place], f"\n{text}"
        if place == WITHIN:
            self._tables.span.take_hour(whole, hour, text)
        for head, queue_id, told in self._pattern(hour, len(text)).findall(text):
            try:
                handler = handlers[head]
            except KeyError:
                handler = self._learn(hour, head, place)
            if handler(queue_id, told):
                if not head:
                    self._one(told.encode(), place)
                    continue
                mark = f"{queue_id}: " if queue_id else ""
                self._one(f"{hour}:99:99 {head}[1]: {mark}{told}".encode(), place, instead=f"{whole}:99:99")

    def _begin(self, whole: str, place: int) -> None:
        """Every host counts for this hour from now on."""
        if self._begun.get(place) != (whole, len(self._tally.ledgers)):
            for host in tuple(self._tally.ledgers):
                self._tally.ledger(host, place).begin(whole)
            self._begun[place] = (whole, len(self._tally.ledgers))

    def _pattern(self, hour: str, length: int) -> re.Pattern[str]:
        seen = self._seen[hour] = self._seen.get(hour, 0) + length
        key = (len(hour), hour if seen >= _MUCH else "")
        if key not in self._lines:
            if len(self._lines) > _KEPT:
                self._lines.clear()
            self._lines[key] = lines_of(*key)
        return self._lines[key]

    def _whole(self, hour: str) -> str:
        """The hour in the form of ISO 8601; empty where it is none."""
        whole = self._hours.get(hour)
        if whole is None:
            line = self._read(f"{hour}:00:00 x postfix/x: x".encode())
            whole = line.time[:13] if line is not None else ""
            if len(self._hours) > _KEPT:
                self._hours.clear()
                self._seen.clear()
            self._hours[hour] = whole
        return whole

    def _learn(self, hour: str, head: str, place: int) -> Handler:
        """Who reads the lines of this program of this host; of no head, the lines of another form."""
        return self._handler(self._named(hour, head), head, place)

    def _program(self, place: int, head: bytes) -> tuple[str, str, Ledger | None, str, Handler]:
        """Of `mx postfix/smtpd`: its family (empty if it is no mail server's), name, ledger, service and handler."""
        name = head.decode()
        line = self._named(self._hour, name)
        handler = self._handler(line, name, place)
        if line is None or not is_mail(line):
            return "?" if handler is _in_the_ordinary_way else "", "", None, "", handler
        service = "pickup" if line.program == "pickup" else service_of(line.tag)
        return family(line.tag), line.program, self._tally.ledger(line.host, place), service, handler

    def _named(self, hour: str, head: str) -> LogLine | None:
        """A line with this head, where it is read as host and tag."""
        line = self._read(f"{hour}:00:00 {head}[1]: x".encode())
        return line if line is not None and f"{line.host} {line.tag}" == head else None

    def _handler(self, line: LogLine | None, head: str, place: int) -> Handler:
        handler: Handler | None = None
        if line is None:
            pass
        elif is_mail(line):
            ledger = self._tally.ledger(line.host, place)
            ledger.begin(line.time[:13])
            handler = handler_of(ledger, line.tag)
        elif not is_mail(LogLine("", "", line.program, line.tag, "", "dovecot")):
            handler = partial(_other, self._tables) if place == WITHIN else _passed_over
        handlers = self._handlers[place]
        if len(handlers) > _KEPT:
            handlers.clear()
        handlers[head] = handler or _in_the_ordinary_way
        return handlers[head]

    def _place(self, stamp: re.Pattern[str], line: str) -> int | None:
        """Of a line, where its time is of a form and an hour that are known, and is not another one inside."""
        found = stamp.match(line)
        hour = self._whole(found[1]) if found is not None else ""
        if found is None or not hour or self._period is None or is_wrapped(line, found.end()):
            return None
        return self._period.place(hour + found[2])

    def _place_of_unread(self, raw: bytes) -> int:
        """By its stamp alone; without one it is in every period."""
        text = raw[:_LONG].decode("utf-8", "replace")
        places = (self._place(stamp, text) for stamp in STAMPS.values())
        return next((place for place in places if place is not None), WITHIN)

    def _slow(self, raw: bytes) -> None:
        for start in range(0, len(raw) or 1, PIECE):
            self._tables.lines += 1
            self._one(raw[start : start + PIECE])

    def _one(self, raw: bytes, place: int | None = None, *, instead: str = "") -> None:
        """A line in the ordinary way; `place` where it is known. It has been counted as one of the lines.

        `instead` is a time that stands in the place of its own, which was left behind.
        """
        tables = self._tables
        if not raw.strip():
            if place in (None, WITHIN):
                tables.lines -= 1
            return
        line = self._read(raw)
        if line is None:
            if place is None:
                place = self._place_of_unread(raw)
                tables.lines -= place != WITHIN
            if place == WITHIN:
                tables.unread += 1
                tables.keep_sample(raw.decode("utf-8", "replace"))
            return
        if place is None:
            place = WITHIN if self._period is None or not line.time else self._period.place(line.time)
            if place != WITHIN:
                tables.lines -= 1
        if place == AFTER:
            return
        if place == WITHIN and line.time != instead:
            tables.span.take(line.time)
        ledger = self._tally.ledger(line.host, place)
        if not is_mail(line):
            ledger.tables.other += 1
            return
        # The lines around it may be of another hour.
        bucket = ledger.bucket
        ledger.begin(line.time[:13])
        fact = fact_of(line)
        if fact is None:
            ledger.tables.unknown += 1
            ledger.tables.keep_sample(f"{line.tag}: {line.text}")
        record(ledger, line, fact)
        ledger.bucket = bucket


def _other(tables: Tables, queue_id: str, text: str) -> bool | None:
    if _passed_over(queue_id, text):
        return True
    tables.other += 1
    return None


def _passed_over(queue_id: str, text: str) -> bool:
    return bool(text[:1].isalpha() and _WRAPPED.match(text))


def _size_of(text: str) -> int:
    """How long an hour is in the stamp that it begins with; 0 for one of another form."""
    return next((size for size, stamp in STAMPS.items() if stamp.match(text)), 0)


def _is_plain(block: bytes) -> bool:
    """Whether nothing in it must be looked at closely: all in ASCII, no escapes, no line that is very long."""
    if not block.isascii() or b"\x1b" in block or b"\r" in block:
        return False
    return all(block.find(b"\n", at, at + _LONG) >= 0 for at in range(0, len(block) - _LONG, _LONG))
