"""The library: lines of a mail log in, typed events out. docs/parse.md describes it; names and fields stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from mailproof.model.log import Fact, LogLine
from mailproof.parse.log.envelope import LineReader
from mailproof.parse.log.facts import fact_of, is_mail


class LogEvent(NamedTuple):
    """One line of a log. Nothing in it is safe to print: a stranger can write into a mail log."""

    raw: bytes
    line: LogLine | None
    """Time, host, program, process and text; None for a line of no form that is known."""
    fact: Fact | None
    """What the line tells; None for a line that is not of a mail server, or not known yet."""

    @property
    def is_unknown(self) -> bool:
        """Whether it is a mail server's line that this version does not know."""
        return self.fact is None and self.line is not None and is_mail(self.line)


def events(lines: Iterable[bytes], last_day: date | None = None) -> Iterator[LogEvent]:
    """An event for each line that is not empty, in their order; an open file of bytes will do. Raises nothing itself.

    `last_day` is the day of the last line, today if not given: a stamp without a year (RFC 3164) that is later in the
    year is of the year before.
    """
    # The local day, as such stamps are local.
    read = LineReader(date.today() if last_day is None else last_day).read
    for raw in lines:
        if raw.strip():
            line = read(raw)
            yield LogEvent(raw, line, fact_of(line) if line is not None and is_mail(line) else None)
