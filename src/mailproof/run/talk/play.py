"""A script of a session, played against a live server: what is said is sent, what is answered is compared.

As `expect` does it, and not as the player of the tests: a `S:` line is looked for in the answer, and lines of a
longer answer that the script does not name are passed over. `~` stands for any text in a line of the server, and for
our name in EHLO, HELO and LHLO. An answer of which a line was named is heard to its end before the next command goes
out, and the answer to the last one before the session ends; commands that follow each other are said in one go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NoReturn

import msgspec

from mailproof.model.attempt import Trouble
from mailproof.model.escape import to_bytes, to_text
from mailproof.model.failure import NetFailure
from mailproof.model.reply import ReplyClass
from mailproof.model.talk import Played, TalkPlace, TlsStart
from mailproof.model.tls import Protection, TlsPolicy
from mailproof.net.interface import Net
from mailproof.parse.talk.heard import LineKind
from mailproof.parse.talk.offers import xclient_lacks
from mailproof.parse.talk.typed import secret_in
from mailproof.probes.terms import Terms
from mailproof.run.hand.stages import Stage
from mailproof.run.talk.answers import Answers, Endless
from mailproof.run.talk.auth import Login
from mailproof.run.talk.line import FAREWELLS, Closed, TalkLine
from mailproof.run.talk.stages import stage_of
from mailproof.run.talk.tokens import secrets_of
from mailproof.script.format import LineKind as Kind
from mailproof.script.format import ScriptLine, Section, matches
from mailproof.wire.smtp import commands
from mailproof.wire.starttls.course import Names, Verdict, bounded, greeted
from mailproof.wire.starttls.registry import UPGRADES

_HELLO = re.compile(r"(?:EHLO|HELO|LHLO)\b", re.IGNORECASE)

LoginFor = Callable[[TalkLine, str, tuple[str, ...]], Login | None]
"""The course of a login by this mechanism (empty: one that is offered); None where nothing serves."""


class _Stopped(Exception):
    def __init__(self, played: Played) -> None:
        self.played = played


async def play(
    net: Net, section: Section, place: TalkPlace, addresses: Sequence[str], terms: Terms, login_for: LoginFor
) -> Played:
    """Play it to its end, or to the first line that is not as it should be. What goes wrong is in the result.

    A script whose first line is the client's, or `* auth`, begins after the opening: greeting, STARTTLS as the scheme
    has it, EHLO.
    """
    player = _Player(net, section, place, terms, login_for)
    try:
        await player.to_its_end(addresses)
        played = Played(Stage.OPEN)
    except _Stopped as stopped:
        played = stopped.played
    finally:
        player.close()
    if player.line.is_dialled:
        played = msgspec.structs.replace(played, transcript=player.line.stream.transcript())
    return played


class _Player:
    def __init__(self, net: Net, section: Section, place: TalkPlace, terms: Terms, login_for: LoginFor) -> None:
        self.line = TalkLine(net, place, terms, terms.secrets)
        self._net = net
        self._section = section
        self._terms = terms
        self._login_for = login_for
        self._answers = Answers(self.line, place.protocol)
        self._upgrade = UPGRADES.get(place.protocol)
        self._names = Names(terms.ehlo, place.name or place.host)
        self._left = False
        """The server has hung up, as the script has it."""
        self._now: ScriptLine | None = None

    async def to_its_end(self, addresses: Sequence[str]) -> None:
        try:
            await self._dial(addresses)
            if self._begins_inside():
                await self._open()
                await self._introduce()
            elif self._terms.xclient:
                self._stop(Stage.USAGE, "xclient-in-script")
            for line in self._section.lines:
                self._now = line
                await self._line(line)
            await self._last_answer()
        except Closed:
            self._stop(Stage.CLOSED, "closed")
        except Endless as endless:
            self._stop(self._stage, "endless", self._shown(endless.said))
        except NetFailure as failure:
            if failure.trouble is Trouble.TIMEOUT:
                self._stop(self._stage, "silent")
            self._stop(
                Stage.CLOSED if self.line.is_dialled else Stage.CONNECT, "lost", failure.detail or failure.trouble
            )

    def _begins_inside(self) -> bool:
        """With a line of the client, or a login: then what comes before is the opening."""
        first = self._section.lines[0] if self._section.lines else None
        if first is None or first.kind is Kind.SERVER:
            return False
        return first.kind is Kind.CLIENT or first.words[0] == "auth"

    async def _dial(self, addresses: Sequence[str]) -> None:
        try:
            await self.line.dial(addresses)
        except NetFailure as failure:
            self._stop(Stage.CONNECT, "connect", failure.detail or str(failure.trouble))
        stream = self.line.stream
        stream.event(f"connected to {self.line.place.path or stream.remote}")
        if self.line.place.starts is TlsStart.AT_ONCE:
            await self._secure(None, refused=False)

    async def _open(self) -> None:
        """What the session does by itself before one types."""
        place = self.line.place
        if self._upgrade is None:
            return
        wanted = place.starts in (TlsStart.UPGRADE, TlsStart.OPPORTUNISTIC) and self._terms.tls is not TlsPolicy.NEVER
        if not wanted:
            if self._upgrade.greeting:
                outcome = await self.line.follow(greeted(self._upgrade))
                self._answers.begin_with(outcome.said, outcome.left)
            await self._hello()
            return
        outcome = await self.line.follow(bounded(self._upgrade.opening(self._names)))
        self._answers.begin_with(outcome.offered, b"")
        if outcome.verdict is Verdict.READY:
            await self._secure(outcome.left, refused=False)
            await self._hello()
        elif outcome.verdict is not Verdict.NOT_OFFERED or place.starts is TlsStart.UPGRADE:
            stage = Stage.TLS if outcome.offered else Stage.GREETING
            self._stop(stage, f"tls-{outcome.verdict}", self._shown(outcome.said.strip()))
        elif self._terms.tls is TlsPolicy.REQUIRED:
            self._stop(Stage.TLS, "tls-not-offered")

    async def _introduce(self) -> None:
        """XCLIENT, where somebody else is to be played (Postfix XCLIENT_README); EHLO is due again after it."""
        wanted = self._terms.xclient
        if not wanted:
            return
        if lacking := xclient_lacks(self._answers.offered, wanted):
            self._stop(Stage.XCLIENT, "xclient-not-offered", ", ".join(lacking))
        asked = commands.xclient(*wanted)
        await self._say(asked.data, to_text(asked.data.strip()))
        heard = await self._answers.whole()
        if heard.status is not ReplyClass.POSITIVE:
            self._stop(Stage.XCLIENT, "refused", f"{heard.code} {heard.enhanced} {heard.text}".replace("  ", " "))
        await self._hello()

    async def _hello(self) -> None:
        hello = self._upgrade.hello(self._names) if self._upgrade is not None else b""
        if hello:
            await self._say(hello, to_text(hello.strip()))
        if hello or self.line.place.protocol == "sieve":
            heard = await self._answers.whole()
            if heard.status is not ReplyClass.POSITIVE:
                self._stop(self._stage, "refused", heard.text)

    async def _line(self, line: ScriptLine) -> None:
        self._answers.wait_anew()
        if line.kind is Kind.SERVER:
            await self._expect(line)
            return
        speaks = line.kind is Kind.CLIENT or line.words[0] == "auth"
        if speaks and self._answers.is_begun and self._answers.end_is_known:
            await self._answers.whole()  # with the lines that the script does not name
        if line.kind is Kind.CLIENT:
            await self._send(line)
        else:
            await self._event(line)

    async def _last_answer(self) -> None:
        """Nothing is compared with it: it is heard for the record, and so that the command was heard, too."""
        answers = self._answers
        if self._left or answers.in_message or not answers.end_is_known or answers.is_whole:
            return
        try:
            await answers.whole()
        except (Closed, NetFailure):
            pass

    async def _send(self, line: ScriptLine) -> None:
        text = line.text
        if _HELLO.match(text):
            text = text.replace("~", self._terms.ehlo)
        data = to_bytes(text)
        secret = secret_in(self.line.place.protocol, text) if text.isascii() and "\\" not in text else None
        if secret is not None:
            self._must_be_safe()
            for hidden in secrets_of(text[secret]):
                self.line.stream.secrets.add(hidden)
        await self._say(data if line.raw else data + b"\r\n", text, () if secret is None else (secret,))

    async def _say(self, data: bytes, asked: str, secret: tuple[slice, ...] = ()) -> None:
        self._left = False
        self._answers.after(asked)
        await self.line.stream.write(data, self.line.deadline, secret=secret)

    async def _expect(self, line: ScriptLine) -> None:
        if line.raw:
            said = await self._answers.exactly(len(line.data))
            if said != line.data:
                self._mismatch(line, said)
            return
        while True:
            data, heard = await self._answers.next()
            if matches(line.text, to_text(data)):
                return
            if heard.kind is not LineKind.PART:
                self._mismatch(line, data)

    async def _event(self, line: ScriptLine) -> None:
        word, pairs = line.words
        if word == "tls":
            left = self._answers.taken()
            await self._secure(left if self.line.place.starts is not TlsStart.AT_ONCE else None, "refused" in pairs)
        elif word == "auth":
            await self._log_in(next(iter(pairs), "").upper())
        elif word == "wait":
            await self._net.sleep(float(line.text.split()[1]))
        elif word in ("eof", "reset"):
            if said := await self._answers.end():
                self._mismatch(line, said)
            self._left = True
        else:
            self._stop(Stage.USAGE, "event")

    async def _secure(self, left: bytes | None, refused: bool) -> None:
        if self.line.stream.is_tls:  # `* tls` at the head of the script of an URL that begins with it
            return
        handshake = await self.line.secure(left)
        if (handshake.trouble is not None) is not refused:
            self._stop(Stage.TLS, "tls", handshake.alert or handshake.detail or str(handshake.trouble or ""))
        demanded = self._terms.tls is TlsPolicy.REQUIRED and self._terms.verify and not refused
        if demanded and self.line.protection is not Protection.VERIFIED:
            self._stop(Stage.TLS, "unverified", ", ".join(error.text for error in handshake.errors))

    def _must_be_safe(self) -> None:
        if why := self.line.not_sent:
            self._stop(Stage.LOGIN, why)

    async def _log_in(self, mechanism: str) -> None:
        self._must_be_safe()
        login = self._login_for(self.line, mechanism, self._answers.offered)
        if login is None:
            self._stop(Stage.LOGIN, "no-login")
        heard = None
        try:
            outgoing = next(login)
            while True:
                await self._say(outgoing.data, self._asked_in_login(outgoing.data), outgoing.secret)
                heard = await self._answers.whole()
                outgoing = login.send(heard)
        except StopIteration as stop:
            if stop.value or heard is None or heard.status is not ReplyClass.POSITIVE:
                words = stop.value or (f"{heard.code} {heard.enhanced} {heard.text}" if heard else "")
                self._stop(Stage.LOGIN, "login", " ".join(words.split()))

    def _asked_in_login(self, data: bytes) -> str:
        """For ManageSieve, whose challenges are known by the command that they answer."""
        first = data.split(b" ")[0].upper()
        return "AUTHENTICATE" if first == b"AUTHENTICATE" or self._answers.asked == "AUTHENTICATE" else "AUTH"

    def _shown(self, data: bytes) -> str:
        return to_text(self.line.stream.secrets.mask(data)) if self.line.is_dialled else ""

    @property
    def _stage(self) -> Stage:
        return stage_of(self.line.place.protocol, self._answers.asked, tls=self.line.stream.is_tls)

    def _mismatch(self, line: ScriptLine, said: bytes) -> None:
        raise _Stopped(Played(self._stage, "mismatch", line.number, line.text, self._shown(said)))

    def _stop(self, stage: Stage, reason: str, said: str = "") -> NoReturn:
        line = self._now
        raise _Stopped(Played(stage, reason, line.number if line else 0, line.text if line else "", said))

    def close(self) -> None:
        if self.line.is_dialled:
            said = self._answers.asked.upper().endswith(("QUIT", "LOGOUT"))
            quiet = said or self._left or self._answers.in_message
            self.line.stream.close(b"" if quiet else FAREWELLS.get(self.line.place.protocol, b""))
