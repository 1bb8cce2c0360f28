"""One connection, whatever it speaks: welcome, TLS, and the limits that end it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, Protocol, TypeVar

from mailproof.lab.embedded.behaviour import OnHello, Upgrade, Welcome
from mailproof.lab.embedded.chaos import STEP_OF, Step
from mailproof.lab.embedded.occasion import Occasion
from mailproof.lab.embedded.oddities import Oddity, odd_greeting, odd_list
from mailproof.lab.embedded.site import Desk, Site
from mailproof.model.attempt import Trouble
from mailproof.model.endpoint import TlsMode
from mailproof.model.failure import NetFailure
from mailproof.net.interface import ServerStream

# Of a session that says nothing, for a fault; longer than any client waits.
_SILENT = 3600.0
# access(5): after these Postfix hangs up.
HANG_UP_CODES = frozenset({421, 521})

Event = TypeVar("Event")
Read = TypeVar("Read", covariant=True)


class Over(Exception):
    """The session has come to its end; what there was to say has been said."""


class Reader(Protocol[Read]):
    """The shape of every server-role reader of `wire`."""

    def feed(self, data: bytes) -> None: ...
    def next_event(self) -> Read | None: ...
    def expect_line(self) -> None: ...


class Session(ABC, Generic[Event]):
    """Of SMTP, POP3, IMAP and ManageSieve alike. `serve` never raises for what a client or the network does."""

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
    async def turn(self) -> None:
        """Read one command and answer it. Raises Over at the end."""

    @abstractmethod
    def log_connected(self) -> None: ...

    @abstractmethod
    def log_disconnected(self) -> None: ...

    @abstractmethod
    def log_tls(self, words: str, *, ok: bool) -> None: ...

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


def _in_pieces(data: bytes) -> bytes:
    """With a line end where a buffer of 2048 bytes would be full."""
    pieces = (data[at : at + 2048] for at in range(0, len(data), 2048))
    return b"\r\n".join(pieces)
