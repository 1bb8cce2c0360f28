"""Every reader of `wire`, each with its owner: who changes its mode when an event asks for that."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

import msgspec

import mailproof.wire
from mailproof.wire.imap import responses as imap_responses
from mailproof.wire.imap import session as imap_session
from mailproof.wire.imap.literals import Assembler
from mailproof.wire.lines import LineReader
from mailproof.wire.milter.packets import PacketReader
from mailproof.wire.pop3 import responses as pop3_responses
from mailproof.wire.pop3 import session as pop3_session
from mailproof.wire.proxies import http_connect, socks5
from mailproof.wire.proxies.http_connect import ConnectClient
from mailproof.wire.proxies.outcome import Obstacle, Stopped, Through
from mailproof.wire.proxies.socks5 import Socks5Client
from mailproof.wire.sieve import responses as sieve_responses
from mailproof.wire.sieve import session as sieve_session
from mailproof.wire.smtp import replies as smtp_replies
from mailproof.wire.smtp import session as smtp_session

KEEPS = (0, 1, 9, 60, 400, 1 << 20)
"""Bytes that a reader is told to keep of what may be long."""


class Owner(msgspec.Struct, frozen=True):
    """Makes a reader, and does with it what its owner would do. `option` is any byte and decides how."""

    make: Callable[[int], Any]
    react: Callable[[Any, Any, int], None] = lambda reader, event, option: None
    """Called with each event before the next one is read."""


def keep(option: int) -> int:
    return KEEPS[option % len(KEEPS)]


def _pop3(option: int) -> Any:
    reader = pop3_responses.ResponseReader(body_limit=keep(option) * 4, keep=keep(option), offset=option)
    reader.expect(bool(option & 1))
    return reader


def _sieve(option: int) -> Any:
    reader = sieve_responses.ResponseReader(option, keep(option))
    reader.expect_challenge(bool(option & 1))
    return reader


def _serve_smtp(reader: Any, event: Any, option: int) -> None:
    verb = getattr(event, "verb", "")
    if verb == "AUTH":
        reader.expect_line()
    elif verb == "DATA":
        reader.expect_message(keep(option))
    elif verb == "BDAT":
        digits = event.argument.split(b" ")[0]
        reader.expect_chunk(int(digits) if digits.isdigit() and len(digits) < 9 else -1, keep(option))


def _serve_pop3(reader: Any, event: Any, option: int) -> None:
    if getattr(event, "verb", "") == "AUTH":
        reader.expect_line()


def _serve_imap(reader: Any, event: Any, option: int) -> None:
    if isinstance(event, imap_session.NeedContinuation):
        if option & 1:
            reader.refuse_literal()
    elif getattr(event, "name", "") == "AUTHENTICATE":
        reader.expect_line()


def _serve_sieve(reader: Any, event: Any, option: int) -> None:
    if getattr(event, "name", "") == "AUTHENTICATE":
        reader.expect_line()


class _Lines(LineReader):
    """With the two methods that the readers above it have."""

    def next_event(self) -> Any:
        return self.next_line()

    def end(self) -> Any:
        return [] if (line := super().end()) is None else [line]


class _Assembled(Assembler):
    def next_event(self) -> Any:
        return self.advance()

    def end(self) -> Any:
        return [] if (whole := super().end()) is None else [whole]


class _Tunnelled:
    """One end of the talk with a proxy, up to the word that ends it; what follows is somebody else's."""

    def __init__(self, end: Any, offset: int) -> None:
        self._end = end
        self.offset = offset
        self.pending = b""
        self._over = self._through = False
        if isinstance(end, Socks5Client | ConnectClient):
            end.begin()

    def feed(self, data: bytes) -> None:
        if not self._over or len(self.pending) < 1 << 16:  # whoever it is for would take it
            self.pending += data

    def next_event(self) -> Any:
        if self._over:
            return None
        data, self.pending = self.pending, b""
        if isinstance(self._end, Socks5Client | ConnectClient):
            event = self._end.receive(data)
        else:
            self._end.feed(data)
            event = self._end.next_event()
        self._over = isinstance(
            event, Through | Stopped | socks5.Broken | socks5.Request | http_connect.ConnectRequest
        )
        self.pending = getattr(event, "rest", b"") or (getattr(self._end, "rest", b"") if self._over else b"")
        self._through = self._over and not isinstance(event, Stopped | socks5.Broken)
        # How much had come is in the words of what is no proxy, and behind the last word of one that is.
        if isinstance(event, Through):
            return Through(outer=event.outer)
        return Stopped(event.obstacle, "") if getattr(event, "obstacle", None) is Obstacle.NO_PROXY else event

    def end(self) -> list[bytes]:
        return [self.pending] if self._through else []


