"""POP3 as a probe speaks it (RFC 1939, RFC 2449, RFC 2595, RFC 5034)."""

from __future__ import annotations

import base64
import re

from mailproof.model.attempt import Step, Trouble
from mailproof.model.failure import NetFailure
from mailproof.model.observation import Capabilities, LoginTried, Reply, ReplyClass
from mailproof.probes.conversation import Answer, Conversation
from mailproof.sasl.apop import apop_digest
from mailproof.sasl.credentials import Credentials
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.pop3 import commands
from mailproof.wire.pop3.responses import Pop3Response, ResponseReader, apop_timestamp, read_capa

# RFC 5034 section 4: a command line has at most 255 octets.
_INITIAL_LIMIT = 220

# RFC 1939 sets no limit; more messages than 32 bits can count are in no mailbox.
_COUNT = re.compile(r"[0-9]{1,10}(?= |\Z)")


class Pop3Conversation(Conversation[Pop3Response]):
    service = "pop"
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

    async def ask_lines(self, step: Step, outgoing: Outgoing, what: str, *, keep: bool = True) -> Pop3Response:
        """Ask for a multi-line response, which is not recorded without `keep`."""
        self._responses.expect(True)
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

    async def auth_begin(self, mechanism: str, initial: bytes | None) -> tuple[Answer, bool]:
        if initial is not None and len(base64.b64encode(initial)) > _INITIAL_LIMIT:
            initial = None
        answer = await self._auth(commands.auth(mechanism, initial), f"AUTH {mechanism}")
        return answer, initial is not None

    async def auth_say(self, response: bytes | None) -> Answer:
        outgoing = commands.auth_cancel() if response is None else commands.auth_response(response)
        return await self._auth(outgoing, "AUTH")

    async def _auth(self, outgoing: Outgoing, what: str) -> Answer:
        event, seconds = await self.ask_event(Step.AUTH, outgoing, what)
        return Answer(self.to_reply(event, seconds), event.challenge)

    async def log_in_by_command(self, credentials: Credentials, greeting: str = "") -> LoginTried:
        """USER and PASS; APOP instead where the greeting text has its timestamp."""
        started = self.net.now()
        stamp = apop_timestamp(greeting)
        if stamp is not None:
            digest = apop_digest(stamp.encode(), credentials.password)
            replies = [await self.ask(Step.AUTH, commands.apop(credentials.user, digest), "APOP")]
        else:
            replies = [await self.ask(Step.AUTH, commands.user(credentials.user), "USER")]
            if replies[0].kind is ReplyClass.POSITIVE:
                replies.append(await self.ask(Step.AUTH, commands.pass_(credentials.password), "PASS"))
        tried = LoginTried(
            "APOP" if stamp is not None else "USER",
            replies[-1],
            self.protection,
            command=True,
            turns=tuple(reply.turn for reply in replies),
        )
        self.saw(tried)
        self.took_login(Step.LOGIN, started, tried)
        return tried

    async def count(self) -> int | None:
        """Messages in the mailbox, by STAT; None if the server does not tell."""
        event, _ = await self.ask_event(Step.LIST, commands.stat(), "STAT")
        number = _COUNT.match(event.text)
        return int(number[0]) if event.kind is ReplyClass.POSITIVE and number else None
