"""What counting comes to: the tables of a part of a log, and the messages in flight at its end, by host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mailproof.parse.log.tally.ledger import Ledger
from mailproof.parse.log.tally.tables import KINDS, Tables

# Where a line is: before the period that counts, in it, behind it.
BEFORE, WITHIN, AFTER = -1, 0, 1


class Period(Protocol):
    """Which lines count."""

    def place(self, time: str) -> int:
        """-1 before it, 0 in it, 1 behind it."""
        ...


class Tally:
    """The counts of a part of a log, and the messages that are in flight at its end."""

    def __init__(self, *, first: bool = True) -> None:
        self._tables, self.first = Tables(), first
        self._owing: set[Callable[[], None]] = set()
        self.ledgers: dict[str, Ledger] = {}
        # What lies before the period counts nothing, but tells of messages that are in flight in it.
        self.forgotten = Tables()
        self._before: dict[str, Ledger] = {}

    @property
    def tables(self) -> Tables:
        """Whole: whoever counts by `owe` has paid."""
        while self._owing:
            self._owing.pop()()
        return self._tables

    def owe(self, settle: Callable[[], None]) -> None:
        """Something is kept back of the tables, which this adds to them."""
        self._owing.add(settle)

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_tables": self.tables, "_owing": set()}

    def ledger(self, host: str, place: int = WITHIN) -> Ledger:
        """Of a host, for lines in the period or before it."""
        if host not in self.ledgers and len(self.ledgers) >= KINDS:
            host = ""
        if (ledger := self.ledgers.get(host)) is None:
            ledger = self.ledgers[host] = Ledger(self._tables, host, first=self.first)
        if place == WITHIN:
            return ledger
        if (before := self._before.get(host)) is None:
            before = self._before[host] = Ledger(self.forgotten, host, first=self.first, flight=ledger.flight)
        return before

    def add(self, later: Tally) -> None:
        """Those of the part behind it."""
        self._tables.add(later.tables)
        for host, ledger in later._before.items():
            self.ledger(host, BEFORE).follow(ledger)
        for host, ledger in later.ledgers.items():
            self.ledger(host).follow(ledger)
        for host, ledger in later.ledgers.items():
            self.ledger(host).take_over(ledger.flight)

    def bound(self) -> None:
        """Keep the tables within their limits."""
        self._tables.bound()
        self.forgotten.bound()
