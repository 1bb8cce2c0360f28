"""A small SMTP server that says yes and keeps every byte of its client, for two clients to be compared."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

PATIENCE = 30
OFFERS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "PRDR", "AUTH PLAIN LOGIN CRAM-MD5")


class Recorder:
    """Serves one client, then ends. `heard` is what it said, line by line, with its line ends."""

    def __init__(
        self,
        *,
        offers: Sequence[str] = OFFERS,
        context: ssl.SSLContext | None = None,
        at_once: bool = False,
        refuse: Sequence[str] = (),
        path: Path | None = None,
    ) -> None:
        self.heard: list[bytes] = []
        self._offers = offers
        self._context = context
        self._at_once = at_once
        self._refuse = [line.encode() for line in refuse]
        if path is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
        else:
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(str(path))
            self._listener.listen()
        self._listener.settimeout(PATIENCE)
        self.port: int = 0 if path else self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def ended(self) -> list[bytes]:
        """What was heard, once the client has gone."""
        self._thread.join(PATIENCE)
        self._listener.close()
        return self.heard

    def _serve(self) -> None:
        with ExitStack() as stack:
            connection = stack.enter_context(self._listener.accept()[0])
            connection.settimeout(PATIENCE)
            try:
                if self._at_once and self._context is not None:
                    connection = stack.enter_context(self._context.wrap_socket(connection, server_side=True))
                self._talk(connection, stack)
            except OSError:
                pass  # the client dropped the connection, as it was told

    def _talk(self, connection: socket.socket, stack: ExitStack) -> None:
        lines = stack.enter_context(connection.makefile("rb"))
        lmtp = False
        accepted = 0

        def say(text: str) -> None:
            connection.sendall(text.encode())

        say("220 mx.test ESMTP\r\n")
        while line := lines.readline():
            self.heard.append(line)
            verb = line.split()[0].upper() if line.split() else b""
            if any(line.startswith(refused) for refused in self._refuse):
                say("550 5.1.1 no\r\n")
            elif verb in (b"EHLO", b"LHLO"):
                lmtp = verb == b"LHLO"
                secure = isinstance(connection, ssl.SSLSocket)
                offers = [*self._offers, *(["STARTTLS"] if self._context and not secure else [])]
                say("".join(f"250-{offer}\r\n" for offer in ("mx.test", *offers)) + "250 SIZE 10000000\r\n")
            elif verb == b"STARTTLS" and self._context is not None:
                say("220 2.0.0 go\r\n")
                connection = stack.enter_context(self._context.wrap_socket(connection, server_side=True))
                lines = stack.enter_context(connection.makefile("rb"))
            elif verb == b"XCLIENT":
                say("220 mx.test ESMTP\r\n")
            elif verb == b"AUTH":
                self._log_in(line, lines, say)
            elif verb == b"RCPT":
                accepted += 1
                say("250 2.1.5 Ok\r\n")
            elif verb == b"DATA":
                say("354 go\r\n")
                while (data := lines.readline()) not in (b".\r\n", b""):
                    self.heard.append(data)
                self.heard.append(data)
                say("250 2.0.0 Ok: queued as 4ABCDEF1\r\n" * (accepted if lmtp else 1))
            elif verb == b"BDAT":
                words = line.split()
                self.heard.append(lines.read(int(words[1])))
                say("250 2.0.0 Ok: queued as 4ABCDEF1\r\n")
            elif verb == b"QUIT":
                say("221 2.0.0 Bye\r\n")
                return
            else:
                say("250 2.0.0 Ok\r\n")

    def _log_in(self, line: bytes, lines: object, say: object) -> None:
        words = line.split()
        challenges = {b"LOGIN": ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"], b"PLAIN": [""], b"CRAM-MD5": ["PDFAbXgudGVzdD4="]}
        wanted = challenges[words[1].upper()][len(words) - 2 :]
        for challenge in wanted:
            say(f"334 {challenge}\r\n")  # type: ignore[operator]
            self.heard.append(lines.readline())  # type: ignore[attr-defined]
        say("235 2.7.0 ok\r\n")  # type: ignore[operator]


_VOLATILE = (
    (re.compile(rb"(?m)^(Date|Message-Id|X-Mailer): .*$"), rb"\1: *"),
    (re.compile(rb"(?m)^Subject: test .*$"), rb"Subject: test *"),
    (re.compile(rb"----=_[A-Za-z0-9_]+"), rb"*boundary*"),
)


def comparable(heard: Sequence[bytes]) -> bytes:
    """The bytes of a client without what differs from one run to the next, and without blank lines before the dot:
    swaks puts one after whatever it is given."""
    text = b"".join(heard)
    for pattern, stand_in in _VOLATILE:
        text = pattern.sub(stand_in, text)
    return re.sub(rb"(\r\n)+\.\r\n(?=QUIT|\Z)", b"\r\n.\r\n", text)
