"""A milter as a program, in the filter's role of `wire.milter`: adds a field, refuses spam, defers `later`."""

from __future__ import annotations

import sys

from mailproof.model.milter import AddHeader, Final, Negotiated, Verdict
from mailproof.net.interface import ServerStream
from mailproof.net.sockets import SocketNet
from mailproof.wire.milter.answers import compose_answer
from mailproof.wire.milter.commands import (
    Abort,
    BodyChunk,
    EndOfMessage,
    Macros,
    Offer,
    Quit,
    RcptTo,
    read_command,
)
from mailproof.wire.milter.packets import Packet, PacketReader


async def serve(stream: ServerStream) -> None:
    reader, spam = PacketReader(), False
    while data := await stream.read(1e9):
        reader.feed(data)
        while isinstance(packet := reader.next_event(), Packet):
            match read_command(packet):
                case Offer():
                    said = compose_answer(Negotiated(6, 1, 0))
                case Macros() | Abort():
                    continue
                case Quit():
                    return
                case RcptTo(path) if path.startswith("<later"):
                    said = compose_answer(Final(Verdict.TEMPFAIL))
                case BodyChunk(body):
                    spam = b"buy now" in body
                    said = compose_answer(Final(Verdict.CONTINUE))
                case EndOfMessage() if spam:
                    said = compose_answer(Final(Verdict.REPLY, "550 5.7.1 no spam"))
                case EndOfMessage():
                    said = compose_answer(AddHeader("X-Seen", "yes")) + compose_answer(Final(Verdict.ACCEPT))
                case _:
                    said = compose_answer(Final(Verdict.CONTINUE))
            await stream.write(said, 1e9)


async def main(net: SocketNet, place: str) -> None:
    family, _, rest = place.partition(":")
    if family == "unix":
        net.listen(serve, path=rest)
    else:
        net.listen(serve, port=int(rest.partition("@")[0]))
    await net.sleep(1e6)


if __name__ == "__main__":
    if sys.argv[1] == "--crash":
        sys.exit("cannot read my configuration")
    net = SocketNet()
    net.run(main(net, sys.argv[1]))
