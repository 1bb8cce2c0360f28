"""One connection, whatever it speaks: welcome, TLS, logins, and the limits that end it."""

from __future__ import annotations

import base64
import binascii
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, Protocol, TypeVar

import msgspec

from mailproof.lab.embedded.accounts import Directory
from mailproof.lab.embedded.behaviour import (
    MECHANISMS,
    WRONG_PASSWORD,
    LoginReply,
    OnHello,
    Passwords,
    Upgrade,
    Welcome,
)
from mailproof.lab.embedded.chaos import STEP_OF, Step
from mailproof.lab.embedded.occasion import Occasion
from mailproof.lab.embedded.oddities import Oddity, odd_challenge, odd_greeting, odd_list
from mailproof.lab.embedded.site import FAILURE_DELAY, Desk, Site
from mailproof.model.attempt import Trouble
from mailproof.model.endpoint import TlsMode
from mailproof.model.failure import NetFailure
from mailproof.net.interface import ServerStream
from mailproof.sasl import registry
from mailproof.sasl.credentials import BINDINGS
from mailproof.sasl.exchange import serve
from mailproof.sasl.server import Accepted, Challenge, Reason, Rejected, Service, check_password
from mailproof.wire.commands import ClientLine

# Of a session that says nothing, for a fault; longer than any client waits.
_SILENT = 3600.0
# access(5): after these Postfix hangs up.
HANG_UP_CODES = frozenset({421, 521})
# No mechanism takes more rounds.
_ROUNDS = 8
# Dovecot hangs up after so many logins that failed; Postfix counts them as errors.
MOST_FAILURES = 10

Event = TypeVar("Event")
Read = TypeVar("Read", covariant=True)


class Over(Exception):
    """The session has come to its end; what there was to say has been said."""


class Reader(Protocol[Read]):
    """The shape of every server-role reader of `wire`."""

    def feed(self, data: bytes) -> None: ...
    def next_event(self) -> Read | None: ...
    def expect_line(self) -> None: ...


class Login(msgspec.Struct, frozen=True):
    """How a login ended."""

    user: str = ""
    """Who it is; empty if it was refused."""
    given: str = ""
    """The name that was given, as far as it is known; unchecked text of the client, for the log."""
    method: str = ""
    refused: LoginReply | None = None
    reason: Reason | None = None
    """For the log."""


