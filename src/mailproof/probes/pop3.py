"""POP3 as a probe speaks it (RFC 1939, RFC 2449, RFC 2595, RFC 5034)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailproof.model.attempt import Step, Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities
from mailproof.model.failure import NetFailure
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.retrieval import MailboxOpened
from mailproof.probes.conversation import OwnLogin
from mailproof.probes.speech import Ended
from mailproof.sasl.apop import apop_digest
from mailproof.sasl.credentials import Credentials
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.pop3 import commands
from mailproof.wire.pop3.responses import Pop3Response, ResponseReader, apop_timestamp, read_capa

# RFC 1939 sets no limit; more messages than 32 bits can count are in no mailbox.
_COUNT = re.compile(r"[0-9]{1,10}(?= |\Z)")


class Pop3Conversation(OwnLogin[Pop3Response]):
    service = "pop"
    auth_verb = "AUTH"
    initial_limit = 220  # of 255 (RFC 5034 section 4), less "AUTH SCRAM-SHA-256-PLUS " and CRLF
    upgrade_command = "STLS"
    upgrade_capability = "STLS"
    farewell = b"QUIT\r\n"

    def new_reader(self, offset: int) -> ResponseReader:
        self._responses = ResponseReader(offset=offset)
        return self._responses

    def to_reply(self, event: Pop3Response, seconds: float) -> Reply:
        text = self.the_stream.secrets.mask_text(event.text)
        return Reply(event.kind, event.status, text, event.code, self.the_stream.turn, seconds)

    def upgrade_request(self) -> Outgoing:
        return commands.stls()

    def goodbye(self) -> Outgoing:
        return commands.quit()

    async def ask_lines(
        self, step: Step, outgoing: Outgoing, what: str, *, keep: bool = True, most: int | None = None
    ) -> Pop3Response:
        """Ask for a multi-line response, which is not recorded without `keep`; `most` bytes of it at most."""
        self._responses.expect(True, keep=most)
        event, _ = await self.ask_event(step, outgoing, what, keep_answer=keep)
        return event

    async def capabilities(self) -> Capabilities:
        """CAPA; a server without it offers what RFC 1939 has: USER."""
        started = self.net.now()
        self._responses.expect(True)
        event, seconds = await self.ask_event(Step.CAPABILITY, commands.capa(), "CAPA")
        reply = self.to_reply(event, seconds)
        known = read_capa(event) if reply.kind is ReplyClass.POSITIVE else ()
        self.offered = Capabilities(self.stage, "CAPA", reply, known, (reply.turn,))
        self.saw(self.offered)
        refused = reply.kind is not ReplyClass.POSITIVE
        self.took(Step.CAPABILITY, started, NetFailure(Trouble.REJECTED, reply.line) if refused else None)
        return self.offered

    def auth_command(self, mechanism: str, initial: bytes | None) -> Outgoing:
        return commands.auth(mechanism, initial)

    def auth_response(self, response: bytes | None) -> Outgoing:
        return commands.auth_cancel() if response is None else commands.auth_response(response)

    def challenge_of(self, event: Pop3Response) -> bytes | None:
        return event.challenge

    def own_command(self, offered: Capabilities) -> str:
        known = offered.reply.kind is ReplyClass.POSITIVE
        return "USER" if not known or offered.get("USER") is not None else ""

    async def look_around(self) -> None:
        await self.count()

    async def log_in_by_command(self, credentials: Credentials, greeting: str) -> LoginTried:
        """USER and PASS; APOP instead where the greeting text has its timestamp."""
        started = self.net.now()
        stamp = apop_timestamp(greeting)
        replies: list[Reply] = []
        try:
            if stamp is not None:
                digest = apop_digest(stamp.encode(), credentials.password)
                replies.append(await self.ask(Step.AUTH, commands.apop(credentials.user, digest), "APOP"))
            else:
                replies.append(await self.ask(Step.AUTH, commands.user(credentials.user), "USER"))
                if replies[0].kind is ReplyClass.POSITIVE:
                    replies.append(await self.ask(Step.AUTH, commands.pass_(credentials.password), "PASS"))
        except Ended:
            self.saw(self._tried(credentials.user, stamp, replies, broken_off=True))
            raise
        tried = self._tried(credentials.user, stamp, replies)
        self.logged(Step.LOGIN, started, tried)
        return tried

    def _tried(
        self, user: str, stamp: str | None, replies: Sequence[Reply], *, broken_off: bool = False
    ) -> LoginTried:
        return LoginTried(
            "USER" if stamp is None else "APOP",
            None if broken_off else replies[-1],
            self.protection,
            user,
            # After USER alone nothing secret has gone out; a hang-up that follows a reply follows PASS.
            sent=stamp is not None or len(replies) > 1 or (broken_off and bool(replies)),
            command=True,
            turns=tuple(reply.turn for reply in replies) or (self.the_stream.turn,),
        )

    async def count(self) -> int | None:
        """Messages in the mailbox, by STAT; None if the server does not tell."""
        started = self.net.now()
        if self._events and self._events[0].status == "-ERR":
            # Dovecot lets the user in, finds that the mailbox cannot be opened, says so at once and hangs up.
            event, seconds = self._events.popleft(), 0.0
        else:
            event, seconds = await self.ask_event(Step.LIST, commands.stat(), "STAT")
        reply = self.to_reply(event, seconds)
        told = _COUNT.match(event.text) if reply.kind is ReplyClass.POSITIVE else None
        messages = int(told[0]) if told else None
        self.saw(MailboxOpened(reply, messages=messages, turns=(reply.turn - 1, reply.turn)))
        self.took(Step.LIST, started, None if told else NetFailure(Trouble.REJECTED, reply.line))
        return messages
