"""Saying and hearing over one connection: an answer for everything that is asked, or the end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from mailproof.model.attempt import Job, Status, Step, Trouble
from mailproof.model.connection import Greeting, Interrupted
from mailproof.model.endpoint import Endpoint
from mailproof.model.escape import to_text
from mailproof.model.failure import NetFailure
from mailproof.model.reply import Reply
from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.net.interface import Net, Stream
from mailproof.probes.notebook import Notebook
from mailproof.probes.terms import Terms
from mailproof.wire.outgoing import Outgoing

# Bytes of the answer to one command, bodies of messages aside: four times what curl keeps of one (DYN_PINGPPONG_CMD).
# The longest lists that honest servers send in a check are a few kilobytes.
_LONGEST_ANSWER = 256 << 10


class Ended(Exception):
    """The conversation cannot go on; what led here has been noted."""


class _Read(Protocol):
    @property
    def deviations(self) -> tuple[Deviation, ...]: ...


Event = TypeVar("Event", bound=_Read)


class Reader(Protocol[Event]):
    """The shape of every client-role reader of `wire`."""

    def receive(self, data: bytes) -> list[Event]: ...
    def end(self) -> list[Event]: ...
    @property
    def pending(self) -> bytes: ...
    @property
    def offset(self) -> int: ...


class Speech(Notebook, ABC, Generic[Event]):
    """Methods raise Ended once the connection is of no use any more."""

    farewell: ClassVar[bytes]
    """What is said on the way out, when nobody waits for an answer."""

    def __init__(self, net: Net, endpoint: Endpoint, terms: Terms, job: Job) -> None:
        super().__init__(net, endpoint, job)
        self.terms = terms
        self._events: deque[Event] = deque()
        self._unread = b""
        """Received, and not yet for the reader: what stands behind the answer that it was given line by line."""
        self._reader: Reader[Event] = self.new_reader(0)
        self._asking: tuple[Step, str] | None = None
        """What was asked last."""
        self._last_word: Reply | None = None
        """A reply after which the server hangs up: 421, BYE."""
        self._over = False
        self._ends = float("inf")
        self._room: float = _LONGEST_ANSWER

    @abstractmethod
    def new_reader(self, offset: int) -> Reader[Event]: ...

    @abstractmethod
    def to_reply(self, event: Event, seconds: float) -> Reply: ...

    @property
    def the_stream(self) -> Stream:
        if self.stream is None:
            raise RuntimeError("connect first")
        return self.stream

    async def ask(self, step: Step, outgoing: Outgoing, what: str, *, keep: bool = True) -> Reply:
        """Say it and hear the answer. `what` names the command without its arguments, for reports."""
        return self.to_reply(*await self.ask_event(step, outgoing, what, keep=keep))

    async def ask_event(
        self, step: Step, outgoing: Outgoing, what: str, *, keep: bool = True, keep_answer: bool = True
    ) -> tuple[Event, float]:
        """The answer as the parser gave it, and the seconds it took."""
        self._obey_last_word()
        self._asking = (step, what)
        self._set_aside_unasked()
        self._room = float("inf") if step is Step.FETCH else _LONGEST_ANSWER  # there the readers' own limits count
        started = self.net.now()
        try:
            await self.the_stream.write(outgoing.data, self._deadline(started), secret=outgoing.secret, keep=keep)
        except NetFailure as failure:
            if failure.trouble is not Trouble.RESET:
                self.lost(step, what, failure, started)
                raise Ended from failure
            # The server may have said why before it hung up: read what there is.
        return await self.hear_event(step, what, started, keep=keep_answer)

    async def hear(self, step: Step, what: str, started: float) -> Reply:
        """One more answer to something that was said before."""
        return self.to_reply(*await self.hear_event(step, what, started))

    async def hear_event(self, step: Step, what: str, started: float, *, keep: bool = True) -> tuple[Event, float]:
        try:
            event = await self._next(self._deadline(started), keep=keep)
        except NetFailure as failure:
            self.lost(step, what, failure, started)
            raise Ended from failure
        return event, self.net.now() - started

    def _deadline(self, started: float, patience: float | None = None) -> float:
        """Until when to wait for something that was asked at `started`."""
        return min(started + (patience or self.terms.timeout), self._ends)

    async def _next(self, deadline: float, *, keep: bool = True) -> Event:
        while not self._events:
            data = await self._receive(deadline, keep=keep)
            if not self._take(data) and not data:
                raise NetFailure(Trouble.CLOSED)
        return self._events.popleft()

    async def _receive(self, deadline: float, *, keep: bool) -> bytes:
        data = await self.the_stream.read(deadline, keep=keep)
        self._room -= len(data)
        if self._room < 0:
            raise NetFailure(Trouble.TOO_MUCH, f"an answer of more than {_LONGEST_ANSWER} bytes")
        return data

    def _take(self, data: bytes) -> bool:
        """Feed the reader, b"" at the end, and note what it finds odd. True if there are events now."""
        found = self._reader.receive(data) if data else self._reader.end()
        for event in found:
            for deviation in event.deviations:
                self.the_stream.note(deviation)
        self._events += found
        return bool(found)

    def nonsense(self, size: int = 0) -> Outgoing:
        """A command that there is not, in a line of about so many bytes."""
        return Outgoing(b"XMAILPROOF" + (b" " + b"x" * size if size else b"") + b"\r\n")

    async def unasked(self, patience: float) -> Reply | None:
        """What the server says within so many seconds although nothing was asked; None for nothing."""
        try:
            return self.to_reply(await self._next(self._deadline(self.net.now(), patience)), 0.0)
        except NetFailure:
            return None

    def is_unasked(self, event: Event) -> bool:
        """Whether an event that stands here before anything was asked is no part of the answer."""
        return True

    def _set_aside_unasked(self) -> None:
        """What the server said on its own answers nothing that is asked after it."""
        while self._events and self.is_unasked(self._events[0]):
            reply = self.to_reply(self._events.popleft(), 0.0)
            self.the_stream.note(Deviation(DeviationKind.UNEXPECTED_REPLY, self._reader.offset, reply.line))

    def hang_up_follows(self, reply: Reply) -> None:
        """The server said that it will close: nothing more is asked."""
        self._last_word = reply

    def _obey_last_word(self) -> None:
        """Hang up where the server said that it will (RFC 5321 section 3.8). Raises Ended."""
        if self._last_word is None:
            return
        if self._asking is not None:  # a greeting that refuses is told as what it is
            step, what = self._asking
            turns = (self._last_word.turn,)
            self.saw(Interrupted(step, Trouble.CLOSED, what, self._last_word.seconds, self._last_word, turns))
        self._over = True
        self.the_stream.close()
        raise Ended

    def lost(self, step: Step, what: str, failure: NetFailure, started: float) -> None:
        """Note that the conversation broke off while it waited for the answer to `what`."""
        seconds = self.net.now() - started
        turn = self.the_stream.event(
            f"{trouble_words(failure)} after {seconds:.1f} s, waiting for the answer to {what}"
        )
        turns = (self._last_word.turn, turn) if self._last_word else (turn,)
        self.saw(Interrupted(step, failure.trouble, what, seconds, self._last_word, turns))
        self.took(step, started, failure)
        self.close()

    def drop(self) -> None:
        """Hang up without a word, as a client does that is gone."""
        self._over = True
        self.the_stream.close()

    def close(self) -> None:
        """Hang up, with a farewell if the server still listens. Never awaits."""
        if self.stream is not None:
            polite = not self._over and self.steps and self.steps[-1].status is Status.OK
            self.stream.close(self.farewell if polite and self._spoken else b"")
            self._over = True

    @property
    def _spoken(self) -> bool:
        return any(isinstance(seen, Greeting) and seen.trouble is None for seen in self.observations)

    def masked(self, lines: Sequence[bytes]) -> str:
        """A server's lines as text that is safe to keep and to print."""
        return "\n".join(escaped(self.the_stream, line) for line in lines)


def escaped(stream: Stream, data: bytes) -> str:
    """What a server sent, as text that is safe to keep and to print."""
    return to_text(stream.secrets.mask(data))


def trouble_words(failure: NetFailure) -> str:
    """What happened to the connection, for an event of the transcript."""
    said: dict[Any, str] = {
        Trouble.TIMEOUT: "nothing came",
        Trouble.CLOSED: "the server closed the connection",
        Trouble.RESET: "the connection was reset",
    }
    return said.get(failure.trouble) or failure.detail or str(failure.trouble)
