"""A port that never answers, without a packet filter: a listener that accepts nobody, its queue full."""

from __future__ import annotations

import socket

# Linux takes one connection more than the backlog says, and some kernels round up.
_FILLERS = 4


class SilentPort:
    """Once its queue is full the kernel drops every SYN, as a firewall's DROP does (listen(2)).

    Raises OSError if the address or port cannot be had.
    """

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, port))
        self._listener.listen(0)
        self.host: str
        self.port: int
        self.host, self.port = self._listener.getsockname()[:2]
        self._fillers = [socket.socket(family, socket.SOCK_STREAM) for _ in range(_FILLERS)]
        for filler in self._fillers:
            filler.setblocking(False)
            filler.connect_ex((self.host, self.port))

    def close(self) -> None:
        for filler in self._fillers:
            filler.close()
        self._listener.close()
