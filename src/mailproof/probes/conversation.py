"""The way in and the way out that SMTP, POP3 and IMAP have in common: greeting, TLS, login, goodbye."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Coroutine, Sequence
from typing import Any, ClassVar

import msgspec

from mailproof.model.attempt import Job, Step, Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities, Stage
from mailproof.model.connection import Greeting
from mailproof.model.endpoint import Endpoint, TlsMode
from mailproof.model.failure import NetFailure
from mailproof.model.record import Attempt
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.tls import Protection, StartTls, TlsHandshake, TlsPolicy, TlsSettings
from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.net.interface import Net
from mailproof.probes.dialled import Dialled
from mailproof.probes.handshake import handshake_fact, protection_of
from mailproof.probes.speech import Ended, Event, trouble_words
from mailproof.probes.terms import Terms
from mailproof.sasl.credentials import Credentials
from mailproof.wire.outgoing import Outgoing


class Answer(msgspec.Struct, frozen=True):
    """What the server said in the course of a SASL exchange."""

    reply: Reply
    challenge: bytes | None = None
    """Decoded; None where `reply` is the end, or where it is no base64."""


class Conversation(Dialled[Event]):
    """Of all four protocols alike. Methods raise Ended once the connection is of no use any more."""

    service: ClassVar[str]
    """Its name in SASL (RFC 4422 section 4)."""
    auth_verb: ClassVar[str]
    upgrade_command: ClassVar[str]
    upgrade_capability: ClassVar[str]
    initial_limit: ClassVar[int]
    """Characters of base64 that a command line has room for beside the name of the mechanism."""

    def __init__(self, net: Net, endpoint: Endpoint, terms: Terms, job: Job, secrets: Sequence[str] = ()) -> None:
        super().__init__(net, endpoint, terms, job, secrets)
        self.handshake: TlsHandshake | None = None
        self.offered: Capabilities | None = None
        """What the server last said it can."""
        self.stage = Stage.CLEAR
        self._line_by_line = False
        self._agreed = False
        """The server has said that it will go on in TLS."""
        self._greeting_since: float | None = None
        self._silence = 0.0
        """Seconds that the server was silent when patience ended; what was done since does not count."""

    # -- what each protocol says in its own way ---------------------------------------------------------------------

    @abstractmethod
    def upgrade_request(self) -> Outgoing: ...

    @abstractmethod
    async def capabilities(self) -> Capabilities:
        """Ask what the server can, and note it."""

    @abstractmethod
    def goodbye(self) -> Outgoing: ...

    @abstractmethod
    def auth_command(self, mechanism: str, initial: bytes | None) -> Outgoing: ...

    @abstractmethod
    def auth_response(self, response: bytes | None) -> Outgoing:
        """None cancels the exchange."""

    @abstractmethod
    def challenge_of(self, event: Event) -> bytes | None:
        """Decoded; None where the event is no challenge, or where it is no base64."""

    def takes_initial(self, size: int) -> bool:
        """Whether an initial response of so many characters of base64 may go along with the command."""
        return size <= self.initial_limit

    async def look_around(self) -> None:
        """What shows a user that the login leads somewhere: the mailbox, the scripts."""

    async def leave(self) -> Reply:
        """Say goodbye, wait for the answer, hang up."""
        self._obey_last_word()
        started = self.net.now()
        reply = await self.ask(Step.QUIT, self.goodbye(), self.farewell.split()[-1].decode())
        self.took(Step.QUIT, started)
        self._over = True
        self.the_stream.close()
        return reply

    # -- the way in -------------------------------------------------------------------------------------------------

    async def enter(self) -> Greeting | None:
        """From the dial to the last list of what the server can."""
        await self.connect()
        greeting = await self.greet()
        await self.secure()
        return greeting

    async def secure(self) -> bool:
        """Ask what the server can, start TLS if it may and can, and ask again. True inside TLS."""
        await self.capabilities()
        secured = await self.upgrade()
        if secured and self.offered is None:
            await self.capabilities()
        return secured

    async def connect(self) -> None:
        """Dial, unless that is done; then TLS where the scheme starts with it."""
        if self.stream is None:
            await self.connect_plainly()
        if self.endpoint.scheme.tls_mode is TlsMode.IMPLICIT:
            await self.start_tls()

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
                self._silence = self.net.now() - started
                # postscreen's teaser is a beginning: only a server that said nothing at all is looked at again.
                return None if self._heard == self._began else await self.greet()
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

    @property
    def _heard(self) -> int:
        """Bytes received so far, those of a proxy included."""
        return self._reader.offset + len(self._reader.pending)

    def give_up_greeting(self) -> None:
        """Note that there was none so far; raises Ended."""
        self._silent(self.net.now() - self._silence, NetFailure(Trouble.TIMEOUT))
        raise Ended

    def _silent(self, started: float, failure: NetFailure) -> None:
        seconds = self.net.now() - started
        turn = self.the_stream.event(f"no greeting: {trouble_words(failure)} after {seconds:.1f} s")
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
        if self.endpoint.path is not None and self.terms.tls is TlsPolicy.AUTO:
            return False  # a Unix socket: no network that anybody could listen on, and no name to verify
        turns = self.offered.turns
        if self.offered.get(self.upgrade_capability) is None:
            self.saw(StartTls(self.upgrade_command, False, turns=turns))
            return False
        started = self.net.now()
        reply = await self.ask_for_tls()
        self.saw(StartTls(self.upgrade_command, True, reply, (reply.turn,)))
        if reply.kind is not ReplyClass.POSITIVE:
            self.took(Step.STARTTLS, started, NetFailure(Trouble.REJECTED, reply.line))
            return False
        self.took(Step.STARTTLS, started)
        await self.start_tls()
        return True

    async def ask_for_tls(self, behind: bytes = b"") -> Reply:
        """STARTTLS or STLS. What comes behind an agreement is not read as an answer: see `start_tls`.

        `behind` is said in the same packet, as no client may.
        """
        self._line_by_line = True
        request = Outgoing(self.upgrade_request().data + behind)
        reply = await self.ask(Step.STARTTLS, request, self.upgrade_command)
        self._line_by_line = False
        self._agreed = reply.kind is ReplyClass.POSITIVE
        if not self._agreed and self._unread:
            behind, self._unread = self._unread, b""
            self._take(behind)
        return reply

    async def _receive(self, deadline: float, *, keep: bool) -> bytes:
        """Bytes for the reader: no more than a line where the next answer may be the last one in clear text."""
        if not self._line_by_line:
            return await super()._receive(deadline, keep=keep)
        data = self._unread or await super()._receive(deadline, keep=keep)
        line, newline, self._unread = data.partition(b"\n")
        return line + newline

    async def start_tls(self, settings: TlsSettings | None = None) -> None:
        """The handshake. What came in clear before it is thrown away: it never was inside TLS (CVE-2011-0411)."""
        stream, started = self.the_stream, self.net.now()
        left, self._unread = self._unread, b""
        heard = self._heard
        self._events.clear()
        before = stream.turn
        made = await stream.start_tls(
            settings or self.terms.settings,
            self.endpoint.name,
            self._deadline(started),
            left=left if self._agreed else None,
        )
        if self._agreed and made.clear_text and (made.trouble is None or made.alert):
            detail = f"{len(made.clear_text)} bytes"
            stream.note(Deviation(DeviationKind.TRAILING_DATA, heard, detail))
        turns = tuple(range(before + 1, stream.turn + 1)) or (stream.turn,)
        self.handshake = handshake_fact(self.endpoint.name, made, stream, turns)
        self.saw(self.handshake)
        if made.trouble is not None:
            self.took(Step.TLS, started, NetFailure(made.trouble, made.alert or made.detail))
            self.close()
            raise Ended
        self.took(Step.TLS, started)
        self.stage = Stage.TLS
        self.offered = None
        self._reader = self.new_reader(heard + len(made.clear_text))

    @property
    def protection(self) -> Protection:
        """What a secret said now would be protected by."""
        return protection_of(self.handshake)

    async def auth_begin(self, mechanism: str, initial: bytes | None) -> tuple[Answer, bool]:
        """Name the mechanism, with the initial response where there is room; says whether it went along."""
        if initial is not None and not self.takes_initial((len(initial) + 2) // 3 * 4):
            initial = None
        answer = await self._auth(self.auth_command(mechanism, initial), f"{self.auth_verb} {mechanism}")
        return answer, initial is not None

    async def auth_say(self, response: bytes | None) -> Answer:
        """One more response of an exchange; None cancels it."""
        return await self._auth(self.auth_response(response), self.auth_verb)

    async def _auth(self, outgoing: Outgoing, what: str) -> Answer:
        event, seconds = await self.ask_event(Step.AUTH, outgoing, what)
        return Answer(self.to_reply(event, seconds), self.challenge_of(event))

    def logged(self, step: Step, started: float, tried: LoginTried) -> None:
        """Note an attempt to log in, and where it leaves us."""
        self.saw(tried)
        if tried.accepted:
            self.stage = Stage.LOGGED_IN
            self.took(step, started)
        else:
            words = tried.error or (tried.reply.line if tried.reply else "")
            self.took(step, started, NetFailure(Trouble.REJECTED, words))


class OwnLogin(Conversation[Event]):
    """A protocol that had a login before SASL: POP3 and IMAP."""

    @abstractmethod
    def own_command(self, offered: Capabilities) -> str:
        """USER or LOGIN; empty where the server rules it out."""

    @abstractmethod
    async def log_in_by_command(self, credentials: Credentials, greeting: str) -> LoginTried:
        """By that command; `greeting` is for one that proves itself by it (APOP)."""


async def held(talk: Conversation[Any], course: Coroutine[Any, Any, Any]) -> Attempt:
    """Follow the course of a conversation to its end, or to where it breaks off; then hang up."""
    try:
        await course
    except Ended:
        pass
    finally:
        talk.close()
    return talk.attempt()
