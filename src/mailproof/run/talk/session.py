"""A session by hand: what is typed goes out as it should, what comes is shown and explained, TLS begins where agreed.

Two tasks share it: one says what is typed (`say`), the other listens (`listen`) and is the only one that reads; so
whatever an answer leads to (the handshake, the second EHLO, the next step of a login) is done by the listener.
"""

from __future__ import annotations

import re
from collections import deque
from enum import StrEnum

from mailproof.model.attempt import Trouble
from mailproof.model.escape import to_text
from mailproof.model.failure import NetFailure
from mailproof.model.reply import ReplyClass
from mailproof.model.talk import TalkPlace, TalkProtocol
from mailproof.model.transcript import SECRET
from mailproof.net.interface import Net
from mailproof.parse.talk.heard import HeardLine, LineKind, Replies
from mailproof.parse.talk.message import TypedMessage
from mailproof.parse.talk.notes import Context, Note, is_login, notes_on
from mailproof.parse.talk.offers import asks_for_offers, lists_unasked, mechanisms_in, offers_in, xclient_lacks
from mailproof.parse.talk.typed import Slip, secret_in, slips_in
from mailproof.probes.terms import Terms
from mailproof.run.hand.stages import Stage
from mailproof.run.talk.auth import Login
from mailproof.run.talk.line import TalkLine
from mailproof.run.talk.progress import Progress
from mailproof.run.talk.screen import Screen
from mailproof.run.talk.shown import eyes, shown
from mailproof.run.talk.stages import stage_of
from mailproof.run.talk.tokens import flaws_in, secrets_of
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.smtp import commands
from mailproof.wire.starttls.course import Course, Names, Outcome, Upgrade
from mailproof.wire.starttls.registry import UPGRADES

P = TalkProtocol
# A line that has no end yet is shown after this: a prompt, the end of an HTTP body, XMPP, which has no lines at all.
_UNFINISHED = 0.3
# A line without an end is cut here: twice the longest that a server of mail sends (IMAP has no limit for its own).
_LONGEST_LINE = 64 << 10
# How often the listener looks whether an answer is overdue.
_LOOK = 1.0
# When silence after a line is explained; with LF alone nothing else is to be expected.
_OVERDUE, _OVERDUE_LF = 10.0, 3.0
# What one answer keeps of its lines for the notes: more than the longest list of extensions.
_ANSWER_LINES, _ANSWER_LINE = 200, 4096


