"""A program that speaks the protocol on its standard input and output, in place of a connection: `exim -bs`."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence

from mailproof.model.attempt import Trouble
from mailproof.model.failure import NetFailure
from mailproof.net.interface import Address
from mailproof.net.sockets import SocketNet
from mailproof.net.stream import BufferedStream


class PipeNet(SocketNet):
    """Whatever is dialled, the program is started. It ends when its input does."""

    def __init__(self, command: Sequence[str]) -> None:
        super().__init__()
        self._command = command

    async def connect(
        self, to: Address, deadline: float, *, purpose: str, secrets: Sequence[str] = (), source: str = ""
    ) -> BufferedStream:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._start(theirs.fileno())
            except OSError as error:
                ours.close()
                raise NetFailure(Trouble.LOCAL, f"{self._command[0]}: {error.strerror}") from error
        ours.setblocking(False)
        return self.stream(ours, to, purpose, secrets)

    def _start(self, descriptor: int) -> None:
        """Standard error stays the terminal's: a program that cannot start says there why."""
        actions = [(os.POSIX_SPAWN_DUP2, descriptor, number) for number in (0, 1)]
        os.posix_spawnp(self._command[0], list(self._command), os.environ, file_actions=actions)
