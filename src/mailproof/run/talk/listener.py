"""What comes is shown and explained, and what an answer leads to is done: TLS where agreed, a login's next step."""

from __future__ import annotations

import re

from mailproof.model.attempt import Trouble
from mailproof.model.failure import NetFailure
from mailproof.model.reply import ReplyClass
from mailproof.model.talk import TalkProtocol
from mailproof.net.interface import Net
from mailproof.parse.talk.heard import HeardLine, LineKind
from mailproof.parse.talk.notes import Context, Note, is_login, notes_on
from mailproof.parse.talk.offers import asks_for_offers, lists_unasked, offers_in
from mailproof.run.hand.stages import Stage
from mailproof.run.talk.session import Phase, Session
from mailproof.run.talk.stages import stage_of
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


class Listener:
    def __init__(self, net: Net, session: Session) -> None:
        self._net = net
        self._session = session
        self._buffer = b""
        self._rest: tuple[bytes, int] | None = None
        """While the lines of one piece are heard: the piece, and where the next line begins."""
        self._answer: list[str] = []
        self._told_overdue = 0
        """How many lines had gone out when silence was last explained."""

    async def listen(self) -> None:
        """Until the connection ends. Raises NetFailure for what cannot be written."""
        session = self._session
        while not session.is_over:
            try:
                pause = _UNFINISHED if self._buffer else _LOOK
                data = await session.line.stream.read(self._net.now() + pause)
            except NetFailure as failure:
                if failure.trouble is not Trouble.TIMEOUT:
                    session.screen.event("lost", why=failure.detail or failure.trouble)
                    session.over()
                    return
                await self._quiet()
                continue
            if not data:
                if self._buffer:
                    await self._heard(self._buffer)
                session.screen.event("closed")
                session.over()
                return
            await self._received(self._buffer + data)

    async def _received(self, data: bytes) -> None:
        """Take what came apart. What a line leads to may need the rest, or throw it away: see `_rest`."""
        self._buffer, at = b"", 0
        while (end := data.find(b"\n", at)) >= 0 and not self._session.is_over:
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
        session = self._session
        if self._buffer:
            data, self._buffer = self._buffer, b""
            await self._heard(data)
        elif session.is_waiting and self._told_overdue < session.written:
            lf = session.end == b"\n"
            if session.waited >= (_OVERDUE_LF if lf else _OVERDUE):
                self._told_overdue = session.written
                session.screen.note(Note("silent-lf" if lf else "silent"))

    async def _heard(self, data: bytes) -> None:
        session = self._session
        session.show(data)
        heard, asked = session.hear(data)
        self._answer = [*self._answer[-_ANSWER_LINES:], data[:_ANSWER_LINE].decode("utf-8", "replace")]
        if heard.kind is LineKind.PART:
            if session.protocol in _WITHOUT_ENDS:
                session.expect_nothing()  # this is all that one can tell
            return
        answer, self._answer = "\n".join(self._answer), []
        await self._answered(heard, asked, answer)

    async def _answered(self, heard: HeardLine, asked: str, answer: str) -> None:
        session = self._session
        lists = asks_for_offers(session.protocol, asked)
        listed = offers_in(session.protocol, answer) if lists or lists_unasked(session.protocol, answer) else ()
        good = heard.status is ReplyClass.POSITIVE
        if listed and good:
            session.offered = listed
        progress = session.progress
        context = Context(
            session.protocol, asked, listed, session.line.stream.is_tls, progress.logged_in, progress.has_begun
        )
        for note in notes_on(heard, context):
            session.screen.note(note)
        self._remember(heard, asked)
        if await session.carry_on_login(heard):
            return
        if heard.kind is LineKind.CHALLENGE and is_login(asked):
            session.phase = Phase.ANSWER
            session.asks_user = (heard.challenge or b"").lower().startswith(b"user")
        elif heard.code == "354" and asked.upper().startswith("DATA"):
            session.phase = Phase.MESSAGE
        elif asked.upper().startswith("XCLIENT ") and heard.code == "220":
            progress.taken_for_another(asked)
            await session.say_hello(UPGRADES[session.protocol])
        elif not await self._begins_tls(asked, answer.rpartition("\n")[2]) and lists and good:
            await session.introduce()

    def _remember(self, heard: HeardLine, asked: str) -> None:
        """How far it is, and where a refusal would end a script."""
        session = self._session
        session.progress.heard(asked, heard.status)
        good = heard.status is ReplyClass.POSITIVE
        if asked:
            tls = session.line.stream.is_tls
            session.stage = stage_of(session.protocol, asked, tls=tls) if not good else Stage.OPEN
        if heard.kind is LineKind.CHALLENGE or heard.status is ReplyClass.INTERMEDIATE:
            session.stage = Stage.OPEN

    async def _begins_tls(self, asked: str, line: str) -> bool:
        """Whether the answer grants what was asked by hand; then TLS begins."""
        session = self._session
        upgrade = UPGRADES.get(session.protocol)
        if upgrade is None or not upgrade.typed or session.line.stream.is_tls:
            return False
        if not re.fullmatch(upgrade.typed, asked, re.IGNORECASE):
            return False
        if not re.match(upgrade.go_ahead, line, re.IGNORECASE):
            return False
        data, at = self._rest or (b"", 0)
        self._rest = None
        if await session.secure(data[at:]):
            await session.say_hello(upgrade)
        return True
