"""A relay on loopback that takes every message and keeps it: what a server sent, as the other side sees it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import msgspec

# smtp(8) gives up after five minutes at the latest; nobody else connects.
_PATIENCE = 300.0
# Ten times Postfix's own message_size_limit.
_LARGEST = 100 << 20
_ADDRESS = re.compile(r"(?i)(MAIL FROM|RCPT TO):\s*<(.*?)>(?:\s|$)")


class Caught(msgspec.Struct, frozen=True):
    """One message: addresses as they stood between the angle brackets, and the text with LF at the ends of lines."""

    sender: str
    recipients: tuple[str, ...]
    message: str


class Relay:
    """Plain SMTP on a free port of 127.0.0.1, each client in a thread of its own. A context manager."""

    def __init__(self, arrived: Callable[[], None] | None = None) -> None:
        """`arrived` is called after each message, from another thread."""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._arrived = arrived
        self._lock = threading.Lock()
        self._caught: list[Caught] = []
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def caught(self) -> list[Caught]:
        """So far, in the order of their arrival."""
        with self._lock:
            return list(self._caught)

    def close(self) -> None:
        """May be called twice."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
        connection.settimeout(_PATIENCE)
        try:
            with connection, suppress(OSError):
                self._talk(connection)
        finally:
            with self._lock:
                self._open.discard(connection)

    def _talk(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb")
        sender = ""
        recipients: list[str] = []
        connection.sendall(b"220 relay.invalid ESMTP\r\n")
        while line := lines.readline(4096):
            text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            verb = text[:4].upper()
            found = _ADDRESS.match(text)
            if verb == "EHLO":
                connection.sendall(b"250-relay.invalid\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
                continue
            if verb == "QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            if found and found[1].upper() == "MAIL FROM":
                sender, recipients = found[2], []
            elif found:
                recipients.append(found[2])
            elif verb == "DATA":
                connection.sendall(b"354 go on\r\n")
                message, size = [], 0
                while (part := lines.readline(1 << 16)) not in (b".\r\n", b""):
                    size += len(part)
                    if size <= _LARGEST:
                        message.append(part[1:] if part.startswith(b".") else part)
                whole = b"".join(message).replace(b"\r\n", b"\n").decode("utf-8", "surrogateescape")
                with self._lock:
                    self._caught.append(Caught(sender, tuple(recipients), whole))
                if self._arrived is not None:
                    self._arrived()
            connection.sendall(b"250 ok\r\n")