def _socks_client(option: int) -> _Tunnelled:
    return _Tunnelled(Socks5Client("192.0.2.25", 25, "me" * (option & 1), "pw" * (option & 1)), option)


def _socks_login(reader: Any, event: Any, option: int) -> None:
    if isinstance(event, socks5.Greeting) and option & 1:
        reader._end.expect_login()


READERS: dict[type, Owner] = {
    Socks5Client: Owner(_socks_client),
    socks5.ServerReader: Owner(lambda option: _Tunnelled(socks5.ServerReader(), option), _socks_login),
    ConnectClient: Owner(lambda option: _Tunnelled(ConnectClient("mx.test", 25), option)),
    http_connect.ServerReader: Owner(lambda option: _Tunnelled(http_connect.ServerReader(), option)),
    PacketReader: Owner(lambda option: PacketReader(option, keep(option))),
    LineReader: Owner(lambda option: _Lines(keep(option), option)),
    Assembler: Owner(lambda option: _Assembled(60 + option, keep(option), lambda line: b"T" not in line[:1], option)),
    smtp_replies.ReplyReader: Owner(smtp_replies.ReplyReader),
    smtp_session.CommandReader: Owner(smtp_session.CommandReader, _serve_smtp),
    pop3_responses.ResponseReader: Owner(_pop3),
    pop3_session.CommandReader: Owner(pop3_session.CommandReader, _serve_pop3),
    imap_responses.ResponseReader: Owner(lambda option: imap_responses.ResponseReader(option, keep(option))),
    imap_session.CommandReader: Owner(lambda option: imap_session.CommandReader(option, keep(option)), _serve_imap),
    sieve_responses.ResponseReader: Owner(_sieve),
    sieve_session.CommandReader: Owner(
        lambda option: sieve_session.CommandReader(option, keep(option)), _serve_sieve
    ),
}

