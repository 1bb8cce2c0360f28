"""What the servers of the tests on loopback are made of: ports, threads, and a certificate that can be trusted."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mailproof.script.authority import Authority, CertificateKind


class Listening:
    """Serves each client of a listening socket in a thread of its own. `serve` closes the connection it is given."""

    def __init__(self, listener: socket.socket, serve: Callable[[socket.socket], None]) -> None:
        self._listener = listener
        self._serve = serve
        self.port: int = listener.getsockname()[1]
        self.connections: list[socket.socket] = []
        """Of everybody who was let in."""
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Nobody else is let in."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def join(self, patience: float) -> None:
        """Until the last client is served, or for so many seconds each."""
        for thread in self._threads:
            thread.join(patience)


def on_one_port() -> tuple[socket.socket, socket.socket]:
    """For UDP and for TCP. A port that is free for UDP may be taken for TCP: then another is tried."""
    while True:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        udp.bind(("127.0.0.1", 0))
        try:
            tcp.bind(udp.getsockname())
        except OSError:
            udp.close()
            tcp.close()
        else:
            return udp, tcp


def sound_tls(directory: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS with a sound certificate for 127.0.0.1, and the root to trust for it."""
    authority = Authority()
    files = authority.write(authority.issue(CertificateKind.GOOD, "127.0.0.1", datetime.now(UTC)), directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.chain, files.key)
    return context, files.root


@contextmanager
def closed_port() -> Iterator[int]:
    """Of TCP on 127.0.0.1: nobody listens there, and nobody else gets it, until the end of the block."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        number: int = taken.getsockname()[1]
        yield number