_WITHOUT_ENDS = (P.HTTP, P.NONE, P.LDAP, P.POSTGRES, P.MYSQL)
"""Nobody here knows where their answers end."""


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
        self.offered: tuple[str, ...] = ()
        """What the server last said it can, a line each."""
        self.progress = Progress()
        self.stage = Stage.CONNECT
        """Where it stands, and for an exit code where it ended."""
        self._net = net
        self._place = place
        self._end = b"\n" if lf else b"\r\n"
        self._replies = Replies(place.protocol)
        self._waiting: deque[tuple[str, float]] = deque()
        self._told_overdue = False
        self._buffer = b""
        self._rest: tuple[bytes, int] | None = None
        """While the lines of one piece are heard: the piece, and where the next line begins."""
        self._answer: list[str] = []
        self._message: TypedMessage | None = None
        self._login: Login | None = None
        self._client = terms.xclient
        """Whom to be taken for, as long as that was not said."""
        self._mechanism = ""
        self._exchange = "AUTH"
        self._names_user = False

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
    def is_over(self) -> bool:
        return self.phase is Phase.OVER

    @property
    def names(self) -> Names:
        return Names(self.terms.ehlo, self._place.name or self._place.host)

    # -- TLS --------------------------------------------------------------------------------------------------------

    async def secure(self, left: bytes | None) -> bool:
        """Make the handshake and show the chain; False where it failed. `left` is what came behind the go-ahead."""
        self.stage = Stage.TLS
        self._waiting.clear()
        handshake = await self.line.secure(left)
        if left and handshake.clear_text:
            self.screen.note(Note("tls-injected", {"text": handshake.clear_text}))
        if handshake.trouble is not None:
            self.screen.event("tls-failed", why=handshake.alert or handshake.detail or handshake.trouble)
            if handshake.clear_text:
                self.screen.note(Note("tls-clear-text", {"text": handshake.clear_text}))
            self._over()
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

    async def follow(self, course: Course, upgrade: Upgrade) -> Outcome:
        """A course of the opening, shown as it goes; of one that is no text the sizes only."""

        def said(data: bytes) -> None:
            if upgrade.binary:
                self.screen.event("bytes-sent-one" if len(data) == 1 else "bytes-sent", n=len(data))
            else:
                self.screen.said(to_text(data.rstrip(b"\r\n")))

        def heard(data: bytes) -> None:
            if upgrade.binary:
                self.screen.event("bytes-received-one" if len(data) == 1 else "bytes-received", n=len(data))
                return
            lines = (self._buffer + data).split(b"\n")
            self._buffer = lines.pop()
            for each in lines:
                self._show(each.removesuffix(b"\r"))

        outcome = await self.line.follow(course, heard, said)
        if self._buffer:
            self._show(self._buffer)
        self._buffer = b""
        return outcome

    # -- what is typed ----------------------------------------------------------------------------------------------

    async def say(self, text: str) -> None:
        """Send a typed line. Raises NetFailure."""
        if self.phase is Phase.OVER:
            self.screen.event("over")
        elif self.phase is Phase.MESSAGE and self._message is not None:
            await self._say_message(text, self._message)
        elif self.phase is Phase.ANSWER:
            await self._say_answer(text)
        else:
            await self._say_command(text)

    async def _say_message(self, text: str, message: TypedMessage) -> None:
        if text == ".":
            for slip in message.end():
                self.screen.slip(slip)
            self.phase, self._message = Phase.COMMAND, None
            await self._write(Outgoing(b"." + self._end), ".")
            return
        for slip in message.line(text):
            self.screen.slip(slip)
        if text.startswith("."):
            self.screen.slip(Slip("dot-doubled"))
            text = "." + text
        await self.line.stream.write(_octets(text) + self._end, self.line.deadline)

    async def say_file(self, message: bytes) -> None:
        """A whole message where one is wanted: line ends made right, dots doubled, and the dot at its end."""
        lines = message.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
        data = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)
        self.phase, self._message = Phase.COMMAND, None
        await self.line.stream.write(data, self.line.deadline, keep=False)
        await self._write(Outgoing(b".\r\n"), ".")

    async def _say_answer(self, text: str) -> None:
        self.phase = Phase.COMMAND
        if text.strip() not in ("", "*"):
            if not self.may_be_secret():
                self.phase = Phase.ANSWER
                return
            for flaw in flaws_in(self._mechanism, text):
                self.screen.slip(Slip("token", {"flaw": flaw}))
            if not self._names_user:
                self._hide(text)
        data = _octets(text)
        await self._write(Outgoing(data + self._end, (slice(0, len(data)),) if data else ()), self._exchange)

    async def _say_command(self, text: str) -> None:
        situation = self.progress.situation(self.line.stream.is_tls, self.mechanisms)
        for slip in slips_in(self.protocol, text, situation):
            self.screen.slip(slip)
        secret = secret_in(self.protocol, text)
        if secret is not None:
            if not self.may_be_secret():
                return
            self._hide(text[secret])
            words = text[: secret.start].split()
            self._mechanism = words[-1].strip('"').upper() if words else ""
            if words and words[0].upper() in ("AUTH", "AUTHENTICATE"):
                self._exchange = text[: secret.start].strip()
                for flaw in flaws_in(self._mechanism, text[secret]):
                    self.screen.slip(Slip("token", {"flaw": flaw}))
        elif (words := text.split()) and any("AUTH" in word.upper() for word in words[:2]):
            self._mechanism, self._exchange = words[-1].strip('"').upper(), text.strip()
        head, tail = (text, "") if secret is None else (text[: secret.start], text[secret])
        start, hidden = _octets(head), _octets(tail)
        rest = _octets(text[secret.stop :]) if secret is not None else b""
        spans = (slice(len(start), len(start) + len(hidden)),) if hidden else ()
        await self._write(Outgoing(start + hidden + rest + self._end, spans), head.strip())

    def _hide(self, token: str) -> None:
        """Mask what is in it, too, wherever the server echoes it decoded."""
        for secret in secrets_of(token):
            self.line.stream.secrets.add(secret)

    def may_be_secret(self) -> bool:
        """A secret goes into TLS that verified only, unless that was lifted; typed ones too."""
        if why := self.line.not_sent:
            self.screen.note(Note(why))
        return not why

    async def login(self, login: Login) -> None:
        """Begin a login; the listener carries it on."""
        if not self.may_be_secret():
            return
        self._login = login
        await self._step_login(None)

    async def send(self, outgoing: Outgoing, asked: str) -> None:
        """A line of a local command."""
        self.screen.said(shown(outgoing))
        await self._write(outgoing, asked)

    async def _write(self, outgoing: Outgoing, asked: str) -> None:
        if self.protocol is not P.HTTP or not asked:  # which answers to the empty line behind its headers
            self._waiting.append((asked, self._net.now()))
        self._told_overdue = False
        if len(self._waiting) == 1:
            self._replies.asked(asked)
        await self.line.stream.write(outgoing.data, self.line.deadline, secret=outgoing.secret)

    # -- what is heard ----------------------------------------------------------------------------------------------

    async def listen(self) -> None:
        """Until the connection ends. Raises NetFailure for anything but that and silence."""
        while not self.is_over:
            try:
                pause = _UNFINISHED if self._buffer else _LOOK
                data = await self.line.stream.read(self._net.now() + pause)
            except NetFailure as failure:
                if failure.trouble is not Trouble.TIMEOUT:
                    self.screen.event("lost", why=failure.detail or failure.trouble)
                    self._over()
                    return
                await self._quiet()
                continue
            if not data:
                if self._buffer:
                    await self._heard(self._buffer)
                self.screen.event("closed")
                self._over()
                return
            await self._received(self._buffer + data)

    async def _received(self, data: bytes) -> None:
        """Take what came apart. What a line leads to may need the rest, or throw it away: see `_rest`."""
        self._buffer, at = b"", 0
        while (end := data.find(b"\n", at)) >= 0 and not self.is_over:
            line, at = data[at:end], end + 1
            self._rest = data, at
            await self._heard(line.removesuffix(b"\r"))
            if self._rest is None:
                return
        self._rest = None
        self._buffer = data[at:]
        if len(self._buffer) > _LONGEST_LINE:
            data, self._buffer = self._buffer, b""
            await self._heard(data)

    async def _quiet(self) -> None:
        if self._buffer:
            data, self._buffer = self._buffer, b""
            await self._heard(data)
        elif self._waiting and not self._told_overdue:
            lf = self._end == b"\n"
            if self._net.now() - self._waiting[0][1] >= (_OVERDUE_LF if lf else _OVERDUE):
                self._told_overdue = True
                self.screen.note(Note("silent-lf" if lf else "silent"))

    def _show(self, data: bytes) -> None:
        self.screen.heard(eyes(self.line.stream.secrets.mask(data)))

    async def _heard(self, data: bytes) -> None:
        self._show(data)
        heard = self._replies.line(data)
        self._answer = [*self._answer[-_ANSWER_LINES:], data[:_ANSWER_LINE].decode("utf-8", "replace")]
        if heard.kind is LineKind.PART:
            if self.protocol in _WITHOUT_ENDS:
                self._waiting.clear()  # this is all that one can tell
            return
        asked = self._waiting.popleft()[0] if self._waiting else ""
        answer, self._answer = "\n".join(self._answer), []
        self._replies.asked(self._waiting[0][0] if self._waiting else "")
        await self._answered(heard, asked, answer)

    async def _answered(self, heard: HeardLine, asked: str, answer: str) -> None:
        wanted = asks_for_offers(self.protocol, asked) or lists_unasked(self.protocol, answer)
        listed = offers_in(self.protocol, answer) if wanted else ()
        if listed and heard.status is ReplyClass.POSITIVE:
            self.offered = listed
        context = Context(self.protocol, asked, listed, self.line.stream.is_tls, self.progress.logged_in)
        for note in notes_on(heard, context):
            self.screen.note(note)
        self._remember(heard, asked)
        if self._login is not None:
            await self._step_login(heard)
        elif heard.kind is LineKind.CHALLENGE and is_login(asked):
            self.phase = Phase.ANSWER
            self._names_user = (heard.challenge or b"").lower().startswith(b"user")
        elif heard.code == "354" and asked.upper().startswith("DATA"):
            self.phase, self._message = Phase.MESSAGE, TypedMessage()
        elif asked.upper().startswith("XCLIENT ") and heard.code == "220":
            self.progress.taken_for_another(asked)
            await self.say_hello(UPGRADES[self.protocol])
        elif self._client and heard.status is ReplyClass.POSITIVE and asks_for_offers(self.protocol, asked):
            await self.introduce()
        elif await self._begins_tls(asked, answer.splitlines()[-1] if answer else ""):
            return

    def _remember(self, heard: HeardLine, asked: str) -> None:
        """How far it is, and where a refusal would end a script."""
        self.progress.heard(asked, heard.status)
        good = heard.status is ReplyClass.POSITIVE
        if asked:
            self.stage = stage_of(self.protocol, asked, tls=self.line.stream.is_tls) if not good else Stage.OPEN
        if heard.kind is LineKind.CHALLENGE or heard.status is ReplyClass.INTERMEDIATE:
            self.stage = Stage.OPEN

    async def _begins_tls(self, asked: str, line: str) -> bool:
        """Whether the answer grants what was asked by hand; then TLS begins."""
        upgrade = UPGRADES.get(self.protocol)
        if upgrade is None or not upgrade.typed or self.line.stream.is_tls:
            return False
        if not re.fullmatch(upgrade.typed, asked, re.IGNORECASE) or not re.match(
            upgrade.go_ahead, line, re.IGNORECASE
        ):
            return False
        data, at = self._rest or (b"", 0)
        self._rest = None
        if await self.secure(data[at:]):
            await self.say_hello(upgrade)
        return True

    async def _step_login(self, heard: HeardLine | None) -> None:
        login = self._login
        if login is None:
            return
        try:
            outgoing = next(login) if heard is None else login.send(heard)
        except StopIteration as stop:
            self._login = None
            if stop.value:
                self.screen.event("login-broken", why=stop.value)
            return
        text = shown(outgoing)
        if not text.startswith(SECRET):
            self._exchange = text
        await self.send(outgoing, self._exchange)

    def _over(self) -> None:
        self.phase = Phase.OVER
        self._login = None

    def close(self, farewell: bytes = b"") -> None:
        """Hang up; may be called twice. `farewell` is said where the server still listens."""
        if self.line.is_dialled:
            polite = self.phase is Phase.COMMAND
            self.line.stream.close(farewell if polite else b"")
        self._over()


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