class Session(ABC, Generic[Event]):
    """Base of SMTP, POP3, IMAP and ManageSieve. `serve` never raises for what a client or the network does."""

    service: ClassVar[str]
    """Its name in SASL (RFC 4422 section 4)."""
    patience: ClassVar[float]
    """Seconds in which one command must come whole, so that who drips a byte a second is sent away too."""
    upgrade_word: ClassVar[str]

    def __init__(self, site: Site, desk: Desk, stream: ServerStream) -> None:
        self.site = site
        self.desk = desk
        self.behaviour = desk.behaviour
        self.stream = stream
        self.user = ""
        self.client = stream.remote.rpartition(":")[0].strip("[]") or "local"
        self.pid = site.log.process()
        self._directory = Directory(site.accounts, tokens_expired=self.behaviour.tokens_expired)
        self.failures = 0
        self._reader: Reader[Event] = self.new_reader()
        self._listing = False
        """What is said next begins a list of capabilities."""

    # -- what each protocol says in its own way ---------------------------------------------------------------------

    @abstractmethod
    def new_reader(self) -> Reader[Event]: ...

    @abstractmethod
    def greeting(self) -> bytes: ...

    @abstractmethod
    def refused_greeting(self) -> bytes:
        """In the place of the greeting, before hanging up."""

    @abstractmethod
    def farewell_when_late(self) -> bytes: ...

    @abstractmethod
    def refusal(self, step: Step, code: int, text: str) -> bytes:
        """Of a step that means no more than `code` of SMTP does: 4xx for now, 5xx for ever."""

    @abstractmethod
    def challenge(self, data: bytes) -> bytes: ...

    @abstractmethod
    async def turn(self) -> None:
        """Read one command and answer it. Raises Over at the end."""

    @abstractmethod
    def log_connected(self) -> None: ...

    @abstractmethod
    def log_disconnected(self) -> None: ...

    @abstractmethod
    def log_tls(self, words: str, *, ok: bool) -> None: ...

    @abstractmethod
    def log_login(self, login: Login) -> None: ...

    def log_refused(self, step: Step, code: int, text: str) -> None:
        """A step that was refused for no reason of its own; only SMTP's log has such."""

    def log_cut(self, step: Step) -> None:
        """The connection ended there, without an answer."""

    # -- the course of a session ------------------------------------------------------------------------------------

    async def serve(self) -> None:
        admitted = self.site.enter(self.client, self.desk.scheme)
        self.log_connected()
        try:
            await self._welcome(admitted)
            while True:
                await self.turn()
        except Over:
            pass
        except NetFailure as failure:
            if failure.trouble is Trouble.TIMEOUT:
                self.stream.close(self.farewell_when_late())
        finally:
            self.site.leave(self.client)
            self.log_disconnected()

    async def _welcome(self, admitted: bool) -> None:
        if self.behaviour.tls_at_once:
            await self.secure()
        welcome, delay = self.behaviour.welcome, self.behaviour.welcome_delay
        if welcome is Welcome.SILENCE:
            await self.stay_silent()
        if welcome in (Welcome.FOREIGN, Welcome.NOISE):
            await self.say(b"SSH-2.0-OpenSSH_9.6\r\n" if welcome is Welcome.FOREIGN else b"Service ready.\r\n")
            await self.stay_silent()
        if welcome is Welcome.REFUSAL or not admitted or self._comes_too_often:
            await self.pause(delay)
            await self.say(self.refused_greeting())
            raise Over
        if await self.disturbed(Step.CONNECT):
            raise Over
        greeting = self.greeting()
        if welcome is Welcome.TEASER:
            await self.say(greeting[:3] + b"-" + greeting[4:])
        await self.pause(delay)
        await self.say(odd_greeting(self.behaviour.oddities, greeting))

    @property
    def _comes_too_often(self) -> bool:
        most = self.behaviour.most_visits
        return bool(most) and self.site.visits(self.client, self.desk.scheme) > most

    async def stay_silent(self) -> None:
        """Hear, and say nothing, until the client gives up; raises Over."""
        until = self.site.net.now() + _SILENT
        try:
            while await self.stream.read(until, keep=False):
                pass
        except NetFailure:
            pass
        raise Over

    async def hello(self) -> None:
        """To be called where the client asks what the server can: some faults are met here."""
        match self.behaviour.on_hello:
            case OnHello.SILENCE:
                await self.stay_silent()
            case OnHello.HANG_UP:
                raise Over
            case OnHello.NONSENSE:
                await self.say(b"\x00\x01\x02 what?\r\n")
            case OnHello.ANSWER | OnHello.REFUSAL:
                self._listing = True

    async def disturbed(self, at: Step | str, answers: int = 1) -> bool:
        """Whether a disturbance has answered this step, or command, in its own way. Raises Over where it hangs up."""
        step = at if isinstance(at, Step) else STEP_OF.get(at)
        for each in self.behaviour.disturbances:
            if each.step is not step or not self.strikes(each.occasion):
                continue
            await self.pause(each.occasion.delay)
            if each.hang_up:
                self.log_cut(each.step)
                raise Over
            if each.code:
                text = f"Error: {'try again later' if each.code < 500 else 'refused'} (--fault {each.occasion.fault})"
                self.log_refused(each.step, each.code, text)
                await self.say(self.refusal(each.step, each.code, text) * answers)
                if each.code in HANG_UP_CODES:
                    raise Over
                return True
        return False

    def strikes(self, occasion: Occasion) -> bool:
        return self.site.fortune.strikes(occasion, self.desk.scheme)

    # -- hearing and saying -----------------------------------------------------------------------------------------

    async def next_event(self, patience: float | None = None) -> Event:
        deadline = self.site.net.now() + (patience or self.patience)
        while (event := self._reader.next_event()) is None:
            data = await self.stream.read(deadline, keep=False)
            if not data:
                raise Over
            self._reader.feed(_in_pieces(data) if self.behaviour.splits_lines else data)
        return event

    async def pause(self, seconds: float) -> None:
        if seconds:
            await self.site.net.sleep(seconds)

    async def say(self, data: bytes) -> None:
        listing, self._listing = self._listing, False
        odd = odd_list(self.behaviour.oddities, data) if listing else data
        await self.stream.write(odd, self.site.net.now() + self.patience, keep=False)
        if listing and Oddity.CUT_OFF in self.behaviour.oddities:
            raise Over

    # -- TLS --------------------------------------------------------------------------------------------------------

    @property
    def can_upgrade(self) -> bool:
        return (
            not self.stream.is_tls
            and not self.behaviour.tls_at_once
            and self.desk.scheme.tls_mode is not TlsMode.IMPLICIT
        )

    @property
    def upgrade_offer(self) -> str:
        """What stands in the list of capabilities; empty for nothing."""
        if not self.can_upgrade:
            twice = Oddity.OFFERS_TLS_TWICE in self.behaviour.oddities and self.stream.is_tls
            return self.upgrade_word if twice and not self.behaviour.tls_at_once else ""
        match self.behaviour.upgrade:
            case Upgrade.NOT_OFFERED:
                return ""
            case Upgrade.STRIPPED:
                return "X" * len(self.upgrade_word)
            case Upgrade.OFFERED | Upgrade.REFUSED:
                return self.upgrade_word

    async def secure(self) -> None:
        """The handshake. Clear text that came before it is thrown away (CVE-2011-0411)."""
        deadline = self.site.net.now() + self.patience
        if Oddity.BEFORE_TLS in self.behaviour.oddities and not self.behaviour.tls_at_once:
            await self.say(self.greeting())
        if self.behaviour.tls_alert is not None:
            await self.stream.read(deadline, keep=False)
            await self.say(bytes([0x15, 3, 1, 0, 2, 2, self.behaviour.tls_alert]))
            self.log_tls("internal error", ok=False)
            raise Over
        made = await self.stream.accept_tls(self.desk.tls, deadline)
        if made.trouble is not None:
            self.log_tls(made.alert or made.detail or str(made.trouble), ok=False)
            raise Over
        self.log_tls(f"{made.version} with cipher {made.cipher}", ok=True)
        if not self.behaviour.reads_injected:
            self._reader = self.new_reader()

    # -- logins -----------------------------------------------------------------------------------------------------

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """SASL mechanisms offered now."""
        if not self.takes_logins:
            return ()
        bound = bool(self._binding())
        left_out = self.behaviour.without_mechanisms
        return tuple(m for m in MECHANISMS if m not in left_out and (bound or not m.endswith("-PLUS")))

    @property
    def offered(self) -> tuple[str, ...]:
        """Those of them that stand in the list of capabilities."""
        hidden = self.behaviour.passwords is Passwords.HIDDEN and not self.stream.is_tls
        return () if hidden else self.mechanisms

    @property
    def takes_logins(self) -> bool:
        match self.behaviour.passwords:
            case Passwords.NEVER:
                return False
            case Passwords.ALWAYS | Passwords.HIDDEN:
                return True
            case Passwords.IN_TLS:
                return self.stream.is_tls

    def _binding(self) -> dict[str, bytes]:
        return {kind: data for kind in BINDINGS if (data := self.stream.channel_binding(kind)) is not None}

    async def authenticate(self, mechanism: str, initial: bytes | None) -> Login:
        """Run one exchange to its end; `initial` as it stood in the command, in base64."""
        responses: list[bytes | None] = []
        if initial is not None:
            first = _decoded(b"" if initial == b"=" else initial)
            if first is None:
                return await self.settle(Login(method=mechanism, reason=Reason.MALFORMED))
            responses.append(first)
        binding = self._binding()
        service = Service(
            self.service,
            self.site.hostname,
            self.site.nonce(),
            iterations=self.behaviour.scram_iterations,
            binding=binding,
            bound_offered=bool(binding),
        )
        for _ in range(_ROUNDS):
            outcome = serve(registry.MECHANISMS[mechanism], self._directory, service, responses)
            match outcome:
                case Challenge(data):
                    responses.append(await self._ask(data))
                case Accepted(user, None):
                    return await self.settle(Login(user.lower(), user, mechanism))
                case Accepted(user, bytes() as data):
                    final = await self._ask(data)
                    reason = Reason.CANCELLED if final is None else Reason.MALFORMED if final else None
                    return await self.settle(Login("" if reason else user.lower(), user, mechanism, reason=reason))
                case Rejected(reason, given):
                    return await self.settle(Login("", given, mechanism, reason=reason))
        return await self.settle(Login(method=mechanism, reason=Reason.MALFORMED))

    async def _ask(self, data: bytes) -> bytes | None:
        """The answer to a challenge; None if the client cancels. What is no base64 is passed on to be refused."""
        self._reader.expect_line()
        await self.say(odd_challenge(self.behaviour.oddities, self.challenge(data), data))
        event = await self.next_event()
        if not isinstance(event, ClientLine) or event.data.strip() == b"*":
            return None
        answer = _decoded(event.data.strip())
        return b"\0" if answer is None else answer

    async def check(self, user: str, password: bytes, method: str) -> Login:
        """A login by the protocol's own command."""
        reason = check_password(self._directory, user, password)
        return await self.settle(Login("" if reason else user.lower(), user, method, reason=reason))

    async def settle(self, login: Login) -> Login:
        """What the behaviour makes of a login, after the delay that a failure costs."""
        late = self.site.penalty(self.client) if self.behaviour.penalty else 0.0
        about = (r for r in self.behaviour.login_replies if not r.mechanisms or login.method in r.mechanisms)
        struck = (reply for reply in about if self.strikes(reply.occasion))
        reply = next(struck, None if login.user else WRONG_PASSWORD)
        if reply is not None and login.reason is not Reason.CANCELLED:
            login = msgspec.structs.replace(login, user="", refused=reply, reason=login.reason or reply.reason)
        if login.refused is not None:
            self.failures += 1
            late += FAILURE_DELAY + login.refused.occasion.delay
            self.site.note_failure(self.client)
        await self.pause(late)
        self.log_login(login)
        self.user = login.user
        return login

    @property
    def has_failed_enough(self) -> bool:
        return self.failures >= MOST_FAILURES


def _in_pieces(data: bytes) -> bytes:
    """With a line end where a buffer of 2048 bytes would be full."""
    pieces = (data[at : at + 2048] for at in range(0, len(data), 2048))
    return b"\r\n".join(pieces)


def _decoded(data: bytes) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        return None
