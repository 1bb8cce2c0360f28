"""Free loopback ports that nobody else takes between the choice and the start of a daemon."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

# State TCP_LISTEN in /proc/net/tcp (include/net/tcp_states.h of Linux).
_LISTENING = "0A"


class ClaimedPorts:
    """One free port of 127.0.0.1 for each name, claimed until `release`.

    Each claim is a socket that is bound but does not listen. It was bound without options, so nobody has the port,
    not even a Postfix, which listens with SO_REUSEPORT and would share it without an error. Then it allows reuse:
    on Linux a daemon that sets SO_REUSEADDR may now listen, while another search for free ports passes by.
    """

    def __init__(self, names: tuple[str, ...], wanted: Mapping[str, int] | None = None) -> None:
        """`wanted` are the numbers of those that are not to be any. Raises OSError for one that is taken."""
        self._sockets: list[socket.socket] = []
        self.numbers: dict[str, int] = {}
        try:
            for name in names:
                claim = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                self._sockets.append(claim)
                port = (wanted or {}).get(name, 0)
                try:
                    claim.bind(("127.0.0.1", port))
                except OSError as error:
                    raise OSError(error.errno, error.strerror, f"127.0.0.1:{port}") from None
                claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                self.numbers[name] = claim.getsockname()[1]
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """May be called twice."""
        while self._sockets:
            self._sockets.pop().close()

    def __enter__(self) -> ClaimedPorts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.release()


def listening_ports() -> set[int]:
    """The TCP ports of IPv4 on which anything listens.

    Read from the kernel instead of connecting, because every connection would leave lines in the servers' logs.
    """
    ports = set()
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        local, state = line.split()[1], line.split()[3]
        if state == _LISTENING:
            ports.add(int(local.rpartition(":")[2], 16))
    return ports
