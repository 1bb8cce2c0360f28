"""A SASL exchange over any of the protocols: challenges in, responses out, and what came of it (RFC 4422)."""

from __future__ import annotations

from typing import Any

from mailproof.model.attempt import Step
from mailproof.model.authentication import LoginTried
from mailproof.model.reply import Reply, ReplyClass
from mailproof.net.interface import Stream
from mailproof.probes.conversation import Answer, Conversation
from mailproof.probes.speech import Ended
from mailproof.sasl.credentials import BINDINGS, Circumstances, Credentials
from mailproof.sasl.exchange import answer
from mailproof.sasl.mechanism import AGAINST_THE_MECHANISM, Broken, Fault, Mechanism, Respond
from mailproof.sasl.mechanism import Step as Move

# No mechanism takes more than four rounds; a server that challenges without end is not followed further.
_ROUNDS = 8


async def log_in(
    conversation: Conversation[Any], mechanism: Mechanism, credentials: Credentials, nonce: str
) -> LoginTried:
    """Run one exchange to its end and note it. Raises Ended, noted too, if the server hangs up in the middle."""
    circumstances = Circumstances(
        conversation.service,
        conversation.endpoint.name,
        conversation.endpoint.port,
        nonce,
        binding_of(conversation.the_stream),
        any(name.endswith("-PLUS") for name in conversation.offered.mechanisms) if conversation.offered else False,
    )
    run = _Exchange(conversation, mechanism, credentials, circumstances)
    started = conversation.net.now()
    try:
        await run.to_its_end()
    except Ended:
        conversation.saw(run.tried())
        raise
    tried = run.tried()
    conversation.logged(Step.AUTH, started, tried)
    return tried


def binding_of(stream: Stream) -> dict[str, bytes]:
    """The kind of channel binding that is preferred of those at hand: another is computed, and would not be used."""
    for kind in BINDINGS:
        if data := stream.channel_binding(kind):
            return {kind: data}
    return {}


class _Exchange:
    def __init__(
        self,
        conversation: Conversation[Any],
        mechanism: Mechanism,
        credentials: Credentials,
        circumstances: Circumstances,
    ) -> None:
        self._conversation = conversation
        self._mechanism = mechanism
        self._credentials = credentials
        self._circumstances = circumstances
        self._received: list[bytes] = []
        self._replies: list[Reply] = []
        self._initial = False
        self._sent = False
        self._error = ""
        self._against = ""
        self._proved = False

    async def to_its_end(self) -> None:
        first = self._mechanism.respond(self._credentials, self._circumstances, ())
        if isinstance(first, Broken):
            self._object(first)
            return
        initial = first.data if isinstance(first, Respond) else None
        self._sent = initial is not None
        said, self._initial = await self._conversation.auth_begin(self._mechanism.name, initial)
        self._replies.append(said.reply)
        for _ in range(_ROUNDS):
            if said.reply.kind is not ReplyClass.INTERMEDIATE:
                self._accept(said)
                return
            if said.challenge is None:
                self._error = f"{Fault.MALFORMED} (not base64)"
                said = await self._conversation.auth_say(None)
            else:
                self._received.append(said.challenge)
                response = self._next()
                self._sent = self._sent or response is not None
                said = await self._conversation.auth_say(response)
            self._replies.append(said.reply)
        if said.reply.kind is ReplyClass.INTERMEDIATE:
            self._object(Broken(Fault.ENDLESS))
        else:
            self._accept(said)

    def _accept(self, last: Answer) -> None:
        """An acceptance is one only if the server has proved itself, where the mechanism wants that."""
        if last.reply.kind is not ReplyClass.POSITIVE or self._error or not self._mechanism.mutual:
            return
        if last.challenge is not None:  # success data comes with it (RFC 5804 section 2.1)
            self._received.append(last.challenge)
            self._next()
        if not (self._proved or self._error):
            self._object(Broken(Fault.NO_PROOF))

    def _next(self) -> bytes | None:
        """The next response; None to cancel."""
        move: Move = answer(
            self._mechanism,
            self._credentials,
            self._circumstances,
            self._received,
            initial_response=self._initial,
        )
        if isinstance(move, Broken):
            self._object(move)
            return None
        if isinstance(move, Respond):
            if move.refusal is not None:
                self._error = self._conversation.the_stream.secrets.mask_text(move.refusal.line)
            return move.data or b""
        self._proved = True
        return b""  # an empty response lets it finish

    def _object(self, move: Broken) -> None:
        words = f"{move.why} ({move.detail})" if move.detail else str(move.why)
        self._error = self._conversation.the_stream.secrets.mask_text(words)
        if move.why in AGAINST_THE_MECHANISM:
            self._against = self._error

    def tried(self) -> LoginTried:
        last = self._replies[-1] if self._replies else None
        return LoginTried(
            self._mechanism.name,
            last if last is not None and last.kind is not ReplyClass.INTERMEDIATE else None,
            self._conversation.protection,
            self._credentials.user,
            sent=self._sent,
            initial_response=self._initial,
            error=self._error,
            against=self._against,
            turns=tuple(dict.fromkeys(reply.turn for reply in self._replies)),
        )
