"""One connection of one job: says, listens, and keeps what was seen. What SMTP, POP3 and IMAP have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import msgspec

from mailproof.model.attempt import Skipped, Status, Step, StepTaken, Trouble
from mailproof.model.endpoint import Endpoint, TlsMode
from mailproof.model.escape import to_text
from mailproof.model.failure import NetFailure
from mailproof.model.observation import (
    AnyObservation,
    Capabilities,
    Connection,
    Greeting,
    Interrupted,
    LoginTried,
    Reply,
    ReplyClass,
    Stage,
    StartTls,
    TlsHandshake,
)
from mailproof.model.record import Attempt
from mailproof.model.tls import Protection, TlsPolicy, TlsSettings
from mailproof.model.transcript import Deviation, DeviationKind, Transcript, Turn, TurnKind
from mailproof.net.interface import Net, Stream
from mailproof.parse.certificate import read_certificate
from mailproof.parse.hostname import names_host
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


class Answer(msgspec.Struct, frozen=True):
    """What the server said in the course of a SASL exchange."""

    reply: Reply
    challenge: bytes | None = None
    """Decoded; None where `reply` is the end, or where it is no base64."""


Event = TypeVar("Event", bound=_Read)


class Reader(Protocol[Event]):
    """The shape of every client-role reader of `wire`."""

    def receive(self, data: bytes) -> list[Event]: ...
    def end(self) -> list[Event]: ...
    @property
    def pending(self) -> bytes: ...
    @property
    def offset(self) -> int: ...


class Conversation(ABC, Generic[Event]):
    """Base of the three protocols. Methods raise Ended once the connection is of no use any more."""

    service: ClassVar[str]
    """Its name in SASL (RFC 4422 section 4)."""
    upgrade_command: ClassVar[str]
    upgrade_capability: ClassVar[str]
    farewell: ClassVar[bytes]

    def __init__(self, net: Net, endpoint: Endpoint, terms: Terms, job: str, secrets: Sequence[str] = ()) -> None:
        self.net = net
        self.endpoint = endpoint
        self.terms = terms
        self.job = job
        self.stream: Stream | None = None
        self.handshake: TlsHandshake | None = None
        self.offered: Capabilities | None = None
        """What the server last said it can."""
        self.stage = Stage.CLEAR
        self._secrets = secrets
        self._steps: list[StepTaken] = []
        self._observations: list[AnyObservation] = []
        self._skipped: list[Skipped] = []
        self._events: deque[Event] = deque()
        self._reader: Reader[Event] = self.new_reader(0)
        self._last_word: Reply | None = None
        """A reply after which the server hangs up: 421, BYE."""
        self._unconnected: Transcript | None = None
        self._over = False
        self._greeting_since: float | None = None
        self._ends = float("inf")
        self._room: float = _LONGEST_ANSWER

    # -- what each protocol says in its own way ---------------------------------------------------------------------

    @abstractmethod
    def new_reader(self, offset: int) -> Reader[Event]: ...

    @abstractmethod
    def to_reply(self, event: Event, seconds: float) -> Reply: ...

    @abstractmethod
    def upgrade_request(self) -> Outgoing: ...

    @abstractmethod
    async def capabilities(self) -> Capabilities:
        """Ask what the server can, and note it."""

    @abstractmethod
    def goodbye(self) -> Outgoing: ...

    @abstractmethod
    async def auth_begin(self, mechanism: str, initial: bytes | None) -> tuple[Answer, bool]:
        """Name the mechanism, with the initial response where the protocol has room; says whether it went along."""

    @abstractmethod
    async def auth_say(self, response: bytes | None) -> Answer:
        """One more response of an exchange; None cancels it."""

    async def leave(self) -> None:
        """Say goodbye, wait for the answer, hang up."""
        started = self.net.now()
        await self.ask(Step.QUIT, self.goodbye(), self.farewell.split()[-1].decode())
        self.took(Step.QUIT, started)
        self._over = True
        self.the_stream.close()

    # -- the way in -------------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Dial; then TLS where the scheme starts with it."""
        await self.connect_plainly()
        if self.endpoint.scheme.tls_mode is TlsMode.IMPLICIT:
            await self.start_tls()

    async def connect_plainly(self) -> None:
        """Dial, and nothing more."""
        started = self.net.now()
        self._ends = started + self.terms.session_timeout
        deadline = started + self.terms.connect_timeout
        where = self.endpoint.path or _place(self.endpoint)
        try:
            self.stream = await self.net.connect(
                self.endpoint, deadline, purpose=self.job, secrets=self._secrets, source=self.terms.source
            )
        except NetFailure as failure:
            seconds = self.net.now() - started
            words = failure.detail or {Trouble.TIMEOUT: "no answer"}.get(failure.trouble, str(failure.trouble))
            turn = Turn(TurnKind.EVENT, started, f"connect to {where}: {words} (after {seconds:.1f} s)")
            self._unconnected = Transcript(self.endpoint.url, self.endpoint.address, self.job, (turn,))
            self.saw(Connection(where, seconds, trouble=failure.trouble, detail=failure.detail, turns=(0,)))
            self.took(Step.CONNECT, started, failure)
            raise Ended from failure
        event = self.stream.event(
            f"connected to {where}" + (f" from {self.stream.local}" if self.stream.local else "")
        )
        self.saw(Connection(where, self.net.now() - started, self.stream.local, turns=(event,)))
        self.took(Step.CONNECT, started)

    async def greet(self, patience: float | None = None) -> Greeting | None:
        """What the server says first. None if it stayed silent for `patience` seconds; then ask again without.

        Without `patience` silence until the timeout of the run ends the conversation.
        """
        if self._greeting_since is None:
            self._greeting_since = self.net.now()
        started = self._greeting_since
        try:
            event = await self._next(self._deadline(started, patience))
        except NetFailure as failure:
            if patience and failure.trouble is Trouble.TIMEOUT:
                # postscreen's teaser is a beginning: only a server that said nothing at all is looked at again.
                return None if not self._reader.offset + len(self._reader.pending) else await self.greet()
            self._silent(started, failure)
            raise Ended from failure
        reply = self.to_reply(event, self.net.now() - started)
        strange = reply.kind is ReplyClass.INVALID
        trouble = Trouble.NOT_THE_PROTOCOL if strange else None
        greeting = Greeting(reply.seconds, reply, trouble, (reply.turn,))
        self.saw(greeting)
        refused = strange or reply.kind in (ReplyClass.TRANSIENT, ReplyClass.PERMANENT)
        self.took(Step.GREETING, started, NetFailure(trouble or Trouble.REJECTED, reply.line) if refused else None)
        if strange:
            self.close()
            raise Ended
        if refused:
            await self.leave()
            raise Ended
        return greeting

    def give_up_greeting(self) -> None:
        """Note that there was none so far; raises Ended."""
        failure = NetFailure(Trouble.TIMEOUT)
        self._silent(self.net.now() if self._greeting_since is None else self._greeting_since, failure)
        raise Ended

    def _silent(self, started: float, failure: NetFailure) -> None:
        seconds = self.net.now() - started
        turn = self.the_stream.event(f"no greeting: {_words(failure)} after {seconds:.1f} s")
        self.saw(Greeting(seconds, None, failure.trouble, (turn,)))
        self.took(Step.GREETING, started, failure)
        self.close()

    async def upgrade(self) -> bool:
        """STARTTLS or STLS where it is offered and wanted; True inside TLS.

        False means that the conversation goes on in clear text. A handshake that fails ends it.
        """
        if self.endpoint.scheme.tls_mode is TlsMode.IMPLICIT or self.stage is not Stage.CLEAR:
            return True
        if self.terms.tls is TlsPolicy.NEVER or self.offered is None:
            return False
        turns = self.offered.turns
        if self.offered.get(self.upgrade_capability) is None:
            self.saw(StartTls(self.upgrade_command, False, turns=turns))
            return False
        started = self.net.now()
        reply = await self.ask(Step.STARTTLS, self.upgrade_request(), self.upgrade_command)
        trailing = len(self._reader.pending) + len(self._events)
        if trailing:
            self.the_stream.note(Deviation(DeviationKind.TRAILING_DATA, self._reader.offset))
        self.saw(StartTls(self.upgrade_command, True, reply, trailing, (reply.turn,)))
        if reply.kind is not ReplyClass.POSITIVE:
            self.took(Step.STARTTLS, started, NetFailure(Trouble.REJECTED, reply.line))
            return False
        self.took(Step.STARTTLS, started)
        await self.start_tls()
        return True

    async def start_tls(self, settings: TlsSettings | None = None) -> None:
        """The handshake. What a parser still holds is thrown away: it never was inside TLS."""
        stream, started = self.the_stream, self.net.now()
        self._events.clear()
        before = stream.turn
        made = await stream.start_tls(settings or self.terms.settings, self.endpoint.name, self._deadline(started))
        chain = tuple(found for der in made.chain if (found := read_certificate(der)) is not None)
        self.handshake = TlsHandshake(
            self.endpoint.name,
            made.seconds,
            made.version,
            made.cipher,
            made.group,
            chain,
            made.errors,
            made.trouble,
            made.alert,
            stream.secrets.mask_text(made.detail),
            _escaped(stream, made.clear_text),
            tuple(range(before + 1, stream.turn + 1)) or (stream.turn,),
        )
        self.saw(self.handshake)
        if made.trouble is not None:
            self.took(Step.TLS, started, NetFailure(made.trouble, made.alert or made.detail))
            self.close()
            raise Ended
        self.took(Step.TLS, started)
        self.stage = Stage.TLS
        self.offered = None
        self._reader = self.new_reader(self._reader.offset + len(self._reader.pending))

    @property
    def protection(self) -> Protection:
        """What a secret said now would be protected by."""
        return protection_of(self.handshake)

    # -- saying and hearing -----------------------------------------------------------------------------------------

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
            data = await self.the_stream.read(deadline, keep=keep)
            self._room -= len(data)
            if self._room < 0:
                raise NetFailure(Trouble.TOO_MUCH, f"an answer of more than {_LONGEST_ANSWER} bytes")
            found = self._reader.receive(data) if data else self._reader.end()
            for event in found:
                for deviation in event.deviations:
                    self.the_stream.note(deviation)
            self._events += found
            if not data and not found:
                raise NetFailure(Trouble.CLOSED)
        return self._events.popleft()

    def is_unasked(self, event: Event) -> bool:
        """Whether an event that stands here before anything was asked is no part of the answer."""
        return True

    def _set_aside_unasked(self) -> None:
        """What the server said on its own answers nothing that is asked after it."""
        while self._events and self.is_unasked(self._events[0]):
            reply = self.to_reply(self._events.popleft(), 0.0)
            self.the_stream.note(Deviation(DeviationKind.UNEXPECTED_REPLY, self._reader.offset, reply.line))

    def hang_up_follows(self, reply: Reply) -> None:
        """The server said that it will close; if it does, this was why."""
        self._last_word = reply

    def lost(self, step: Step, what: str, failure: NetFailure, started: float) -> None:
        """Note that the conversation broke off while it waited for the answer to `what`."""
        seconds = self.net.now() - started
        turn = self.the_stream.event(f"{_words(failure)} after {seconds:.1f} s, waiting for the answer to {what}")
        turns = (self._last_word.turn, turn) if self._last_word else (turn,)
        self.saw(Interrupted(step, failure.trouble, what, seconds, self._last_word, turns))
        self.took(step, started, failure)
        self.close()

    # -- the notebook -----------------------------------------------------------------------------------------------

    def saw(self, observation: AnyObservation) -> None:
        self._observations.append(observation)

    def took(self, step: Step, started: float, failure: NetFailure | None = None) -> None:
        """Note that a step was taken, and whether it failed."""
        seconds = self.net.now() - started
        if failure is None:
            self._steps.append(StepTaken(step, Status.OK, seconds))
            return
        detail = self.stream.secrets.mask_text(failure.detail) if self.stream else failure.detail
        self._steps.append(StepTaken(step, Status.FAILED, seconds, failure.trouble, detail))

    def took_login(self, step: Step, started: float, tried: LoginTried) -> None:
        """Note how a login ended."""
        if tried.accepted:
            self.took(step, started)
            return
        words = tried.error or (tried.reply.line if tried.reply else "")
        self.took(step, started, NetFailure(Trouble.REJECTED, words))

    def skip(self, what: str, why: str, *, asked: bool = False, **params: str) -> None:
        self._skipped.append(Skipped(what, why, self.endpoint.url, asked, params))

    def close(self) -> None:
        """Hang up, with a farewell if the server still listens. Never awaits."""
        if self.stream is not None:
            polite = not self._over and self._steps and self._steps[-1].status is Status.OK
            self.stream.close(self.farewell if polite and self._spoken else b"")
            self._over = True

    @property
    def _spoken(self) -> bool:
        return any(isinstance(seen, Greeting) and seen.trouble is None for seen in self._observations)

    def attempt(self) -> Attempt:
        """All of it, as the record keeps it."""
        transcript = self.stream.transcript() if self.stream else self._unconnected
        return Attempt(
            self.job,
            self.endpoint,
            tuple(self._steps),
            tuple(self._observations),
            tuple(self._skipped),
            transcript,
        )

    def masked(self, lines: Sequence[bytes]) -> str:
        """A server's lines as text that is safe to keep and to print."""
        return "\n".join(_escaped(self.the_stream, line) for line in lines)


def protection_of(handshake: TlsHandshake | None) -> Protection:
    """Whether a handshake was made, with a chain that verifies and names the host."""
    if handshake is None or handshake.trouble is not None:
        return Protection.NONE
    if handshake.errors or not handshake.chain:
        return Protection.UNVERIFIED
    leaf = handshake.chain[0]
    named = names_host(leaf.dns_names, leaf.ip_addresses, handshake.name)
    return Protection.VERIFIED if named else Protection.UNVERIFIED


def _escaped(stream: Stream, data: bytes) -> str:
    return to_text(stream.secrets.mask(data))


def _place(endpoint: Endpoint) -> str:
    host = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    return f"{host}:{endpoint.port}"


def _words(failure: NetFailure) -> str:
    said: dict[Any, str] = {
        Trouble.TIMEOUT: "nothing came",
        Trouble.CLOSED: "the server closed the connection",
        Trouble.RESET: "the connection was reset",
    }
    return said.get(failure.trouble) or failure.detail or str(failure.trouble)
