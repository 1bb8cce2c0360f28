"""ManageSieve as a probe speaks it (RFC 5804)."""

from __future__ import annotations

from mailproof.model.attempt import Step, Trouble
from mailproof.model.capabilities import Capabilities
from mailproof.model.failure import NetFailure
from mailproof.model.reply import Reply, ReplyClass
from mailproof.probes.conversation import Answer, Conversation
from mailproof.probes.speech import Ended
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.sieve import commands
from mailproof.wire.sieve.responses import ResponseReader, SieveResponse, read_capabilities

# Seconds that a server has for the capabilities it must send unasked after TLS (section 2.2). Those that forget it
# are asked.
_PATIENCE = 5.0


class SieveConversation(Conversation[SieveResponse]):
    service = "sieve"
    auth_verb = "AUTHENTICATE"
    initial_limit = 8000  # as for IMAP; a string that is too long for quotes goes as a literal
    upgrade_command = "STARTTLS"
    upgrade_capability = "STARTTLS"
    farewell = b"LOGOUT\r\n"

    def new_reader(self, offset: int) -> ResponseReader:
        self._responses = ResponseReader(offset)
        self._announced: SieveResponse | None = None
        """Capabilities that came without being asked for: with the greeting, and after TLS."""
        return self._responses

    def to_reply(self, event: SieveResponse, seconds: float) -> Reply:
        text = self.the_stream.secrets.mask_text(event.text)
        reply = Reply(event.kind, event.status, text, event.code, self.the_stream.turn, seconds)
        if event.status == "BYE":
            self.hang_up_follows(reply)
        return reply

    def upgrade_request(self) -> Outgoing:
        return commands.starttls()

    def goodbye(self) -> Outgoing:
        return commands.logout()

    async def _next(self, deadline: float, *, keep: bool = True) -> SieveResponse:
        event = await super()._next(deadline, keep=keep)
        self._announced = event if event.lines and event.status == "OK" else None
        return event

    async def capabilities(self) -> Capabilities:
        """What the server said it can in its greeting, or after TLS; CAPABILITY where it said nothing."""
        started = self.net.now()
        event = self._announced or await self._after_tls()
        self._announced = None
        seconds = self.net.now() - started
        if event is None:
            event, seconds = await self.ask_event(Step.CAPABILITY, commands.capability(), "CAPABILITY")
        reply = self.to_reply(event, seconds)
        self.offered = Capabilities(self.stage, "CAPABILITY", reply, read_capabilities(event), (reply.turn,))
        self.saw(self.offered)
        refused = reply.kind is not ReplyClass.POSITIVE
        self.took(Step.CAPABILITY, started, NetFailure(Trouble.REJECTED, reply.line) if refused else None)
        return self.offered

    async def _after_tls(self) -> SieveResponse | None:
        """The list that a server sends of itself once TLS stands; None from one that waits to be asked."""
        if self.handshake is None or self.offered is not None:
            return None
        started = self.net.now()
        try:
            return await self._next(self._deadline(started, min(_PATIENCE, self.terms.timeout / 2)))
        except NetFailure as failure:
            if failure.trouble is Trouble.TIMEOUT:
                return None
            self.lost(Step.CAPABILITY, "STARTTLS", failure, started)
            raise Ended from failure

    def auth_command(self, mechanism: str, initial: bytes | None) -> Outgoing:
        return commands.authenticate(mechanism, initial)

    def auth_response(self, response: bytes | None) -> Outgoing:
        return commands.authenticate_cancel() if response is None else commands.authenticate_response(response)

    def challenge_of(self, event: SieveResponse) -> bytes | None:
        return event.challenge

    async def _auth(self, outgoing: Outgoing, what: str) -> Answer:
        self._responses.expect_challenge(True)
        answer = await super()._auth(outgoing, what)
        self._responses.expect_challenge(False)
        return answer

    async def look_around(self) -> None:
        await self.list_scripts()

    async def list_scripts(self) -> Reply:
        """LISTSCRIPTS: whether the user's scripts can be reached; their names are in the transcript."""
        started = self.net.now()
        reply = await self.ask(Step.LIST, commands.listscripts(), "LISTSCRIPTS")
        refused = reply.kind is not ReplyClass.POSITIVE
        self.took(Step.LIST, started, NetFailure(Trouble.REJECTED, reply.line) if refused else None)
        return reply
