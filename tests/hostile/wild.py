"""Hostile servers on real loopback sockets: what each does, and what a check of it must say."""

from __future__ import annotations

import base64
import binascii
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from loopback import Listening

Talk = Callable[["Peer"], None]
Turn = Callable[["Peer", bytes], None]
"""What happens at one command, given whole; instead of what a sound server would do."""

USER, PASSWORD = "alice", "wonderland"
_PATIENCE = 90.0
"""Seconds after which a server gives a client up: longer than any check of these tests may last."""
_TLS = ("submissions", "pop3s", "imaps")
BLOCK = 1 << 16


class Hostile(msgspec.Struct, frozen=True):
    """One server, and what a check of it must name."""

    name: str
    scheme: str
    talk: Talk
    causes: tuple[str, ...]
    """The causes of the report, the first first; empty where nothing can be held against it."""
    en: str
    """What it does."""
    ja: str
    given: tuple[str, ...] = ()
    """Options of the check besides the usual ones."""
    login: bool = False
    timeout: float = 3.0
    """Seconds for each reply; the check is over after ten times as many, whatever the server does."""
    also: tuple[str, ...] = ()
    """Further endpoints of the same server, by scheme, that are checked with it."""
    verdict: str = ""
    """Where it is not the one that follows from the causes."""
    names: Callable[[bytes, bool], Iterator[bytes]] | None = None
    """A name server that lies about the domain `example.test`, which is then what is checked: from a question, and
    whether it came over TCP, to what is sent back."""
    way: str = ""
    """It is no mail server but the proxy on the way to one, of this kind: `socks5`, `http`."""
    long: bool = False


class Gone(OSError):
    """The test is over."""


