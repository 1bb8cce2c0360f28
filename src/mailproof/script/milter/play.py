"""Plays a script against a milter: what is answered is compared, up to the first answer that is another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from mailproof.model.milter import MilterPlayed, MilterUnmet, Stage, StepPlayed, StepSeen, Verdict, Wish
from mailproof.net.interface import Net
from mailproof.script.format import ScriptError, matches
from mailproof.script.milter.language import NONE, Line, MilterScript, Wait, Wanted, answer_lines
from mailproof.script.milter.mail import MilterMail, Teller, client_of, macros_at
from mailproof.script.milter.place import MilterPlace
from mailproof.script.milter.player import MilterFailure, MilterTerms, Player
from mailproof.wire.milter.commands import (
    Abort,
    BodyChunk,
    Command,
    Connect,
    DataBegins,
    EndOfHeaders,
    EndOfMessage,
    HeaderField,
    Helo,
    MailFrom,
    Quit,
    RcptTo,
    UnknownCommand,
)
from mailproof.wire.milter.packets import NulError, PacketError
from mailproof.wire.milter.session import macros_for, stage_of

ReadFile = Callable[[str], bytes]
_WORDLESS = (NONE, "CONTINUE", "SKIP")


async def play(
    net: Net, place: MilterPlace, script: MilterScript, terms: MilterTerms, read: ReadFile
) -> MilterPlayed:
    """`read` gives the file of a MESSAGE line. Raises ScriptError for commands out of order."""
    started = net.now()
    steps: list[StepPlayed] = []
    for nth, lines in enumerate(script.connections, 1):
        player = _Player(net, place, terms, read, nth)
        try:
            unmet = await player.play(lines)
        except MilterFailure as failure:
            return MilterPlayed(
                place.url,
                failure.health,
                (*steps, *player.played),
                stage=failure.stage,
                detail=failure.detail,
                amiss=failure.amiss,
                line=player.line,
                seconds=net.now() - started,
            )
        finally:
            player.close()
        steps += player.played
        if unmet is not None:
            return MilterPlayed(place.url, steps=tuple(steps), unmet=unmet, seconds=net.now() - started)
    return MilterPlayed(place.url, steps=tuple(steps), seconds=net.now() - started)


class _Player:
    def __init__(self, net: Net, place: MilterPlace, terms: MilterTerms, read: ReadFile, nth: int) -> None:
        self.played: list[StepPlayed] = []
        self.line = 0
        self._net = net
        self._player = Player(net, place, terms)
        self._read = read
        self._nth = nth
        self._mail = MilterMail()
        self._macros: list[tuple[str, str]] = []

    def close(self) -> None:
        self._player.close()

    async def play(self, lines: Sequence[Line | Wait]) -> MilterUnmet | None:
        await self._player.open()
        self._take(0)
        for line in lines:
            self.line = line.number
            if isinstance(line, Wait):
                await self._net.sleep(line.seconds)
            elif line.verb == "MACRO":
                name, _, value = line.rest.partition(" ")
                self._macros.append((name, value))
            elif (unmet := self._compared(line, await self._said(line))) is not None:
                return unmet
        return None

    async def _said(self, line: Line) -> StepSeen:
        try:
            return await self._say(line)
        except NulError:
            raise ScriptError("script-nul", line=str(line.number)) from None
        except PacketError:
            raise ScriptError("script-packet", line=str(line.number)) from None

    async def _say(self, line: Line) -> StepSeen:
        first = len(self._player.steps)
        started = self._net.now()
        if line.verb == "MESSAGE":
            self._mail = msgspec.structs.replace(self._mail, message=self._read(line.rest), macros=self._told())
            self._order(DataBegins(), line)
            last = await Teller(self._player, self._mail).content()
        else:
            command = self._command(line)
            self._order(command, line)
            mail = msgspec.structs.replace(self._mail, macros=())
            recipient = command.path.strip("<>") if isinstance(command, RcptTo) else ""
            stage = stage_of(command)
            told = (
                {}
                if stage in (Stage.HEADER, Stage.BODY, Stage.ABORT, Stage.QUIT)
                else macros_at(stage, mail, recipient)
            )
            told |= {_braced(name): value for name, value in self._told()}
            last = await self._player.say(command, macros_for(command, told), said=line.rest)
        made = self._player.steps[first:]
        self._take(first)
        changes = tuple(change for step in made for change in step.changes)
        return msgspec.structs.replace(last, seconds=self._net.now() - started, changes=changes)

    def _told(self) -> tuple[tuple[str, str], ...]:
        told, self._macros = tuple(self._macros), []
        return told

    def _order(self, command: Command, line: Line) -> None:
        if not self._player.session.may_say(command):
            raise ScriptError("script-order", line=str(line.number), verb=line.verb)

    def _take(self, first: int) -> None:
        self.played += (StepPlayed(self._nth, self.line, step) for step in self._player.steps[first:])

    def _command(self, line: Line) -> Command:
        rest = line.text
        words = rest.split()
        match line.verb:
            case "CONNECT":
                client = client_of(words)
                self._mail = msgspec.structs.replace(self._mail, client=client)
                return Connect(client.host, client.family, client.port, client.address)
            case "HELO":
                return Helo(rest)
            case "MAIL":
                self._mail = msgspec.structs.replace(self._mail, sender=words[0].strip("<>"))
                return MailFrom(words[0], tuple(words[1:]))
            case "RCPT":
                return RcptTo(words[0], tuple(words[1:]))
            case "HEADER":
                name, _, value = rest.partition(":")
                spaced = self._player.agreed.asks(Wish.LEADING_SPACE)
                return HeaderField(name, value if spaced else value.removeprefix(" "))
            case "BODY":
                return BodyChunk(rest.encode("utf-8", "surrogateescape"))
            case "UNKNOWN":
                return UnknownCommand(rest)
            case verb:
                return _PLAIN[verb]

    def _compared(self, line: Line, step: StepSeen) -> MilterUnmet | None:
        said = answer_lines(step)
        if line.within is not None and step.seconds > line.within:
            return MilterUnmet(line.number, f"within {line.within:g} s", (f"{step.seconds:.3f} s",))
        if not line.wanted:
            return (
                None
                if said[-1] in _WORDLESS or step.answer == Verdict.ACCEPT
                else _unmet(line.number, "CONTINUE", said)
            )
        return _against(line.wanted, said)


_PLAIN: dict[str, Command] = {
    "DATA": DataBegins(),
    "EOH": EndOfHeaders(),
    "EOM": EndOfMessage(),
    "ABORT": Abort(),
    "QUIT": Quit(),
}


def _against(wanted: Sequence[Wanted], said: Sequence[str]) -> MilterUnmet | None:
    """The last wanted line is the answer, those before it are changes, each once and in any order."""
    *changes, final = wanted
    left = list(said[:-1])
    any_others = False
    for each in changes:
        if each.text == "~":
            any_others = True
            continue
        found = next((line for line in left if matches(each.text, line)), None)
        if found is None:
            return _unmet(each.number, each.text, said)
        left.remove(found)
    if left and not any_others:
        return _unmet(final.number, final.text, (*left, said[-1]))
    return None if matches(final.text, said[-1]) else _unmet(final.number, final.text, said)


def _unmet(number: int, wanted: str, said: Sequence[str]) -> MilterUnmet:
    return MilterUnmet(number, wanted, tuple(said))


def _braced(name: str) -> str:
    bare = name.removeprefix("{").removesuffix("}")
    return bare if len(bare) == 1 else f"{{{bare}}}"
