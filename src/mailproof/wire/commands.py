"""What the server's readers share: the answer to a challenge; for SMTP and POP3, that each command is a line."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

import msgspec

from mailproof.model.transcript import SECRET, Deviation, DeviationKind
from mailproof.wire.lines import Line, LineReader

Event = TypeVar("Event")


class ClientLine(msgspec.Struct, frozen=True):
    """An answer to a challenge, or what the end of the connection left."""

    data: bytes
    """Without its line end; of ManageSieve what the string holds. A SASL response is still in base64."""
    offset: int
    deviations: tuple[Deviation, ...] = ()

    def __repr__(self) -> str:
        return f"ClientLine({SECRET}, {len(self.data)} bytes)"


class LineCommandReader(ABC, Generic[Event]):
    """Reads a client's side of a session.

    After `feed`, call `next_event` until it gives None. Each `expect_…` is about the very next event, so with
    pipelined input it must be called before `next_event` is asked again.
    """

    line_limit: ClassVar[int]

    def __init__(self, offset: int = 0) -> None:
        self._lines = LineReader(self.line_limit, offset)
        self._read: Callable[[], Event | ClientLine | None] = self._next_command

    @abstractmethod
    def to_command(self, line: Line) -> Event: ...

    @property
    def pending(self) -> bytes:
        """Bytes that are part of no event yet and of no message or chunk that has begun."""
        return self._lines.pending

    @property
    def offset(self) -> int:
        """Of the first byte of `pending`."""
        return self._lines.offset

    def feed(self, data: bytes) -> None:
        self._lines.feed(data)

    def next_event(self) -> Event | ClientLine | None:
        event = self._read()
        if event is not None:
            self._read = self._next_command
        return event

    def receive(self, data: bytes) -> list[Event | ClientLine]:
        """The events of a stream in which nothing but the next event has been announced."""
        self.feed(data)
        return list(iter(self.next_event, None))

    def end(self) -> list[ClientLine]:
        """What was left without a line end; a server acts on it no more (RFC 5321 4.1.1.4)."""
        if (line := self._lines.end()) is None:
            return []
        unfinished = Deviation(DeviationKind.MISSING_LAST_LINE, line.offset, "no line end")
        return [ClientLine(line.data, line.offset, (*line.deviations, unfinished))]

    def expect_line(self) -> None:
        """The next line answers a challenge."""
        self._read = self._next_answer

    def _next_command(self) -> Event | None:
        line = self._lines.next_line()
        return None if line is None else self.to_command(line)

    def _next_answer(self) -> ClientLine | None:
        line = self._lines.next_line()
        return None if line is None else ClientLine(line.data, line.offset, line.deviations)


def verb_and_argument(line: Line) -> tuple[bytes, bytes]:
    """The first word of a command, and what follows it; either may be empty."""
    verb, argument = (*line.data.split(None, 1), b"", b"")[:2]
    return verb, argument
