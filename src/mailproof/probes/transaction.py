"""One message handed over in a conversation that has come as far: MAIL to the last answer, to the stage asked for.

RFC 5321, 2033 (LMTP), 3030 (CHUNKING), 2920 (PIPELINING), PRDR.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from mailproof.model.attempt import Step, Trouble
from mailproof.model.capabilities import Stage
from mailproof.model.endpoint import Protocol
from mailproof.model.envelope import Submitted
from mailproof.model.failure import NetFailure
from mailproof.model.reply import Reply, ReplyClass
from mailproof.probes.smtp import SmtpConversation, queue_id
from mailproof.probes.wish import LoginWish
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.smtp import commands
from mailproof.wire.smtp.messages import stuff

_LINE_END = re.compile(rb"\r?\n")


class Until(StrEnum):
    """After which a session can be made to end; the names are those of swaks, in small letters."""

    BANNER = "banner"
    FIRST_EHLO = "first-ehlo"
    TLS = "tls"
    XCLIENT = "xclient"
    EHLO = "ehlo"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    MESSAGE = "message"


class Recipient(msgspec.Struct, frozen=True):
    address: str
    params: tuple[str, ...] = ()
    """Of RCPT, as they go out: `NOTIFY=SUCCESS`."""


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """Envelope, message, and how they go."""

    sender: str
    mail_params: tuple[str, ...] = ()
    recipients: tuple[Recipient, ...]
    data: bytes
    raw: bool = False
    """The bytes exactly: no line end mended, no dot doubled; what ends the message is for them to hold."""
    pipelining: bool = False
    chunk: int = 0
    """Bytes of each BDAT (RFC 3030); 0 for DATA."""
    prdr: bool = False
    needs: tuple[tuple[str, str], ...] = ()
    """Parameters of MAIL and the extensions that must be offered for them: `("REQUIRETLS", "REQUIRETLS")`."""
    eight_bit: bool = False
    """The message holds bytes above 127: BODY=8BITMIME, where it is offered (RFC 6152)."""
    login: LoginWish | None = None
    login_if_offered: bool = False
    """Go on without the login where the server offers none."""
    helo: bool = False
    """HELO in place of EHLO, as a client of RFC 821 says it; nothing is offered then."""
    verified: bool = False
    """Go no further inside TLS whose certificate does not verify."""
    last: Until = Until.MESSAGE
    drop: bool = False
    """Hang up after the last stage without QUIT."""
    anyway: bool = False
    """Ask also for what the server does not offer."""
    token: str = ""
    """In its header, to find it again."""


class Over(Exception):
    """The stage that was to be the last has been reached."""


async def hand_over(talk: SmtpConversation, sending: Sending) -> None:
    """Carry the transaction out and note what came of it, one fact for each recipient.

    What was asked for and is not offered is noted, and then nothing is sent. Raises Over after the last stage.
    """
    transaction = _Transaction(talk, sending)
    try:
        await transaction.carry_out()
    finally:
        transaction.tell()


class _Transaction:
    def __init__(self, talk: SmtpConversation, sending: Sending) -> None:
        self._talk = talk
        self._sending = sending
        self._mail: Reply | None = None
        self._rcpts: list[Reply] = []
        self._data: Reply | None = None
        self._final: Reply | None = None
        self._finals: list[Reply] = []

    async def carry_out(self) -> None:
        if missing := self._missing():
            self._talk.skip("message-accepted", "extension-not-offered", asked=True, extension=missing)
            return
        await (self._in_one_go() if self._may_pipeline() else self._one_by_one())

    def _reached(self, stage: Until) -> None:
        if stage is self._sending.last:
            raise Over

    def _may_pipeline(self) -> bool:
        """RFC 2920: only where it is offered; and what is to end on the way is asked one by one."""
        early = self._sending.last not in (Until.DATA, Until.MESSAGE)
        offered = self._sending.anyway or self._talk.offers("PIPELINING")
        return self._sending.pipelining and offered and not early

    async def _one_by_one(self) -> None:
        talk, started = self._talk, self._talk.net.now()
        self._mail = await talk.ask(Step.MAIL, self._mail_command(), "MAIL FROM")
        self._took(Step.MAIL, started, self._mail)
        if self._mail.kind is not ReplyClass.POSITIVE:
            return
        self._reached(Until.MAIL)
        started = talk.net.now()
        for recipient in self._sending.recipients:
            command = commands.rcpt(recipient.address, *recipient.params)
            self._rcpts.append(await talk.ask(Step.RCPT, command, "RCPT TO"))
        if not self._took_recipients(started):
            return
        self._reached(Until.RCPT)
        await (self._chunks() if self._sending.chunk else self._after_data(await self._ask_data()))

    async def _in_one_go(self) -> None:
        """MAIL, RCPT and DATA in one write; the answers then (RFC 2920 section 3.1)."""
        talk, started = self._talk, self._talk.net.now()
        group = [self._mail_command()]
        group += [commands.rcpt(each.address, *each.params) for each in self._sending.recipients]
        if not self._sending.chunk:
            group.append(commands.data())
        first = await talk.ask(Step.MAIL, Outgoing(b"".join(each.data for each in group)), "MAIL FROM")
        self._mail = first
        self._took(Step.MAIL, started, first)
        started = talk.net.now()
        for _ in self._sending.recipients:
            self._rcpts.append(await talk.hear(Step.RCPT, "RCPT TO", started))
        going_on = self._took_recipients(started)
        if self._sending.chunk:
            if going_on:
                await self._chunks()
            return
        data = await talk.hear(Step.DATA, "DATA", started)
        if data.kind is ReplyClass.INTERMEDIATE and not going_on:
            # RFC 2920 section 3.1: a server that says 354 without a recipient gets an empty message.
            self._final = await talk.ask(Step.DATA, Outgoing(b".\r\n"), "the message")
            return
        await self._after_data(data)

    def _took_recipients(self, started: float) -> bool:
        """False if none was accepted."""
        refused = [reply for reply in self._rcpts if reply.kind is not ReplyClass.POSITIVE]
        none = len(refused) == len(self._rcpts)
        self._took(Step.RCPT, started, refused[0] if refused and none else self._rcpts[0])
        return not none

    async def _ask_data(self) -> Reply:
        return await self._talk.ask(Step.DATA, commands.data(), "DATA")

    async def _after_data(self, data: Reply) -> None:
        self._data, started = data, self._talk.net.now()
        if data.kind is not ReplyClass.INTERMEDIATE:
            self._took(Step.DATA, started, data)
            return
        self._reached(Until.DATA)
        message = self._sending.data if self._sending.raw else stuff(self._sending.data)
        await self._hand_over(Outgoing(message), started)

    async def _chunks(self) -> None:
        """Each BDAT with its bytes in one write; the last is answered for the whole message."""
        self._reached(Until.DATA)  # there is no answer to wait for in between
        talk, started = self._talk, self._talk.net.now()
        data = self._sending.data if self._sending.raw else _LINE_END.sub(b"\r\n", self._sending.data)
        if not self._sending.raw and data and not data.endswith(b"\r\n"):
            data += b"\r\n"
        size = self._sending.chunk
        pieces = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
        for piece in pieces[:-1]:
            command = Outgoing(commands.bdat(len(piece), False).data + piece)
            reply = await talk.ask(Step.DATA, command, "BDAT", keep=talk.terms.keep_bodies)
            if reply.kind is not ReplyClass.POSITIVE:
                self._final = reply
                self._took(Step.DATA, started, reply)
                return
        await self._hand_over(Outgoing(commands.bdat(len(pieces[-1]), True).data + pieces[-1]), started)

    async def _hand_over(self, message: Outgoing, started: float) -> None:
        """The message, and one answer, or one for each recipient that was accepted."""
        talk = self._talk
        first = await talk.ask(Step.DATA, message, "the message", keep=talk.terms.keep_bodies)
        accepted = sum(reply.kind is ReplyClass.POSITIVE for reply in self._rcpts)
        if talk.endpoint.scheme.protocol is Protocol.LMTP:
            self._finals = [first]
            for _ in range(accepted - 1):
                self._finals.append(await talk.hear(Step.DATA, "the message", started))
            good = [reply for reply in self._finals if reply.kind is ReplyClass.POSITIVE]
            self._final = good[0] if good else first
        elif self._sending.prdr and first.code == "353":
            for _ in range(accepted):
                self._finals.append(await talk.hear(Step.DATA, "the message", started))
            self._final = await talk.hear(Step.DATA, "the message", started)
        else:
            self._final = first
        self._took(Step.DATA, started, self._final)

    def _missing(self) -> str:
        """What was asked for and is not offered; empty for nothing, or where it is to be asked for anyway."""
        sending = self._sending
        wanted = [extension for _, extension in sending.needs]
        wanted += [*(["PRDR"] if sending.prdr else []), *(["CHUNKING"] if sending.chunk else [])]
        missing = (extension for extension in wanted if not self._talk.offers(extension))
        return "" if sending.anyway else next(missing, "")

    def _mail_command(self) -> Outgoing:
        sending = self._sending
        eight_bit = sending.eight_bit and self._talk.offers("8BITMIME")
        params = [
            *(param for param, _ in sending.needs),
            *(["BODY=8BITMIME"] if eight_bit else []),
            *(["PRDR"] if sending.prdr else []),
            *sending.mail_params,
        ]
        return commands.mail(sending.sender, *params)

    def _took(self, step: Step, started: float, reply: Reply) -> None:
        good = reply.kind in (ReplyClass.POSITIVE, ReplyClass.INTERMEDIATE)
        self._talk.took(step, started, None if good else NetFailure(Trouble.REJECTED, reply.line))

    def tell(self) -> None:
        """Note how far it came."""
        if self._mail is None:
            return
        finals = iter(self._finals)
        for recipient, rcpt in _beside(self._sending.recipients, self._rcpts):
            good = rcpt is not None and rcpt.kind is ReplyClass.POSITIVE
            final = next(finals, self._final) if good else None
            data = self._data if good else None
            replies = [reply for reply in (self._mail, rcpt, data, final) if reply is not None]
            turns = dict.fromkeys(turn for reply in replies for turn in (reply.turn - 1, reply.turn) if turn >= 0)
            self._talk.saw(
                Submitted(
                    self._sending.sender,
                    recipient.address,
                    self._sending.token,
                    self._mail,
                    rcpt,
                    data,
                    final,
                    queue_id(self._final),
                    len(self._sending.data),
                    self._talk.stage is Stage.LOGGED_IN,
                    tuple(turns),
                    self._talk.client,
                )
            )


def _beside(recipients: Sequence[Recipient], replies: Sequence[Reply]) -> list[tuple[Recipient, Reply | None]]:
    padded = [*replies, *[None] * (len(recipients) - len(replies))]
    return list(zip(recipients, padded, strict=True))
