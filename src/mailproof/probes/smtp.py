"""SMTP and LMTP as a probe speaks them (RFC 5321, RFC 2033, RFC 3207, RFC 4954)."""

from __future__ import annotations

import base64
import binascii
import re

from mailproof.model.attempt import Step, Trouble
from mailproof.model.capabilities import Capabilities, Stage
from mailproof.model.endpoint import Protocol
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried, SenderClaimed, XclientTried
from mailproof.model.failure import NetFailure
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.probes.conversation import Conversation
from mailproof.probes.speech import Ended
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.smtp import commands
from mailproof.wire.smtp.extensions import read_ehlo
from mailproof.wire.smtp.replies import ReplyReader, SmtpReply

_QUEUED = re.compile(r"(?:\bqueued as |\bid=)(?P<id>[0-9A-Za-z-]{6,})", re.IGNORECASE)
"""Postfix `queued as 4F1…`, Exim `OK id=1t…`, others alike: the id under which the log knows the message."""


def queue_id(reply: Reply | None) -> str:
    """What the answer after a message says of it; empty where it says nothing."""
    found = _QUEUED.search(reply.text) if reply is not None else None
    return found["id"] if found else ""


class SmtpConversation(Conversation[SmtpReply]):
    service = "smtp"
    auth_verb = "AUTH"
    initial_limit = 480  # of 512 (RFC 5321 4.5.3.1.4), less "AUTH SCRAM-SHA-256-PLUS " and CRLF
    upgrade_command = "STARTTLS"
    upgrade_capability = "STARTTLS"
    farewell = b"QUIT\r\n"

    def new_reader(self, offset: int) -> ReplyReader:
        return ReplyReader(offset)

    def to_reply(self, event: SmtpReply, seconds: float) -> Reply:
        code = f"{event.code:03}" if event.code else ""
        reply = Reply(event.kind, code, self.masked(event.lines), event.enhanced, self.the_stream.turn, seconds)
        if event.code == 421:  # RFC 5321 section 3.8: the server closes after it, whatever was asked
            self.hang_up_follows(reply)
        return reply

    def upgrade_request(self) -> Outgoing:
        return commands.starttls()

    def goodbye(self) -> Outgoing:
        return commands.quit()

    async def capabilities(self, *, helo: bool = False) -> Capabilities:
        """EHLO (LHLO in LMTP), and HELO where the server does not know it, or where it is wanted from the first."""
        lmtp = self.endpoint.scheme.protocol is Protocol.LMTP
        old = helo and not lmtp
        hello = commands.lhlo if lmtp else commands.helo if old else commands.ehlo
        verb = "LHLO" if lmtp else "HELO" if old else "EHLO"
        started = self.net.now()
        event, seconds = await self.ask_event(Step.EHLO, hello(self.terms.ehlo), verb)
        reply = self.to_reply(event, seconds)
        if reply.kind is ReplyClass.PERMANENT and self.terms.proxy_protocol and self._events:
            # Two answers to one command: to a server that wants no PROXY header that was a command, too.
            self.the_stream.note(Deviation(DeviationKind.UNEXPECTED_REPLY, self._reader.offset, reply.line))
            event = self._events.popleft()
            reply = self.to_reply(event, seconds)
        if reply.kind is ReplyClass.PERMANENT and not lmtp and not old:
            self._note_capabilities(verb, event, reply)
            verb = "HELO"
            event, seconds = await self.ask_event(Step.EHLO, commands.helo(self.terms.ehlo), verb)
            reply = self.to_reply(event, seconds)
        offered = self._note_capabilities(verb, event, reply)
        if reply.kind is not ReplyClass.POSITIVE:
            self.took(Step.EHLO, started, NetFailure(Trouble.REJECTED, reply.line))
            await self.leave()
            raise Ended
        self.took(Step.EHLO, started)
        return offered

    def _note_capabilities(self, verb: str, event: SmtpReply, reply: Reply) -> Capabilities:
        extensions, odd = read_ehlo(event) if reply.kind is ReplyClass.POSITIVE else ((), ())
        for deviation in odd:
            self.the_stream.note(deviation)
        self.offered = Capabilities(self.stage, verb, reply, extensions, (reply.turn,))
        self.saw(self.offered)
        return self.offered

    def auth_command(self, mechanism: str, initial: bytes | None) -> Outgoing:
        return commands.auth(mechanism, initial)

    def auth_response(self, response: bytes | None) -> Outgoing:
        return commands.auth_cancel() if response is None else commands.auth_response(response)

    def challenge_of(self, event: SmtpReply) -> bytes | None:
        if event.kind is not ReplyClass.INTERMEDIATE:
            return None
        try:
            return base64.b64decode(event.lines[-1].strip() if event.lines else b"", validate=True)
        except binascii.Error:
            self.the_stream.note(Deviation(DeviationKind.BAD_CONTINUATION, event.offset))
            return None

    async def become(self, attributes: tuple[str, ...], what: str = "") -> bool:
        """XCLIENT: be taken for another client. A new greeting follows, and EHLO is due again.

        Where the server refuses, or does not offer each of the attributes, `what` is noted as not tested.
        """
        started = self.net.now()
        offered = self.offered.get("XCLIENT") if self.offered is not None else None
        pairs = dict(attribute.partition("=")[::2] for attribute in attributes)
        known = {name.upper() for name in offered.params} if offered else set()
        missing = tuple(name for name in pairs if known and name.upper() not in known)
        if offered is None or missing:
            turns = self.offered.turns if self.offered else ()
            self.saw(XclientTried(attributes, offered is not None, turns=turns, missing=missing))
            self._not_taken_for(what, missing)
            return False
        reply = await self.ask(Step.XCLIENT, commands.xclient(*attributes), "XCLIENT")
        self.saw(XclientTried(attributes, True, reply, (reply.turn,)))
        if reply.kind is not ReplyClass.POSITIVE:
            self.took(Step.XCLIENT, started, NetFailure(Trouble.REJECTED, reply.line))
            self._not_taken_for(what, ())
            return False
        self.took(Step.XCLIENT, started)
        given = {name.upper(): value for name, value in pairs.items()}
        self.client = given.get("ADDR", "") or self.client
        if given.get("LOGIN"):  # whoever may say so is taken for logged in
            self.stage = Stage.LOGGED_IN
        return True

    def _not_taken_for(self, what: str, missing: tuple[str, ...]) -> None:
        if what and missing:
            self.skip(what, "xclient-attribute-not-offered", asked=True, names=", ".join(missing))
        elif what:
            self.skip(what, "xclient-refused", asked=True)

    async def envelope(self, sender: str, *recipients: tuple[EnvelopePurpose, str]) -> bool:
        """MAIL, RCPT for each recipient, noted one by one, and RSET: nothing is sent. False if MAIL was refused.

        A refused MAIL is noted for the first recipient; without recipients MAIL alone is noted.
        """
        needs_utf8 = not all(address.isascii() for address in (sender, *(recipient for _, recipient in recipients)))
        if needs_utf8 and not self.offers("SMTPUTF8"):
            self.skip("sender-accepted", "smtputf8-not-offered", asked=True)
            return False
        started = self.net.now()
        mail = await self.ask(Step.MAIL, commands.mail(sender, *(["SMTPUTF8"] if needs_utf8 else [])), "MAIL FROM")
        accepted = mail.kind is ReplyClass.POSITIVE
        self.took(Step.MAIL, started)
        if not accepted or not recipients:
            purpose, recipient = recipients[0] if recipients else (EnvelopePurpose.MAILBOX, "")
            self._tried(purpose, sender, recipient, mail, None)
        for purpose, recipient in recipients if accepted else ():
            started = self.net.now()
            rcpt = await self.ask(Step.RCPT, commands.rcpt(recipient), "RCPT TO")
            self._tried(purpose, sender, recipient, mail, rcpt)
            self.took(Step.RCPT, started)
        if accepted:
            await self.ask(Step.MAIL, commands.rset(), "RSET")
        return accepted

    def _tried(self, purpose: EnvelopePurpose, sender: str, recipient: str, mail: Reply, rcpt: Reply | None) -> None:
        last = rcpt or mail
        turns = tuple(turn for turn in (last.turn - 1, last.turn) if turn >= 0)
        self.saw(EnvelopeTried(purpose, sender, recipient, self._logged_in, mail, rcpt, self.client, turns))

    async def claim(self, sender: str, recipient: str, user: str = "") -> SenderClaimed:
        """MAIL as somebody else, RCPT, for many servers judge MAIL only then, and RSET: nothing is sent."""
        mail, rcpt = await self.ask(Step.MAIL, commands.mail(sender), "MAIL FROM"), None
        if mail.kind is ReplyClass.POSITIVE:
            rcpt = await self.ask(Step.RCPT, commands.rcpt(recipient), "RCPT TO")
            await self.ask(Step.MAIL, commands.rset(), "RSET")
        turns = (mail.turn - 1, mail.turn, *((rcpt.turn - 1, rcpt.turn) if rcpt is not None else ()))
        claimed = SenderClaimed(sender, recipient, mail, rcpt, user, self.client, turns)
        self.saw(claimed)
        return claimed

    @property
    def _logged_in(self) -> bool:
        return self.stage is Stage.LOGGED_IN

    def offers(self, name: str) -> bool:
        """Whether the last EHLO listed this extension."""
        return self.offered is not None and self.offered.get(name) is not None
