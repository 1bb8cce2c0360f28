"""A milter as a program: adds a field, refuses spam, defers `later`."""

from __future__ import annotations

import sys

from mailproof.model.milter import AddHeader, Final, Negotiated, Verdict
from mailproof.net.interface import ServerStream
from mailproof.net.sockets import SocketNet
from mailproof.wire.milter.answers import Answer
from mailproof.wire.milter.commands import BodyChunk, Command, EndOfMessage, RcptTo
from milters import CONTINUE, Says, milter


def tiny() -> Says:
    """For one connection."""
    spam = False

    def says(command: Command) -> Answer | list[Answer]:
        nonlocal spam
        match command:
            case RcptTo(path) if path.startswith("<later"):
                return Final(Verdict.TEMPFAIL)
            case BodyChunk(body):
                spam = b"buy now" in body
            case EndOfMessage() if spam:
                return Final(Verdict.REPLY, "550 5.7.1 no spam")
            case EndOfMessage():
                return [AddHeader("X-Seen", "yes"), Final(Verdict.ACCEPT)]
        return CONTINUE

    return says


async def serve(stream: ServerStream) -> None:
    await milter(tiny(), Negotiated(6, 1, 0))(stream)


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
