"""Milters for tests, made with the filter's role of `wire.milter`: in memory, or as a program (`tinymilter.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mailproof.model.attempt import Trouble
from mailproof.model.milter import Final, Negotiated, Verdict
from mailproof.net.interface import Handler, ServerStream
from mailproof.net.memory import MemoryNet
from mailproof.script.milter.mail import MilterMail, exercise
from mailproof.script.milter.place import parse_place
from mailproof.script.milter.player import MilterTerms
from mailproof.wire.milter.answers import Answer, compose_answer
from mailproof.wire.milter.commands import Abort, Command, Macros, NoCommand, Offer, Quit, read_command
from mailproof.wire.milter.packets import NoPacket, PacketReader

PLACE = parse_place("inet:8891@127.0.0.1")
ALL, TERMS = Negotiated(6, 0x1FF, 0), MilterTerms()
CONTINUE = Final(Verdict.CONTINUE)
MESSAGE = b"From: alice@example.test\r\nSubject: hello\r\n there\r\nX-Old: 1\r\n\r\nHi\r\n"
MAIL = MilterMail(sender="alice@example.test", recipients=("bob@example.net", "carol@example.net"), message=MESSAGE)

Says = Callable[[Command], "Answer | bytes | Iterable[Answer | bytes] | None"]


def milter(
    says: Says = lambda command: CONTINUE,
    agreed: Negotiated | bytes = ALL,
    heard: list[Command] | None = None,
) -> Handler:
    """One that answers each command as `says` has it: answers, raw bytes, or None for no answer."""

    async def serve(stream: ServerStream) -> None:
        reader = PacketReader()
        while data := await stream.read(1e9):
            reader.feed(data)
            while (packet := reader.next_event()) is not None:
                assert not isinstance(packet, NoPacket)
                command = read_command(packet)
                assert not isinstance(command, NoCommand), command
                if heard is not None:
                    heard.append(command)
                if isinstance(command, Quit):
                    return
                if isinstance(command, Macros | Abort):
                    continue
                said = agreed if isinstance(command, Offer) else says(command)
                if said is None:
                    continue
                for answer in said if isinstance(said, list | tuple) else [said]:
                    if answer == b"":
                        return
                    out = answer if isinstance(answer, bytes) else compose_answer(answer)
                    await stream.write(out, 1e9)

    return serve


def network(handler: Handler | Trouble, chunk: int = 1 << 16) -> MemoryNet:
    return MemoryNet(switchboard=lambda to, purpose: handler, chunk=chunk)


def sent(handler: Handler | Trouble, mail: MilterMail = MAIL, terms: MilterTerms = TERMS, chunk: int = 1 << 16):
    """What comes of a message through such a milter."""
    net = network(handler, chunk)
    return net.run(exercise(net, PLACE, mail, terms))


__all__ = ["CONTINUE", "MAIL", "MESSAGE", "PLACE", "milter", "network", "sent"]
