"""What the server's readers of line protocols share: a command a line, or the answer to a challenge (SMTP, POP3)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.wire.lines import Line, LineReader

Event = TypeVar("Event")


class LineCommandReader(ABC, Generic[Event]):
    """Reads a client's side of a session.

    After `feed`, call `next_event` until it gives None. Each `expect_…` is about the very next event, so with
    pipelined input it must be called before `next_event` is asked again.
    """

    line_limit: ClassVar[int]

    def __init__(self, offset: int = 0) -> None:
        self._lines = LineReader(self.line_limit, offset)
        self._read: Callable[[], Event | None] = self._next_command

    @abstractmethod
    def to_command(self, line: Line) -> Event: ...

    @abstractmethod
    def to_answer(self, line: Line, deviations: tuple[Deviation, ...]) -> Event: ...

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

    def next_event(self) -> Event | None:
        event = self._read()
        if event is not None:
            self._read = self._next_command
        return event

    def receive(self, data: bytes) -> list[Event]:
        """The events of a stream in which nothing but the next event has been announced."""
        self.feed(data)
        return list(iter(self.next_event, None))

    def end(self) -> list[Event]:
        """What was left without a line end; a server acts on it no more (RFC 5321 4.1.1.4)."""
        if (line := self._lines.end()) is None:
            return []
        unfinished = Deviation(DeviationKind.MISSING_LAST_LINE, line.offset, "no line end")
        return [self.to_answer(line, (*line.deviations, unfinished))]

    def expect_line(self) -> None:
        """The next line answers a challenge."""
        self._read = self._next_answer

    def _next_command(self) -> Event | None:
        line = self._lines.next_line()
        return None if line is None else self.to_command(line)

    def _next_answer(self) -> Event | None:
        line = self._lines.next_line()
        return None if line is None else self.to_answer(line, line.deviations)


def verb_and_argument(line: Line) -> tuple[bytes, bytes]:
    """The first word of a command, and what follows it; either may be empty."""
    verb, argument = (*line.data.split(None, 1), b"", b"")[:2]
    return verb, argument
