"""What a mail server says to a milter: composed, and read (mfdef.h SMFIC_*)."""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgspec

from mailproof.model.milter import ALL_ACTIONS, ALL_WISHES, VERSION
from mailproof.wire.milter.packets import Packet, compose_packet, compose_strings, strings, text_of

_OFFER = struct.Struct(">III")
_PORT = struct.Struct(">H")
MOST_MACROS = 512
"""Of one packet: a mail server sends a dozen at most."""


class Offer(msgspec.Struct, frozen=True):
    version: int = VERSION
    actions: int = ALL_ACTIONS
    wishes: int = ALL_WISHES


class Macros(msgspec.Struct, frozen=True):
    """For the command that follows, which `letter` names."""

    letter: bytes
    values: tuple[tuple[str, str], ...]
    """Names as they go over the wire: one letter bare, longer ones in braces."""


class Connect(msgspec.Struct, frozen=True):
    host: str
    family: str
    """`4`, `6`, `L` for a Unix socket, `U` for unknown."""
    port: int = 0
    address: str = ""


class Helo(msgspec.Struct, frozen=True):
    name: str


class MailFrom(msgspec.Struct, frozen=True):
    path: str
    """With its angle brackets."""
    arguments: tuple[str, ...] = ()


class RcptTo(msgspec.Struct, frozen=True):
    path: str
    arguments: tuple[str, ...] = ()


class DataBegins(msgspec.Struct, frozen=True):
    pass


class UnknownCommand(msgspec.Struct, frozen=True):
    line: str


class HeaderField(msgspec.Struct, frozen=True):
    name: str
    value: str


class EndOfHeaders(msgspec.Struct, frozen=True):
    pass


class BodyChunk(msgspec.Struct, frozen=True):
    data: bytes


class EndOfMessage(msgspec.Struct, frozen=True):
    data: bytes = b""
    """A last piece of the body; Postfix and Sendmail send none."""


class Abort(msgspec.Struct, frozen=True):
    """This message is over; the client is the same."""


class Quit(msgspec.Struct, frozen=True):
    pass


class QuitNewClient(msgspec.Struct, frozen=True):
    """This client is gone; the connection stays for the next one."""


class NoCommand(msgspec.Struct, frozen=True):
    """A letter that is none of these, or what cannot stand behind it."""

    letter: bytes
    data: bytes


Command = (
    Offer
    | Macros
    | Connect
    | Helo
    | MailFrom
    | RcptTo
    | DataBegins
    | UnknownCommand
    | HeaderField
    | EndOfHeaders
    | BodyChunk
    | EndOfMessage
    | Abort
    | Quit
    | QuitNewClient
)

LETTERS: dict[type, bytes] = {
    Offer: b"O",
    Macros: b"D",
    Connect: b"C",
    Helo: b"H",
    MailFrom: b"M",
    RcptTo: b"R",
    DataBegins: b"T",
    UnknownCommand: b"U",
    HeaderField: b"L",
    EndOfHeaders: b"N",
    BodyChunk: b"B",
    EndOfMessage: b"E",
    Abort: b"A",
    Quit: b"Q",
    QuitNewClient: b"K",
}


def compose_command(command: Command) -> bytes:
    """Raises PacketError for a NUL in a text, or too much at once."""
    return compose_packet(LETTERS[type(command)], _data(command))


def _data(command: Command) -> bytes:
    match command:
        case Offer(version, actions, wishes):
            return _OFFER.pack(version, actions, wishes)
        case Macros(letter, values):
            return letter + compose_strings(*(text for pair in values for text in pair))
        case Connect(host, family, port, address):
            start = compose_strings(host) + family.encode("ascii")
            return start if family == "U" else start + _PORT.pack(port) + compose_strings(address)
        case Helo(text) | UnknownCommand(text):
            return compose_strings(text)
        case MailFrom(path, arguments) | RcptTo(path, arguments):
            return compose_strings(path, *arguments)
        case HeaderField(name, value):
            return compose_strings(name, value)
        case BodyChunk(data) | EndOfMessage(data):
            return data
        case _:
            return b""


def read_command(packet: Packet) -> Command | NoCommand:
    """Any packet; one of a mail server gives back what it was composed of."""
    read = _READ.get(packet.letter)
    command = read(packet.data) if read is not None else None
    return NoCommand(packet.letter, packet.data) if command is None else command


def _offer(data: bytes) -> Offer | None:
    return Offer(*_OFFER.unpack_from(data)) if len(data) >= _OFFER.size else None


def _macros(data: bytes) -> Macros | None:
    if not data:
        return None
    texts = [text_of(text) for text in strings(data[1:])][: 2 * MOST_MACROS]
    if len(texts) % 2:
        texts.append("")  # the last value is missing; libmilter takes the name
    return Macros(data[:1], tuple(zip(texts[::2], texts[1::2], strict=True)))


def _connect(data: bytes) -> Connect | None:
    host, nul, rest = data.partition(b"\0")
    family = rest[:1]
    if not nul or family not in (b"4", b"6", b"L", b"U") or (family != b"U" and len(rest) < 3):
        return None
    if family == b"U":
        return Connect(text_of(host), "U")
    return Connect(
        text_of(host),
        family.decode("ascii"),
        _PORT.unpack_from(rest, 1)[0],
        text_of(rest[3:].partition(b"\0")[0]),
    )


def _path(kind: type[MailFrom] | type[RcptTo]) -> Callable[[bytes], MailFrom | RcptTo | None]:
    def read(data: bytes) -> MailFrom | RcptTo | None:
        texts = [text_of(text) for text in strings(data)]
        return kind(texts[0], tuple(texts[1:])) if texts else None

    return read


def _header(data: bytes) -> HeaderField | None:
    texts = data.split(b"\0")
    return HeaderField(text_of(texts[0]), text_of(texts[1])) if len(texts) > 1 and texts[0] else None


def _first(data: bytes) -> str:
    return text_of(data.partition(b"\0")[0])


_READ: dict[bytes, Callable[[bytes], Command | None]] = {
    b"O": _offer,
    b"D": _macros,
    b"C": _connect,
    b"H": lambda data: Helo(_first(data)),
    b"M": _path(MailFrom),
    b"R": _path(RcptTo),
    b"T": lambda data: DataBegins(),
    b"U": lambda data: UnknownCommand(_first(data)),
    b"L": _header,
    b"N": lambda data: EndOfHeaders(),
    b"B": BodyChunk,
    b"E": EndOfMessage,
    b"A": lambda data: Abort(),
    b"Q": lambda data: Quit(),
    b"K": lambda data: QuitNewClient(),
}
