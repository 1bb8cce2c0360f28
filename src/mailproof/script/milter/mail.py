"""One message, from the client's connection to the milter's last word."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from mailproof.model.milter import REFUSALS, Health, MilterResult, Stage, StepSeen, Verdict, Wish
from mailproof.net.interface import Net
from mailproof.script.milter.place import MilterPlace
from mailproof.script.milter.player import MilterFailure, MilterTerms, Player
from mailproof.wire.milter.commands import (
    BodyChunk,
    Command,
    Connect,
    DataBegins,
    EndOfHeaders,
    EndOfMessage,
    HeaderField,
    Helo,
    Macros,
    MailFrom,
    RcptTo,
)
from mailproof.wire.milter.messages import changed, envelope, joined, part
from mailproof.wire.milter.packets import MOST_DATA
from mailproof.wire.milter.session import macros_for, stage_of

_GOES_ON = (Verdict.CONTINUE, Verdict.SKIP, "sent", "left-out")
# Where Postfix tells a macro (postconf(5) milter_*_macros); one that is not here is told with the connection.
_TOLD_AT = {
    **dict.fromkeys(("tls_version", "cipher", "cipher_bits", "cert_subject", "cert_issuer"), Stage.HELO),
    **dict.fromkeys(("i", "auth_type", "auth_authen", "auth_author", "auth_ssf"), Stage.MAIL),
    **dict.fromkeys(("mail_addr", "mail_host", "mail_mailer"), Stage.MAIL),
    **dict.fromkeys(("rcpt_addr", "rcpt_host", "rcpt_mailer"), Stage.RCPT),
    **dict.fromkeys(("msg_id",), Stage.END),
}
# Digits with dots, brackets, colons: no name of a host has them.
_MEANT_AS_ADDRESS = re.compile(r"[\d.]+\Z|\[|.*:", re.ASCII)
_QUEUE_ID = "4mailproofA1"


class Client(msgspec.Struct, frozen=True):
    """Who is connected to the mail server."""

    host: str = "localhost"
    family: str = "4"
    port: int = 49152
    address: str = "127.0.0.1"


def client_of(words: Sequence[str]) -> Client:
    """`HOST [ADDRESS [PORT]]`; an address alone is a client without a name, as Postfix tells it: `[192.0.2.1]`.

    `unknown` is the address of one of whom nothing is known, a path that of a Unix socket. Raises ValueError for an
    address or a port that is none.
    """
    if not words:
        return Client()
    host, address, port, *more = (*words, *("", "", "")[len(words) :])
    if more or (port and not (port.isascii() and port.isdigit() and int(port) < 1 << 16)):
        raise ValueError("HOST ADDRESS PORT, with a number as the port")
    text = address or host
    if text.startswith("/"):
        return Client("localhost", "L", 0, text)
    if address == "unknown" or (not address and not _MEANT_AS_ADDRESS.match(host)):
        return Client(host, "U", 0, "")
    found = ipaddress.ip_address(text.strip("[]"))
    return Client(
        host if address else f"[{found}]",
        "4" if found.version == 4 else "6",
        int(port) if port else Client().port,
        str(found),
    )


class MilterMail(msgspec.Struct, frozen=True):
    """What a mail server would tell the milter."""

    client: Client = Client()
    helo: str = "localhost"
    sender: str = ""
    """Without angle brackets; empty is that of a bounce."""
    sender_arguments: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    message: bytes = b""
    macros: tuple[tuple[str, str], ...] = ()
    server: str = "mail.example.test"
    """The name of the mail server, for the macro `j`."""


async def negotiate(net: Net, place: MilterPlace, terms: MilterTerms) -> MilterResult:
    """What the milter wants, and nothing else."""
    started = net.now()
    player = Player(net, place, terms)
    try:
        await player.open()
    except MilterFailure as failure:
        return failed(player, place, failure, net.now() - started)
    finally:
        player.close()
    return MilterResult(
        place.url,
        Health.SOUND,
        stage=Stage.NEGOTIATE,
        negotiated=player.agreed,
        steps=tuple(player.steps),
        seconds=net.now() - started,
    )


async def exercise(net: Net, place: MilterPlace, mail: MilterMail, terms: MilterTerms) -> MilterResult:
    """Everything up to the end of the message, or to where the milter ends it. What it does raises nothing.

    Raises PacketError for a message that cannot be told: a field of the header that is longer than a packet.
    """
    started = net.now()
    player = Player(net, place, terms)
    teller = Teller(player, mail)
    try:
        await player.open()
        result = await teller.tell(place)
    except MilterFailure as failure:
        result = failed(player, place, failure, 0.0)
    finally:
        player.close()
    return msgspec.structs.replace(result, seconds=net.now() - started)


def failed(player: Player, place: MilterPlace, failure: MilterFailure, seconds: float) -> MilterResult:
    """What is told of a milter that does not work."""
    return MilterResult(
        place.url,
        failure.health,
        stage=failure.stage,
        detail=failure.detail,
        amiss=failure.amiss,
        negotiated=player.session.agreed,
        steps=tuple(player.steps),
        seconds=seconds,
    )


def macros_at(stage: Stage, mail: MilterMail, recipient: str = "") -> dict[str, str]:
    """What a server would tell here by itself, and what the user wants told."""
    ours: Mapping[Stage, Mapping[str, str]] = {
        Stage.CONNECT: {
            "j": mail.server,
            "_": f"{mail.client.host} [{mail.client.address}]",
            "{daemon_name}": mail.server,
            "v": "mailproof",
        },
        Stage.MAIL: {"i": _QUEUE_ID, "{mail_addr}": mail.sender, "{mail_host}": mail.sender.rpartition("@")[2]},
        Stage.RCPT: {"{rcpt_addr}": recipient, "{rcpt_host}": recipient.rpartition("@")[2]},
    }
    told = dict(ours.get(stage, {}))
    if stage in (Stage.DATA, Stage.EOH, Stage.END):
        told["i"] = next((value for name, value in mail.macros if _bare(name) == "i"), _QUEUE_ID)
    for name, value in mail.macros:
        bare = _bare(name)
        if _TOLD_AT.get(bare, Stage.CONNECT) is stage:
            told[bare if len(bare) == 1 else f"{{{bare}}}"] = value
    return told


def _bare(name: str) -> str:
    return name.removeprefix("{").removesuffix("}")


class Teller:
    """Says a message to a milter that is open, step by step."""

    def __init__(self, player: Player, mail: MilterMail) -> None:
        self._player = player
        self._mail = mail
        self._parted = part(mail.message)
        self._refused: list[str] = []

    async def tell(self, place: MilterPlace) -> MilterResult:
        client = self._mail.client
        last = await self._say(
            Connect(client.host, client.family, client.port, client.address), f"{client.host} [{client.address}]"
        )
        if self._goes_on(last):
            last = await self._say(Helo(self._mail.helo), self._mail.helo)
        if self._goes_on(last):
            path = f"<{self._mail.sender}>"
            last = await self._say(
                MailFrom(path, self._mail.sender_arguments), " ".join((path, *self._mail.sender_arguments))
            )
        for recipient in self._mail.recipients if self._goes_on(last) else ():
            step = await self._say(RcptTo(f"<{recipient}>"), f"<{recipient}>", recipient)
            if step.answer in (Verdict.REJECT, Verdict.TEMPFAIL, Verdict.REPLY):
                self._refused.append(recipient)
            if self._player.session.client_over or self._player.session.message_over:
                last = step
                break
            last = step
        if len(self._refused) == len(self._mail.recipients) or not self._goes_on(last, recipients=True):
            return self._result(place, last)
        last = await self.content()
        return self._result(place, last)

    async def content(self) -> StepSeen:
        """From DATA to the end of the message, or to where the milter ends it; the last step."""
        last = await self._say(DataBegins(), "")
        if self._goes_on(last):
            last = await self._many(Stage.HEADER, self._fields())
        if self._goes_on(last):
            last = await self._say(EndOfHeaders(), "")
        if self._goes_on(last):
            last = await self._many(Stage.BODY, _chunks(self._parted.body))
        if self._goes_on(last):
            last = await self._say(EndOfMessage(), "")
        return last

    def _fields(self) -> Iterator[HeaderField]:
        spaced = self._player.agreed.asks(Wish.LEADING_SPACE)
        for field in self._parted.fields:
            # A NUL would end the text; Sendmail and Postfix cut it out before.
            value = field.value.replace("\0", "")
            yield HeaderField(field.name, value if spaced else value.removeprefix(" "))

    async def _many(self, stage: Stage, commands: Iterator[Command]) -> StepSeen:
        """One step for all of a kind that went on, and one more for the first that did not."""
        steps = self._player.steps
        first = len(steps)
        last = StepSeen(stage, "", "left-out", 0.0, count=0)
        for command in commands:
            last = await self._say(command, _said(command))
            if not self._goes_on(last):
                break
        made = steps[first:]
        went_on = made if self._goes_on(last) else made[:-1]
        if went_on:
            steps[first : first + len(went_on)] = [_together(stage, went_on)]
        return last

    async def _say(self, command: Command, said: str, recipient: str = "") -> StepSeen:
        return await self._player.say(command, self._macros(command, recipient), said=said)

    def _macros(self, command: Command, recipient: str) -> Macros | None:
        if isinstance(command, HeaderField | BodyChunk):
            return None
        return macros_for(command, macros_at(stage_of(command), self._mail, recipient))

    def _goes_on(self, step: StepSeen, *, recipients: bool = False) -> bool:
        session = self._player.session
        return (
            session.client_over is None and session.message_over is None and (recipients or step.answer in _GOES_ON)
        ) or (step.stage in (Stage.CONNECT, Stage.HELO) and step.answer == Verdict.DISCARD)

    def _result(self, place: MilterPlace, last: StepSeen) -> MilterResult:
        session = self._player.session
        verdict = session.client_over or session.message_over or _verdict(last)
        changes = tuple(change for step in self._player.steps for change in step.changes)
        taken = tuple(each for each in self._mail.recipients if each not in self._refused)
        sender, recipients = envelope(self._mail.sender, taken, changes)
        spaced = self._player.agreed.asks(Wish.LEADING_SPACE)
        came_through = verdict in (Verdict.CONTINUE, Verdict.ACCEPT)
        after = changed(self._parted, changes, spaced)
        return MilterResult(
            place.url,
            Health.SOUND,
            verdict,
            last.stage,
            session.reply if verdict in REFUSALS else "",
            negotiated=session.agreed,
            steps=tuple(self._player.steps),
            changes=changes,
            sender=sender,
            recipients=recipients,
            refused=tuple(self._refused),
            quarantine=next((change.reason for change in changes if hasattr(change, "reason")), ""),
            message=joined(after) if came_through else b"",
        )


def before(message: bytes) -> bytes:
    """The message as it is told to a milter, to be held beside what comes out."""
    return joined(part(message))


def _verdict(last: StepSeen) -> Verdict:
    return Verdict(last.answer) if last.answer in set(Verdict) - {Verdict.SKIP} else Verdict.CONTINUE


def _together(stage: Stage, steps: Sequence[StepSeen]) -> StepSeen:
    answers = {step.answer for step in steps}
    answer = steps[-1].answer if len(answers) == 1 or Verdict.SKIP in answers else Verdict.CONTINUE
    notes = tuple(dict.fromkeys(note for step in steps for note in step.notes))
    return StepSeen(
        stage,
        "",
        str(answer),
        sum(step.seconds for step in steps),
        progress=sum(step.progress for step in steps),
        count=len(steps),
        notes=notes,
    )


def _said(command: Command) -> str:
    return f"{command.name}:" if isinstance(command, HeaderField) else ""


def _chunks(body: bytes) -> Iterator[BodyChunk]:
    for at in range(0, len(body), MOST_DATA):
        yield BodyChunk(body[at : at + MOST_DATA])