class Peer:
    """The server's end of one connection. Methods raise OSError once the client is gone."""

    def __init__(self, connection: socket.socket, leave: threading.Event, scheme: str, tls: Any) -> None:
        self.scheme = scheme
        self.connection = connection
        self.secure = False
        self.logged_in = False
        self._leave = leave
        self._tls = tls
        self._buffer = b""

    def say(self, data: bytes) -> None:
        self.connection.sendall(data)

    def hear(self) -> bytes:
        """The next line without its end; b"" when the client has gone."""
        while b"\n" not in self._buffer:
            data = self.connection.recv(BLOCK)
            if not data:
                return b""
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r") or b" "

    def flood(self, again: bytes, first: bytes = b"") -> None:
        """Until the client hangs up."""
        self.say(first)
        block = again * (1 + BLOCK // len(again))
        while True:
            self.say(block)

    def drip(self, again: bytes, every: float) -> None:
        """One piece after the other, so many seconds apart, until the client hangs up."""
        while True:
            self.say(again)
            self.pause(every)

    def pause(self, seconds: float = _PATIENCE) -> None:
        if self._leave.wait(seconds):
            raise Gone

    def drain(self) -> None:
        """Read and say nothing until the client hangs up."""
        while self.connection.recv(BLOCK):
            pass

    def answer_once(self, first: bytes, again: bytes = b"") -> None:
        """Hear the client out, say `first`, and then `again` without end; without it nothing more."""
        self.connection.recv(BLOCK)
        self.say(first)
        if again:
            self.flood(again)
        self.drain()

    def start_tls(self) -> None:
        self._buffer = b""
        self.connection = self._tls.wrap_socket(self.connection, server_side=True)
        self.secure = True

    def half_close(self, how: int) -> None:
        self.connection.shutdown(how)

    def reset(self) -> None:
        """SO_LINGER of zero: close() sends RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise Gone


class Keeper:
    """Holds one port, and one thread for each client that comes."""

    def __init__(self, talk: Talk, scheme: str, tls: Any) -> None:
        self._talk, self._scheme, self._tls = talk, scheme, tls
        self._leave = threading.Event()
        self._listening = Listening(socket.create_server(("127.0.0.1", 0)), self._serve)
        self.port = self._listening.port

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        peer = Peer(connection, self._leave, self._scheme, self._tls)
        try:
            self._talk(peer)
        except (OSError, ValueError):
            pass  # the client went away, or TLS broke: what the client made of it is what counts
        finally:
            for end in (peer.connection, connection):
                end.close()

    def close(self) -> None:
        self._leave.set()
        self._listening.stop()
        for connection in self._listening.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._listening.join(_PATIENCE)


def sound(at: Mapping[str, Turn] | None = None) -> Talk:
    """A small sound server of any protocol; at the commands in `at` something else happens.

    Besides the verbs there are `GREETING`, `TLS` (the handshake) and `ANY` (whatever comes first after the greeting).
    """

    def talk(peer: Peer) -> None:
        turns = at or {}
        protocol = _PROTOCOLS[peer.scheme.removesuffix("s") if peer.scheme in _TLS else peer.scheme]
        if peer.scheme in _TLS:
            turns.get("TLS", _handshake)(peer, b"")
        turns.get("GREETING", lambda peer, line: peer.say(protocol.greeting(peer)))(peer, b"")
        while line := peer.hear():
            verb = protocol.verb(line)
            if turn := turns.get(verb) or turns.get("ANY"):
                turn(peer, line)
                continue
            peer.say(protocol.answer(peer, verb, line))
            if verb in ("STARTTLS", "STLS"):
                turns.get("TLS", _handshake)(peer, b"")
                if peer.scheme == "sieve":
                    peer.say(protocol.greeting(peer))
            if verb in ("QUIT", "LOGOUT"):
                return

    return talk


def _handshake(peer: Peer, line: bytes) -> None:
    peer.start_tls()


class _Smtp:
    def greeting(self, peer: Peer) -> bytes:
        return b"220 mx.test ESMTP\r\n"

    def verb(self, line: bytes) -> str:
        return line.split()[0].upper().decode("latin-1") if line.split() else ""

    def answer(self, peer: Peer, verb: str, line: bytes) -> bytes:
        trusted = peer.logged_in or peer.scheme in ("smtp", "lmtp")
        match verb:
            case "EHLO" | "LHLO":
                auth = b"250-AUTH PLAIN LOGIN\r\n" if peer.scheme not in ("smtp", "lmtp") else b""
                return b"250-mx.test\r\n" + (auth if peer.secure else b"250-STARTTLS\r\n") + b"250 SIZE 1000000\r\n"
            case "STARTTLS":
                return b"220 2.0.0 Ready\r\n"
            case "AUTH":
                return self._auth(peer, line)
            case "MAIL":
                return b"250 2.1.0 Ok\r\n" if trusted else b"530 5.7.0 Authentication required\r\n"
            case "RCPT" if b"example.com" in line and not peer.logged_in:
                return b"554 5.7.1 <outside@example.com>: Relay access denied\r\n"
            case "RCPT" if b"mailproof-no-such" in line:
                return b"550 5.1.1 User unknown\r\n"
            case "DATA":
                peer.say(b"354 go on\r\n")
                while peer.hear() != b".":
                    pass
                return b"250 2.0.0 Ok: queued as 4F1AB2CD3E\r\n"
            case "VRFY" | "EXPN":
                return b"252 2.1.5 Cannot VRFY user\r\n"
            case "QUIT":
                return b"221 2.0.0 Bye\r\n"
        return b"250 2.0.0 Ok\r\n"

    def _auth(self, peer: Peer, line: bytes) -> bytes:
        words = line.split()
        if len(words) < 3:
            peer.say(b"334 \r\n")
            words = [*words, peer.hear()]
        peer.logged_in = _is_right(words[2])
        return b"235 2.7.0 Ok\r\n" if peer.logged_in else b"535 5.7.8 Authentication failed\r\n"


class _Pop3:
    def greeting(self, peer: Peer) -> bytes:
        return b"+OK ready\r\n"

    verb = _Smtp.verb

    def answer(self, peer: Peer, verb: str, line: bytes) -> bytes:
        if verb == "CAPA":
            more = b"USER\r\nSASL PLAIN\r\n" if peer.secure else b"STLS\r\n"
            return b"+OK\r\n" + more + b"TOP\r\nUIDL\r\nRESP-CODES\r\n.\r\n"
        if verb == "AUTH":
            words = line.split()
            peer.logged_in = len(words) > 2 and _is_right(words[2])
            return b"+OK Logged in.\r\n" if peer.logged_in else b"-ERR [AUTH] Authentication failed.\r\n"
        lists = verb in ("UIDL", "LIST") and len(line.split()) == 1
        return {"STAT": b"+OK 0 0\r\n"}.get(verb, b"+OK\r\n.\r\n" if lists else b"+OK\r\n")


class _Imap:
    def greeting(self, peer: Peer) -> bytes:
        return b"* OK ready\r\n"

    def verb(self, line: bytes) -> str:
        return (line.split(b" ")[1:2] or [b""])[0].upper().decode("latin-1")

    def answer(self, peer: Peer, verb: str, line: bytes) -> bytes:
        tag = line.split(b" ")[0]
        match verb:
            case "CAPABILITY":
                more = b" SASL-IR AUTH=PLAIN" if peer.secure else b" STARTTLS LOGINDISABLED"
                return b"* CAPABILITY IMAP4rev1" + more + b"\r\n" + tag + b" OK done\r\n"
            case "AUTHENTICATE":
                peer.logged_in = _is_right(line.split(b" ")[-1])
                return tag + (b" OK in\r\n" if peer.logged_in else b" NO [AUTHENTICATIONFAILED] failed\r\n")
            case "EXAMINE" | "SELECT":
                return b"* 0 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 1] ok\r\n" + tag + b" OK done\r\n"
            case "LOGOUT":
                return b"* BYE\r\n" + tag + b" OK done\r\n"
            case "SEARCH":
                return b"* SEARCH\r\n" + tag + b" OK done\r\n"
        return tag + b" OK done\r\n"


class _Sieve:
    def greeting(self, peer: Peer) -> bytes:
        more = b'"SASL" "PLAIN"\r\n' if peer.secure else b'"SASL" ""\r\n"STARTTLS"\r\n'
        return b'"IMPLEMENTATION" "sieved"\r\n' + more + b'"VERSION" "1.0"\r\nOK "ready"\r\n'

    verb = _Smtp.verb

    def answer(self, peer: Peer, verb: str, line: bytes) -> bytes:
        if verb == "CAPABILITY":
            return self.greeting(peer)
        if verb == "AUTHENTICATE":
            peer.logged_in = _is_right(line.split(b'"')[-2])
            return b'OK "in"\r\n' if peer.logged_in else b'NO "failed"\r\n'
        return b'OK "done"\r\n'


_PROTOCOLS: dict[str, Any] = {
    **{scheme: _Smtp() for scheme in ("smtp", "submission", "lmtp")},
    "pop3": _Pop3(),
    "imap": _Imap(),
    "sieve": _Sieve(),
}


def _is_right(encoded: bytes) -> bool:
    try:
        return base64.b64decode(encoded).split(b"\0")[1:] == [USER.encode(), PASSWORD.encode()]
    except binascii.Error:
        return False


def saying(data: bytes) -> Turn:
    return lambda peer, line: peer.say(data)


def tagged(before: bytes, after: bytes = b" OK done\r\n") -> Turn:
    """`before`, and then the end of the IMAP command, with its tag."""
    return lambda peer, line: peer.say(before + line.split(b" ")[0] + after)


def flooding(again: bytes, first: bytes = b"") -> Turn:
    return lambda peer, line: peer.flood(again, first)


def dripping(again: bytes, every: float, first: bytes = b"") -> Turn:
    def turn(peer: Peer, line: bytes) -> None:
        peer.say(first)
        peer.drip(again, every)

    return turn


def falling_silent(peer: Peer, line: bytes) -> None:
    peer.drain()


def hanging_up(peer: Peer, line: bytes) -> None:
    raise Gone


def resetting(peer: Peer, line: bytes) -> None:
    peer.reset()
