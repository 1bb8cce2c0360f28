"""The pieces of which the upgrade of every protocol is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from enum import StrEnum

import msgspec

# What a server may say before TLS without coming to the point: as much as curl keeps of one answer.
LONGEST = 64 << 10


class Verdict(StrEnum):
    """What became of it. Closed."""

    READY = "ready"
    """TLS begins now."""
    NOT_OFFERED = "not-offered"
    REFUSED = "refused"
    STRANGE = "strange"
    """What came is not of the protocol, or has no end."""


class Outcome(msgspec.Struct, frozen=True):
    verdict: Verdict
    said: bytes = b""
    """What decided it: the answer to the request, or the list without an offer."""
    left: bytes = b""
    """What came behind the go-ahead. It never was inside TLS and must not be fed to it (CVE-2011-0411)."""
    outgoing: bytes = b""
    """To be sent before the handshake, without waiting for an answer."""
    offered: bytes = b""
    """The last list of what the server can, where the protocol has one."""


class Names(msgspec.Struct, frozen=True):
    """What the client says of itself and of the server."""

    hello: str = "localhost"
    """Ours, for EHLO and LHLO."""
    host: str = ""
    """The server's, for protocols that name it (XMPP)."""


Course = Generator[bytes, bytes, Outcome]


class Upgrade(msgspec.Struct, frozen=True):
    """One protocol. `opening` goes from the connection to the handshake, `request` only asks for it."""

    opening: Callable[[Names], Course]
    request: Callable[[Names], Course]
    typed: str = ""
    """Regular expression for the line by which a person asks for TLS; empty where nobody can type it."""
    go_ahead: str = ""
    """And for the answer that grants it."""
    greeting: bytes = b""
    """Regular expression for the end of what the server says first; empty where the client begins."""
    hello: Callable[[Names], bytes] = lambda names: b""
    """What a client says first, and again once TLS stands."""
    binary: bool = False
    """Not lines of text."""
    lines: bool = True
    """Text that comes in lines."""


class TooMuch(Exception):
    """More came than any answer has; the course is strange."""


class Heard:
    """The bytes that came, cut at the ends of answers."""

    def __init__(self) -> None:
        self.data = b""

    def ask(self, question: bytes, end: bytes) -> Generator[bytes, bytes, bytes]:
        """Send, and give what comes up to the end of an answer. Raises TooMuch."""
        if question:
            self.data += yield question
        while (match := re.search(end, self.data)) is None:
            if len(self.data) > LONGEST:
                raise TooMuch
            self.data += yield b""
        answer, self.data = self.data[: match.end()], self.data[match.end() :]
        return answer

    def take(self, count: int, question: bytes = b"") -> Generator[bytes, bytes, bytes]:
        """Send, and give so many bytes. Raises TooMuch."""
        if count > LONGEST:
            raise TooMuch
        if question:
            self.data += yield question
        while len(self.data) < count:
            self.data += yield b""
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def ready(self, said: bytes, offered: bytes = b"") -> Outcome:
        return Outcome(Verdict.READY, said, self.data, offered=offered)


def bounded(course: Course) -> Course:
    """The course, strange where too much came."""
    try:
        return (yield from course)
    except TooMuch:
        return Outcome(Verdict.STRANGE)


def one_request(question: bytes, end: bytes, granted: bytes) -> Course:
    """Ask in one line; READY where the answer matches."""
    heard = Heard()
    said = yield from heard.ask(question, end)
    if re.search(granted, said):
        return heard.ready(said)
    return Outcome(Verdict.REFUSED, said)


def greeted(upgrade: Upgrade) -> Course:
    """Only waits for what the server says first; READY when it has said it."""

    def course() -> Course:
        heard = Heard()
        return heard.ready((yield from heard.ask(b"", upgrade.greeting)))

    return bounded(course())
