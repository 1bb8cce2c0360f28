"""Milters for tests, made with the filter's role of `wire.milter`: in memory, or as a program (`tinymilter.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mailproof.model.attempt import Trouble
from mailproof.model.milter import Final, Negotiated, Verdict
from mailproof.net.interface import Handler, ServerStream
from mailproof.net.memory import MemoryNet
from mailproof.script.milter.mail import MilterMail, exercise
from mailproof.script.milter.place import parse_place
from mailproof.script.milter.player import MilterTerms
from mailproof.wire.milter.answers import Answer, compose_answer
from mailproof.wire.milter.commands import Abort, Command, Macros, NoCommand, Offer, Quit, read_command
from mailproof.wire.milter.packets import Packet, PacketReader

PLACE = parse_place("inet:8891@127.0.0.1")
ALL, TERMS = Negotiated(6, 0x1FF, 0), MilterTerms()
CONTINUE = Final(Verdict.CONTINUE)
MESSAGE = b"From: alice@example.test\r\nSubject: hello\r\n there\r\nX-Old: 1\r\n\r\nHi\r\n"
MAIL = MilterMail(sender="alice@example.test", recipients=("bob@example.net", "carol@example.net"), message=MESSAGE)

Says = Callable[[Command], "Answer | bytes | Iterable[Answer | bytes] | None"]


class Filter:
    """The filter's role: what a milter answers, each command as `says` has it; no I/O.

    An answer is one or several, raw bytes, or None for none; empty bytes: it hangs up.
    """

    def __init__(self, says: Says, agreed: Negotiated | bytes = ALL, heard: list[Command] | None = None) -> None:
        self.over = False
        self._says, self._agreed, self._heard = says, agreed, heard
        self._reader = PacketReader()

    def hear(self, data: bytes) -> bytes:
        self._reader.feed(data)
        out = b""
        while not self.over and (packet := self._reader.next_event()) is not None:
            assert isinstance(packet, Packet)
            command = read_command(packet)
            assert not isinstance(command, NoCommand), command
            if self._heard is not None:
                self._heard.append(command)
            if isinstance(command, Quit):
                self.over = True
            elif not isinstance(command, Macros | Abort):
                out += b"".join(self._answers(command))
        return out

    def _answers(self, command: Command) -> Iterator[bytes]:
        said = self._agreed if isinstance(command, Offer) else self._says(command)
        for answer in said if isinstance(said, list | tuple) else [] if said is None else [said]:
            if answer == b"":
                self.over = True
                return
            yield answer if isinstance(answer, bytes) else compose_answer(answer)


def milter(
    says: Says = lambda command: CONTINUE,
    agreed: Negotiated | bytes = ALL,
    heard: list[Command] | None = None,
) -> Handler:
    async def serve(stream: ServerStream) -> None:
        filter_ = Filter(says, agreed, heard)
        while not filter_.over and (data := await stream.read(1e9)):
            if said := filter_.hear(data):
                await stream.write(said, 1e9)

    return serve


def network(handler: Handler | Trouble, chunk: int = 1 << 16) -> MemoryNet:
    return MemoryNet(switchboard=lambda to, purpose: handler, chunk=chunk)


def sent(handler: Handler | Trouble, mail: MilterMail = MAIL, terms: MilterTerms = TERMS, chunk: int = 1 << 16):
    """What comes of a message through such a milter."""
    net = network(handler, chunk)
    return net.run(exercise(net, PLACE, mail, terms))


__all__ = ["ALL", "CONTINUE", "MAIL", "MESSAGE", "PLACE", "Filter", "milter", "network", "sent"]
