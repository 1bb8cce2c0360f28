"""IMAP as a probe speaks it (RFC 3501, RFC 4959)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mailproof.model.attempt import Job, Step, Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities
from mailproof.model.endpoint import Endpoint
from mailproof.model.failure import NetFailure
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.retrieval import Idled, IdleOutcome, MailboxOpened
from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.net.interface import Net
from mailproof.probes.conversation import OwnLogin
from mailproof.probes.speech import Ended
from mailproof.probes.terms import Terms
from mailproof.sasl.credentials import Credentials
from mailproof.wire.imap import commands
from mailproof.wire.imap.folders import Folder, listed_folder
from mailproof.wire.imap.literals import KEEP
from mailproof.wire.imap.responses import (
    IN_REV2,
    LINE_LIMIT,
    ImapResponse,
    ResponseKind,
    ResponseReader,
    capabilities,
    search_numbers,
)
from mailproof.wire.outgoing import Outgoing

# Untagged data between a command and its end that is followed before the server counts as flooding: a SEARCH or
# FETCH of a probe names one message, a greeting or EXAMINE brings a dozen lines.
_MOST_UNTAGGED = 10_000
# And bytes of it that are kept: a line and a literal as long as the reader takes them.
_MOST_KEPT = LINE_LIMIT + KEEP


class ImapConversation(OwnLogin[ImapResponse]):
    service = "imap"
    auth_verb = "AUTHENTICATE"
    initial_limit = 8000  # of 8192 (RFC 7162 section 4)
    upgrade_command = "STARTTLS"
    upgrade_capability = "STARTTLS"
    farewell = b"z LOGOUT\r\n"

    def __init__(self, net: Net, endpoint: Endpoint, terms: Terms, job: Job, secrets: Sequence[str] = ()) -> None:
        super().__init__(net, endpoint, terms, job, secrets)
        self._tags = commands.Tags()
        self._used_tags: list[str] = []
        self.untagged: list[ImapResponse] = []
        """What came before the end of the last command."""
        self._told: frozenset[str] = frozenset()
        """Names of what the server last said it can, by itself or when asked."""

    def new_reader(self, offset: int) -> ResponseReader:
        return ResponseReader(offset)

    def to_reply(self, event: ImapResponse, seconds: float) -> Reply:
        text = self.the_stream.secrets.mask_text(event.text)
        status = "+" if event.kind is ResponseKind.CONTINUATION else event.name
        reply = Reply(event.reply_kind, status, text, event.code, self.the_stream.turn, seconds)
        if event.kind is ResponseKind.UNTAGGED and event.name == "BYE":
            self.hang_up_follows(reply)
        for response in (*self.untagged, event):
            if told := capabilities(response):
                self._told = frozenset(capability.name for capability in told)
        return reply

    def can(self, name: str) -> bool:
        """Whether the server said, when asked, in its greeting or after the login, that it knows this."""
        told = self._told
        # One that speaks IMAP4rev1 too speaks rev2 only where it was enabled.
        return name in told or ("IMAP4REV2" in told and "IMAP4REV1" not in told and name in IN_REV2)

    def upgrade_request(self) -> Outgoing:
        return commands.starttls(self.tag()).parts[0]

    def goodbye(self) -> Outgoing:
        return commands.logout(self.tag()).parts[0]

    def tag(self) -> str:
        """The next one of this conversation."""
        self._used_tags.append(self._tags.next())
        return self._used_tags[-1]

    def nonsense(self, size: int = 0) -> Outgoing:
        return Outgoing(self.tag().encode() + b" " + super().nonsense(size).data)

    def is_unasked(self, event: ImapResponse) -> bool:
        # Untagged data may come at any time (RFC 3501 section 7), and tags tell what a tagged response answers.
        return event.kind is ResponseKind.CONTINUATION

    def _is_stale(self, event: ImapResponse) -> bool:
        """The end of a command that had ended before; a tag that never was ours is the server's odd way to answer."""
        if event.kind is not ResponseKind.TAGGED or event.tag not in self._used_tags[:-1]:
            return False
        self.the_stream.note(Deviation(DeviationKind.UNEXPECTED_REPLY, event.offset, f"{event.tag} {event.name}"))
        return True

    async def ask_event(
        self, step: Step, outgoing: Outgoing, what: str, *, keep: bool = True, keep_answer: bool = True
    ) -> tuple[ImapResponse, float]:
        """The tagged end of a command, or a continuation; what came untagged before it is in `untagged`."""
        self.untagged.clear()
        started = self.net.now()
        event, _ = await super().ask_event(step, outgoing, what, keep=keep, keep_answer=keep_answer)
        kept = 0
        while event.kind is ResponseKind.UNTAGGED or self._is_stale(event):
            self.untagged.append(event)
            literals = sum(event.literal_sizes)
            kept += event.length - literals + min(literals, KEEP)
            if event.name == "BYE":
                self.to_reply(event, 0.0)
            if len(self.untagged) > _MOST_UNTAGGED or kept > _MOST_KEPT:
                self.lost(step, what, NetFailure(Trouble.TOO_MUCH, "untagged data without end"), started)
                raise Ended
            event, _ = await self.hear_event(step, what, started, keep=keep_answer)
        return event, self.net.now() - started

    async def run(self, step: Step, command: commands.ImapCommand, what: str, *, keep: bool = True) -> Reply:
        """All parts of a command, each after the continuation that its literal waits for.

        Without `keep`, what the server answers is not recorded.
        """
        for part in command.parts:
            event, seconds = await self.ask_event(step, part, what, keep_answer=keep)
            reply = self.to_reply(event, seconds)
            if event.kind is not ResponseKind.CONTINUATION:
                break
        return reply

    async def capabilities(self) -> Capabilities:
        started = self.net.now()
        event, seconds = await self.ask_event(Step.CAPABILITY, commands.capability(self.tag()).parts[0], "CAPABILITY")
        reply = self.to_reply(event, seconds)
        listed = [response for response in self.untagged if response.name == "CAPABILITY"]
        known = capabilities(listed[-1]) if listed else capabilities(event)
        self.offered = Capabilities(self.stage, "CAPABILITY", reply, known, (reply.turn,))
        self.saw(self.offered)
        refused = reply.kind is not ReplyClass.POSITIVE
        self.took(Step.CAPABILITY, started, NetFailure(Trouble.REJECTED, reply.line) if refused else None)
        return self.offered

    def auth_command(self, mechanism: str, initial: bytes | None) -> Outgoing:
        return commands.authenticate(self.tag(), mechanism, initial).parts[0]

    def auth_response(self, response: bytes | None) -> Outgoing:
        return commands.authenticate_cancel() if response is None else commands.authenticate_response(response)

    def challenge_of(self, event: ImapResponse) -> bytes | None:
        return event.challenge

    def takes_initial(self, size: int) -> bool:
        return self.can("SASL-IR") and super().takes_initial(size)

    def own_command(self, offered: Capabilities) -> str:
        return "" if offered.get("LOGINDISABLED") is not None else "LOGIN"

    async def look_around(self) -> None:
        await self.examine("INBOX")

    async def log_in_by_command(self, credentials: Credentials, greeting: str) -> LoginTried:
        """LOGIN."""
        started = self.net.now()
        command = commands.login(self.tag(), credentials.user, credentials.password, self._literals)
        try:
            reply = await self.run(Step.AUTH, command, "LOGIN")
        except Ended:
            self.saw(
                LoginTried(
                    "LOGIN", None, self.protection, credentials.user, command=True, turns=(self.the_stream.turn,)
                )
            )
            raise
        tried = LoginTried("LOGIN", reply, self.protection, credentials.user, command=True, turns=(reply.turn,))
        self.logged(Step.LOGIN, started, tried)
        return tried

    async def examine(self, mailbox: str) -> Reply:
        """Open a mailbox read only, and note what came of it; its numbers are in `untagged`."""
        return await self._open(mailbox, commands.examine(self.tag(), mailbox), "EXAMINE")

    async def select(self, mailbox: str) -> Reply:
        """The same to change it."""
        return await self._open(mailbox, commands.select(self.tag(), mailbox), "SELECT")

    async def _open(self, mailbox: str, command: commands.ImapCommand, what: str) -> Reply:
        started = self.net.now()
        reply = await self.run(Step.SELECT, command, what)
        self.saw(MailboxOpened(reply, mailbox, self.messages, (reply.turn - 1, reply.turn)))
        refused = reply.kind is not ReplyClass.POSITIVE
        self.took(Step.SELECT, started, NetFailure(Trouble.REJECTED, reply.line) if refused else None)
        return reply

    @property
    def messages(self) -> int | None:
        """Messages in the open mailbox, as the answer to the last command told; None if it did not."""
        told = [event.number for event in self.untagged if event.name == "EXISTS" and event.number is not None]
        return told[-1] if told else None

    async def look_into(self, mailbox: str) -> Reply:
        """Open a mailbox read only that need not be there; nothing is noted of it."""
        return await self.run(Step.SELECT, commands.examine(self.tag(), mailbox), "EXAMINE")

    async def list_folders(self, *returned: str) -> tuple[Folder, ...]:
        """The user's mailboxes; none where the server does not tell."""
        await self.run(Step.LIST, commands.list_(self.tag(), returned=returned), "LIST")
        return tuple(folder for event in self.untagged if (folder := listed_folder(event)) is not None)

    async def search(self, field: str, value: str) -> tuple[Reply, tuple[int, ...]]:
        """Numbers of the messages whose header field has this value in it."""
        return await self.search_with(lambda tag, literals: commands.search_header(tag, field, value, literals))

    async def search_with(
        self, command: Callable[[str, commands.Literals], commands.ImapCommand]
    ) -> tuple[Reply, tuple[int, ...]]:
        """Numbers of the messages that this SEARCH finds, made of the tag and the literals there may be."""
        reply = await self.run(Step.SEARCH, command(self.tag(), self._literals), "SEARCH")
        return reply, tuple(number for event in self.untagged for number in search_numbers(event))

    async def refresh(self) -> Reply:
        """NOOP: lets the server tell of new messages (RFC 3501 6.1.2)."""
        return await self.run(Step.SEARCH, commands.noop(self.tag()), "NOOP")

    @property
    def _literals(self) -> commands.Literals:
        """What the server takes without a round trip for each (RFC 7888, RFC 9051 section 4.3)."""
        if self.can("LITERAL+"):
            return commands.Literals.ALL
        return commands.Literals.SMALL if self.can("LITERAL-") else commands.Literals.ASKED

    async def idle(self, known: int, seconds: float) -> Idled:
        """Listen until the server tells of more than `known` messages, `seconds` at most (RFC 2177)."""
        started = self.net.now()
        first = self.the_stream.turn + 1
        event, took = await self.ask_event(Step.SEARCH, commands.idle(self.tag()).parts[0], "IDLE")
        if event.kind is not ResponseKind.CONTINUATION:
            reply = self.to_reply(event, took)
            return Idled(IdleOutcome.REFUSED, 0.0, reply=reply, turns=(first, reply.turn))
        told = exists(self.untagged) > known
        end = None if told else await self._listen(known, started + seconds)
        listened = self.net.now() - started
        heard = self.the_stream.turn
        if end is not None and end.kind is ResponseKind.TAGGED:  # DONE would be a command that nobody knows
            reply = self.to_reply(end, listened)
            return Idled(IdleOutcome.ENDED, listened, reply=reply, turns=(first, reply.turn))
        told = told or end is not None
        event, took = await self.ask_event(Step.SEARCH, commands.done(), "DONE")
        reply = self.to_reply(event, took)
        late = exists(self.untagged) > known
        outcome = IdleOutcome.TOLD if told else IdleOutcome.LATE if late else IdleOutcome.SILENT
        turns = tuple(dict.fromkeys((first, heard, reply.turn - 1, reply.turn)))
        return Idled(outcome, listened, reply=reply, turns=turns)

    async def _listen(self, known: int, until: float) -> ImapResponse | None:
        """What tells of more than `known` messages, or the end of IDLE; None where neither came in time."""
        started = self.net.now()
        for _ in range(_MOST_UNTAGGED):
            try:
                event = await self._next(min(until, self._ends))
            except NetFailure as failure:
                if failure.trouble is Trouble.TIMEOUT and self.net.now() < self._ends:
                    return None
                self.lost(Step.SEARCH, "IDLE", failure, started)
                raise Ended from failure
            if event.name == "BYE":
                self.to_reply(event, self.net.now() - started)
                self._obey_last_word()
            if event.kind is ResponseKind.TAGGED or exists([event]) > known:
                return event
        self.lost(Step.SEARCH, "IDLE", NetFailure(Trouble.TOO_MUCH, "untagged data without end"), started)
        raise Ended

    async def fetch(self, number: int, item: str, *, keep: bool = True) -> Reply:
        """One item of one message; the data is in `untagged`."""
        return await self.run(Step.FETCH, commands.fetch(self.tag(), (number,), item), "FETCH", keep=keep)


def exists(responses: Iterable[ImapResponse]) -> int:
    """The largest number of messages that these tell of; 0 if none does."""
    return max((event.number or 0 for event in responses if event.name == "EXISTS"), default=0)
