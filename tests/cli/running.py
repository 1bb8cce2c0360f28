"""Runs the real program, as a user does, and servers on loopback for it to talk to."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from loopback import Listening

# A command that hangs is a failure, not a test run without end.
_PATIENCE = 60

CLEAN = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "HOME": "/nonexistent"}


def mailproof(
    *arguments: str,
    env: dict[str, str] | None = None,
    given: str = "",
    pass_fds: tuple[int, ...] = (),
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """The program, ended; its output as text. Nothing of the caller's environment is in its own."""
    return subprocess.run(
        [sys.executable, "-m", "mailproof", *arguments],
        env={**CLEAN, **(env or {})},
        input=given,
        pass_fds=pass_fds,
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=_PATIENCE,
        check=False,
    )


def modules_imported_by(*arguments: str, env: dict[str, str] | None = None) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mailproof", *arguments],
        env={**CLEAN, **(env or {})},
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}


def sentence_of(done: subprocess.CompletedProcess[str]) -> str:
    """What it complained about: one line on standard error, nothing on standard output, no traceback."""
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.removeprefix("mailproof: ").rstrip("\n")


Talk = Callable[["Peer"], None]


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket, lines: BufferedReader) -> None:
        self._connection = connection
        self._lines = lines
        self.heard: list[bytes] = []
        self.is_gone = False

    def say(self, text: str) -> None:
        self._connection.sendall(text.encode("utf-8", "surrogateescape"))

    def hear(self) -> bytes:
        """The next line without its end; b"" when the client has gone, and for an empty line."""
        try:
            whole = self._lines.readline()
        except OSError:
            whole = b""
        self.is_gone = not whole
        line = whole.rstrip(b"\r\n")
        if line:
            self.heard.append(line)
        return line


class Server:
    def __init__(self, talk: Talk, context: ssl.SSLContext | None, host: str) -> None:
        self._talk = talk
        self._context = context
        self.peers: list[Peer] = []
        self._listening = Listening(socket.create_server((host, 0)), self._serve)
        self.port = self._listening.port

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        if self._context is not None:
            connection = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        try:
            with connection, connection.makefile("rb") as lines:
                if isinstance(connection, ssl.SSLSocket):
                    connection.do_handshake()
                peer = Peer(connection, lines)
                self.peers.append(peer)
                self._talk(peer)
        except OSError:
            pass  # the client went away: what it said is what the test looks at

    def close(self) -> None:
        self._listening.stop()
        self._listening.join(_PATIENCE)

    def heard(self) -> list[bytes]:
        """Every line of every client."""
        return [line for peer in self.peers for line in peer.heard]


@contextmanager
def serving(talk: Talk, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Server]:
    """A server on a free port that holds this conversation with everybody, each in a thread of its own."""
    server = Server(talk, context, host)
    try:
        yield server
    finally:
        server.close()


def smtp(peer: Peer, *, offers: tuple[str, ...] = (), answer: Callable[[bytes], str] | None = None) -> None:
    """A small SMTP server: greets, offers, refuses every recipient; `answer` decides about anything else.

    An answer without a line end is the last one.
    """
    peer.say("220 mail.example.test ESMTP\r\n")
    while line := peer.hear():
        verb = line.split()[0].upper()
        if verb == b"EHLO":
            peer.say("".join(f"250-{text}\r\n" for text in ("mail.example.test", *offers)) + "250 HELP\r\n")
        elif verb == b"QUIT":
            peer.say("221 bye\r\n")
            return
        elif verb in (b"MAIL", b"RSET"):
            peer.say("250 ok\r\n")
        elif verb == b"RCPT":
            peer.say("554 5.7.1 Relay access denied\r\n")
        else:
            said = answer(line) if answer is not None else "250 ok\r\n"
            peer.say(said)
            if not said.endswith("\n"):
                return


def files_below(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.rglob("*"))
