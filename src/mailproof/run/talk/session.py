"""A session by hand: what both of its tasks share, the connection, what was asked and how far it is.

One task says what is typed (`typist.py`), the other listens (`listener.py`) and is the only one that reads; so
whatever an answer leads to (the handshake, the second EHLO, the next step of a login) is done by the listener.
"""

from __future__ import annotations

from collections import deque
from enum import StrEnum

from mailproof.model.escape import to_text
from mailproof.model.talk import TalkPlace, TalkProtocol
from mailproof.model.transcript import SECRET
from mailproof.net.interface import Net
from mailproof.parse.talk.heard import HeardLine, LineKind, Replies
from mailproof.parse.talk.notes import Note
from mailproof.parse.talk.offers import mechanisms_in, xclient_lacks
from mailproof.probes.terms import Terms
from mailproof.run.hand.stages import Stage
from mailproof.run.talk.auth import Login
from mailproof.run.talk.line import TalkLine
from mailproof.run.talk.progress import Progress
from mailproof.run.talk.screen import Screen
from mailproof.run.talk.shown import eyes, shown
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.smtp import commands
from mailproof.wire.starttls.course import Names, Upgrade

P = TalkProtocol


class Phase(StrEnum):
    """What the next typed line is."""

    COMMAND = "command"
    MESSAGE = "message"
    ANSWER = "answer"
    """To a challenge: a secret."""
    OVER = "over"