LIKED: dict[type, tuple[bytes, ...]] = {
    Socks5Client: (b"\5\0", b"\5\2", b"\1\0", b"\5\0\0\1\xc0\0\2\1\0\x19", b"\5\0\0\3\2mx\0\x19", b"\5\5\0\1"),
    socks5.ServerReader: (b"\5\1\0", b"\5\2\0\2", b"\1\2me\2pw", b"\5\1\0\1\xc0\0\2\1\0\x19", b"\5\1\0\3\2mx\0\x19"),
    ConnectClient: (
        *(
            b"HTTP/1.1 200 ok\r\n",
            b"HTTP/1.1 100 go on\r\n\r\n",
            b"HTTP/1.0 407 no\n",
            b"HTTP/1.1 502 no\r\n",
            b"\r\n",
        ),
        *(b"Proxy-Status: a; error=connection_refused\r\n", b"\n", b"220 mx\r\n"),
    ),
    http_connect.ServerReader: (
        *(
            b"CONNECT mx.test:25 HTTP/1.1\r\n",
            b"CONNECT [::1]:25 HTTP/1.1\r\n",
            b"\r\n",
            b"\n",
            b"GET / HTTP/1.1\r\n",
        ),
        *(b"Proxy-Authorization: Basic bWU6cHc=\r\n", b"Host: a\r\n"),
    ),
    PacketReader: (b"\0\0\0\1", b"\0\0\0\5", b"c", b"y451 4.7.1 x\0", b"O", b"h", b"a\0b\0", b"\0\0\1\0", b"\xff"),
    LineReader: (b"\r\n", b"\n", b"\r", b"\0", b"\xe3\x81\x82", b"12345678"),
    Assembler: (b"{3}", b"{3+}", b"~{3}", b"{99999999999}", b"\r\n", b"\n", b'"', b"T ", b"abc"),
    smtp_replies.ReplyReader: (b"250-", b"250 ok", b"334 ", b"421 ", b"\r\n", b"\n", b"\r", b"5.7.1 ", b"x" * 700),
    smtp_session.CommandReader: (
        *(b"EHLO a\r\n", b"AUTH PLAIN\r\n", b"DATA\r\n", b"BDAT 5\r\n", b"BDAT 9 LAST\r\n", b".\r\n", b"..a\r\n"),
        *(b"MAIL FROM:<a@b>\r\n", b"\r\n", b"\n", b".\n", b"\r"),
    ),
    pop3_responses.ResponseReader: (b"+OK ", b"-ERR ", b"+ ZGF0YQ==", b"[AUTH] ", b".\r\n", b"..a", b"\r\n", b"\n"),
    pop3_session.CommandReader: (b"AUTH x\r\n", b"PASS ", b"USER a", b"\r\n", b"\n", b"\r"),
    imap_responses.ResponseReader: (
        *(b"* OK ", b"a1 OK ", b"a2 NO ", b"* BYE ", b"+ ", b"* CAPABILITY ", b"AUTH=", b"* 1 FETCH (", b"{3}\r\n"),
        *(b"{9999}\r\n", b"(", b")", b'"', b"\\", b"[", b"]", b"BODY[", b"* SEARCH ", b"NIL", b"\r\n", b"\n", b" "),
    ),
    imap_session.CommandReader: (
        *(b"a LOGIN ", b"a AUTHENTICATE PLAIN\r\n", b"{3}\r\n", b"{3+}\r\n", b"abc", b"UID FETCH ", b'"', b"\\"),
        *(b"(", b")", b"\r\n", b"\n", b" ", b"{99999}\r\n"),
    ),
    sieve_responses.ResponseReader: (
        *(b"OK", b"NO ", b"BYE", b'"', b'"SASL"', b" ", b"(TRYLATER)", b"{3}\r\n", b"{3+}\r\n", b"\r\n", b"\n", b"{"),
        *(b'"ZGF0YQ=="', b"{99999}", b"x" * 300, b'(SASL "dj0=")'),
    ),
    sieve_session.CommandReader: (
        *(b"AUTHENTICATE ", b'"PLAIN"', b'"*"', b"PUTSCRIPT ", b"{3+}\r\n", b"{3}\r\n", b"abc", b"\r\n", b"\n", b" "),
        *(b'"', b"\\", b"LOGOUT"),
    ),
}
"""What each protocol is made of: words for those who make up streams."""


def name_of(thing: Any) -> str:
    """`smtp.replies.ReplyReader`."""
    return f"{thing.__module__}.{thing.__qualname__}".removeprefix("mailproof.").removeprefix("wire.")


def run(owner: Owner, option: int, pieces: Iterable[bytes]) -> list[Any]:
    """All events of a stream that comes in these pieces, what its end leaves included."""
    reader = owner.make(option)
    found: list[Any] = []
    for piece in pieces:
        if hasattr(reader, "next_event"):
            reader.feed(piece)
            while (event := reader.next_event()) is not None:
                found.append(event)
                owner.react(reader, event, option)
        else:
            found += reader.receive(piece)
        assert reader.offset >= option
        assert isinstance(reader.pending, bytes)
    found += reader.end()
    return found


def modules(package: ModuleType = mailproof.wire) -> Iterator[ModuleType]:
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def discovered() -> dict[str, type]:
    """Every class of `wire` into which bytes are fed."""
    return {
        name_of(value): value
        for module in modules()
        for value in vars(module).values()
        if inspect.isclass(value)
        and value.__module__ == module.__name__
        and not value.__name__.startswith("_")
        and not inspect.isabstract(value)
        and not getattr(value, "_is_protocol", False)
        and (hasattr(value, "feed") or hasattr(value, "receive"))
    }
