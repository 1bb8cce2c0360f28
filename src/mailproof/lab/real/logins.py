"""A stand-in for Dovecot's auth socket: everybody may log in by PLAIN (Dovecot's authentication protocol 1.1).

It lets a private Postfix take a login without a Dovecot beside it; the mail that follows goes to relays on loopback.
"""

from __future__ import annotations

import base64
import binascii
import shutil
import socket
import threading
from contextlib import suppress
from pathlib import Path

_HELLO = "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t{number}\nCOOKIE\t{cookie}\nDONE\n"
# AUTH_REQUEST_MAX_SIZE of Dovecot is 8 KiB.
_LONGEST = 8192


class Logins:
    """Listens at a Unix socket that the user postfix can reach. A context manager."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        shutil.chown(path, "postfix")
        self._listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """May be called twice."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self) -> Logins:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        number = 0
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, suppress(OSError):
            connection.sendall(_HELLO.format(number=number, cookie=f"{number:032x}").encode())
            lines = connection.makefile("rb")
            while line := lines.readline(_LONGEST):
                words = line.decode("utf-8", "replace").rstrip("\n").split("\t")
                if words[0] == "AUTH" and len(words) > 1:
                    connection.sendall(f"{_answer(words)}\n".encode())


def _answer(words: list[str]) -> str:
    given = next((word.removeprefix("resp=") for word in words if word.startswith("resp=")), "")
    try:
        parts = base64.b64decode(given, validate=True).decode("utf-8").split("\0")
    except (binascii.Error, UnicodeDecodeError):
        parts = []
    return f"OK\t{words[1]}\tuser={parts[1]}" if len(parts) == 3 and parts[1] else f"FAIL\t{words[1]}"