class Session:
    def __init__(self, net: Net, place: TalkPlace, terms: Terms, screen: Screen, *, lf: bool = False) -> None:
        self.line = TalkLine(net, place, terms, terms.secrets)
        self.terms = terms
        self.screen = screen
        self.phase = Phase.COMMAND
        self.end = b"\n" if lf else b"\r\n"
        """Behind each line that is typed."""
        self.offered: tuple[str, ...] = ()
        """What the server last said it can, a line each."""
        self.asks_user = False
        """Of a challenge: it asks for a name, which is no secret."""
        self.progress = Progress()
        self.stage = Stage.CONNECT
        """Where it stands, and for an exit code where it ended."""
        self.written = 0
        """How many lines went out that are answered."""
        self._net = net
        self._place = place
        self._replies = Replies(place.protocol)
        self._waiting: deque[tuple[str, float]] = deque()
        """What was asked and when, as long as it is not answered."""
        self._login: Login | None = None
        self._login_asked = "AUTH"
        self._client = terms.xclient
        """Whom to be taken for, as long as that was not said."""

    @property
    def protocol(self) -> TalkProtocol:
        return self._place.protocol

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """SASL mechanisms, as last offered."""
        return mechanisms_in(self.offered)

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._waiting)

    @property
    def waited(self) -> float:
        """Seconds since what is to be answered next was said; 0 where nothing is."""
        return self._net.now() - self._waiting[0][1] if self._waiting else 0.0

    @property
    def is_over(self) -> bool:
        return self.phase is Phase.OVER

    @property
    def names(self) -> Names:
        return Names(self.terms.ehlo, self._place.name or self._place.host)

    # -- what was asked, and what answers it ------------------------------------------------------------------------

    async def write(self, outgoing: Outgoing, asked: str) -> None:
        """`asked` is the command that the next answer will be to. Raises NetFailure."""
        if self.protocol is not P.HTTP or not asked:  # which answers to the empty line behind its headers
            self._waiting.append((asked, self._net.now()))
        self.written += 1
        if len(self._waiting) == 1:
            self._replies.asked(asked)
        await self.line.stream.write(outgoing.data, self.line.deadline, secret=outgoing.secret)

    async def send(self, outgoing: Outgoing, asked: str) -> None:
        """A line that nobody typed: it is shown. Raises NetFailure."""
        self.screen.said(shown(outgoing))
        await self.write(outgoing, asked)

    def hear(self, data: bytes) -> tuple[HeardLine, str]:
        """A line of the server, and the command that it is the end of an answer to; empty where none waits."""
        heard = self._replies.line(data)
        if heard.kind is LineKind.PART:
            return heard, ""
        asked = self._waiting.popleft()[0] if self._waiting else ""
        self._replies.asked(self._waiting[0][0] if self._waiting else "")
        return heard, asked

    def expect_nothing(self) -> None:
        """Where nobody can tell whether an answer is complete, or what was asked before counts no more."""
        self._waiting.clear()

    def show(self, data: bytes) -> None:
        """A line of the server."""
        self.screen.heard(eyes(self.line.stream.secrets.mask(data)))

    # -- what both may begin ----------------------------------------------------------------------------------------

    async def secure(self, left: bytes | None) -> bool:
        """Make the handshake and show the chain; False where it failed. `left` is what came behind the go-ahead."""
        self.stage = Stage.TLS
        self.expect_nothing()
        handshake = await self.line.secure(left)
        if left and handshake.clear_text:
            self.screen.note(Note("tls-injected", {"text": handshake.clear_text}))
        if handshake.trouble is not None:
            self.screen.event("tls-failed", why=handshake.alert or handshake.detail or handshake.trouble)
            if handshake.clear_text:
                self.screen.note(Note("tls-clear-text", {"text": handshake.clear_text}))
            self.over()
            return False
        self.screen.certificate(handshake)
        self.stage = Stage.OPEN
        return True

    async def say_hello(self, upgrade: Upgrade) -> None:
        """EHLO and its like; the listener hears the answer."""
        hello = upgrade.hello(self.names)
        if hello:
            await self.send(Outgoing(hello), to_text(hello.rstrip(b"\r\n")))
        elif self.protocol is P.SIEVE:
            self._waiting.append(("CAPABILITY", self._net.now()))  # it lists them again by itself

    async def introduce(self, attributes: tuple[str, ...] = ()) -> None:
        """XCLIENT with these attributes, or those of the terms; where it is not offered, that is told.

        The listener hears the new greeting, and EHLO is said again.
        """
        wanted, self._client = attributes or self._client, ()
        if not wanted:
            return
        lacking = xclient_lacks(self.offered, wanted)
        if lacking:
            self.screen.event("xclient-not-offered", names=lacking)
            return
        asked = commands.xclient(*wanted)
        await self.send(asked, to_text(asked.data.strip()))

    def may_be_secret(self) -> bool:
        """A secret goes into TLS that verified only, unless that was lifted; typed ones too."""
        if why := self.line.not_sent:
            self.screen.note(Note(why))
        return not why

    async def login(self, login: Login) -> None:
        """Begin a login; the listener carries it on."""
        if not self.may_be_secret():
            return
        self._login, self._login_asked = login, "AUTH"
        await self._step(login, None)

    async def carry_on_login(self, heard: HeardLine) -> bool:
        """The next step of a login that was begun; False where there is none."""
        if self._login is None:
            return False
        await self._step(self._login, heard)
        return True

    async def _step(self, login: Login, heard: HeardLine | None) -> None:
        try:
            outgoing = next(login) if heard is None else login.send(heard)
        except StopIteration as stop:
            self._login = None
            if stop.value:
                self.screen.event("login-broken", why=stop.value)
            return
        text = shown(outgoing)
        if not text.startswith(SECRET):
            self._login_asked = text
        await self.send(outgoing, self._login_asked)

    # -- its end ----------------------------------------------------------------------------------------------------

    def over(self) -> None:
        """Nothing more can be said."""
        self.phase = Phase.OVER
        self._login = None

    def close(self, farewell: bytes = b"") -> None:
        """Hang up; may be called twice. `farewell` is said where the server still listens."""
        if self.line.is_dialled:
            polite = self.phase is Phase.COMMAND
            self.line.stream.close(farewell if polite else b"")
        self.over()
