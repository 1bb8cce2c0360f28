"""What the server's readers of IMAP and ManageSieve share: commands that may hold literals."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from mailproof.wire.commands import ClientLine
from mailproof.wire.imap.literals import Assembler

Event = TypeVar("Event")


class LiteralCommandReader(ABC, Generic[Event]):
    """Reads a client's side of a session.

    After `feed`, call `next_event` until it gives None. `expect_line` is about the very next event.
    """

    def __init__(self, assembler: Assembler) -> None:
        self._assembler = assembler
        self._answers = False

    @abstractmethod
    def next_event(self) -> Event | None: ...

    @property
    def pending(self) -> bytes:
        """Bytes that are part of no finished event yet."""
        return self._assembler.pending

    @property
    def offset(self) -> int:
        """Of the first byte of `pending`."""
        return self._assembler.offset

    def feed(self, data: bytes) -> None:
        self._assembler.feed(data)

    def receive(self, data: bytes) -> list[Event]:
        """The events of a stream of commands alone."""
        self.feed(data)
        return list(iter(self.next_event, None))

    def expect_line(self) -> None:
        """The next line answers a challenge."""
        self._answers = True

    def end(self) -> list[ClientLine]:
        """What was left without its end; a server acts on it no more."""
        rest = self._assembler.end()
        return [] if rest is None else [ClientLine(rest.data, rest.offset, rest.deviations)]
