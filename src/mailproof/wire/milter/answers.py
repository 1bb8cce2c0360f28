"""What a milter says to a mail server: read, and composed (mfdef.h SMFIR_*)."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

import msgspec

from mailproof.model.milter import (
    AddHeader,
    AddRecipient,
    Change,
    ChangeHeader,
    ChangeSender,
    DeleteRecipient,
    Final,
    InsertHeader,
    Negotiated,
    Progress,
    Quarantine,
    ReplaceBody,
    Verdict,
)
from mailproof.wire.milter.packets import Packet, compose_packet, compose_strings, strings, text_of

_OFFER = struct.Struct(">III")
_NUMBER = struct.Struct(">I")
# RFC 5321 4.2: what a client can be told. Only refusals make sense (Postfix milter8_valid_smtp_reply).
_REPLY = re.compile(r"[45][0-9]{2}(?:[ -][^\n]*)?(?:\n[45][0-9]{2}(?:[ -][^\n]*)?)*\Z")
MOST_MACRO_STAGES = 16
"""mfapi.h has seven."""

_LETTERS = {
    Verdict.CONTINUE: b"c",
    Verdict.ACCEPT: b"a",
    Verdict.REJECT: b"r",
    Verdict.TEMPFAIL: b"t",
    Verdict.DISCARD: b"d",
    Verdict.REPLY: b"y",
    Verdict.SKIP: b"s",
    Verdict.SHUTDOWN: b"4",
    Verdict.CONNECTION_FAILED: b"f",
}
_VERDICTS = {letter: verdict for verdict, letter in _LETTERS.items()}


class NoAnswer(msgspec.Struct, frozen=True):
    """A letter that no milter says, or what cannot stand behind it."""

    letter: bytes
    data: bytes


Answer = Final | Progress | Negotiated | Change


def read_answer(packet: Packet) -> Answer | NoAnswer:
    """Any packet; one of a milter gives back what it was composed of."""
    letter, data = packet.letter, packet.data
    if letter in _VERDICTS:
        made: Answer | None = _final(_VERDICTS[letter], data)
    else:
        read = _READ.get(letter)
        made = read(data) if read is not None else None
    return NoAnswer(letter, data) if made is None else made


def compose_answer(answer: Answer) -> bytes:
    """Raises PacketError for a NUL in a text, or too much at once."""
    match answer:
        case Final(verdict, reply):
            data = b"" if verdict is not Verdict.REPLY else compose_strings(_percents(reply).replace("\n", "\r\n"))
            return compose_packet(_LETTERS[verdict], data)
        case Progress():
            return compose_packet(b"p")
        case Negotiated(version, actions, wishes, macros):
            lists = b"".join(_NUMBER.pack(stage) + compose_strings(names) for stage, names in macros)
            return compose_packet(b"O", _OFFER.pack(version, actions, wishes) + lists)
        case AddHeader(name, value):
            return compose_packet(b"h", compose_strings(name, value))
        case InsertHeader(at, name, value):
            return compose_packet(b"i", _NUMBER.pack(at) + compose_strings(name, value))
        case ChangeHeader(nth, name, value):
            return compose_packet(b"m", _NUMBER.pack(nth) + compose_strings(name, value))
        case AddRecipient(address, ""):
            return compose_packet(b"+", compose_strings(address))
        case AddRecipient(address, arguments):
            return compose_packet(b"2", compose_strings(address, arguments))
        case DeleteRecipient(address):
            return compose_packet(b"-", compose_strings(address))
        case ChangeSender(address, arguments):
            return compose_packet(b"e", compose_strings(address, *([arguments] if arguments else [])))
        case ReplaceBody(data):
            return compose_packet(b"b", data)
        case Quarantine(reason):
            return compose_packet(b"q", compose_strings(reason))
    raise TypeError(answer)


def _percents(text: str) -> str:
    """Sendmail takes the text as a format; libmilter's users double what is meant."""
    return text.replace("%", "%%")


def _final(verdict: Verdict, data: bytes) -> Final | None:
    if verdict is not Verdict.REPLY:
        return None if data else Final(verdict)
    # `%%` is one, a single one is none: as Postfix has it.
    text = re.sub(r"%(.)|%", r"\1", text_of(data.partition(b"\0")[0])).replace("\r\n", "\n").rstrip("\n")
    return Final(verdict, text) if _REPLY.match(text) else None


def _negotiated(data: bytes) -> Negotiated | None:
    if len(data) < _OFFER.size:
        return None
    macros: list[tuple[int, str]] = []
    at = _OFFER.size
    while at + _NUMBER.size < len(data) and len(macros) < MOST_MACRO_STAGES:
        stage = _NUMBER.unpack_from(data, at)[0]
        end = data.find(b"\0", at + _NUMBER.size)
        end = len(data) if end < 0 else end
        macros.append((stage, text_of(data[at + _NUMBER.size : end])))
        at = end + 1
    version, actions, wishes = _OFFER.unpack_from(data)
    return Negotiated(version, actions, wishes, tuple(macros))


def _named(data: bytes) -> AddHeader | None:
    texts = data.split(b"\0")
    return AddHeader(text_of(texts[0]), text_of(texts[1])) if len(texts) > 1 and texts[0] else None


def _placed(kind: type[InsertHeader] | type[ChangeHeader]) -> Callable[[bytes], Change | None]:
    def read(data: bytes) -> Change | None:
        field = _named(data[_NUMBER.size :])
        return None if field is None else kind(_NUMBER.unpack_from(data)[0], field.name, field.value)

    return read


def _addressed(kind: type[AddRecipient] | type[ChangeSender]) -> Callable[[bytes], Change | None]:
    def read(data: bytes) -> Change | None:
        texts = [text_of(text) for text in strings(data)]
        return kind(texts[0], " ".join(texts[1:])) if texts and texts[0] else None

    return read


def _plain(data: bytes) -> AddRecipient | None:
    address = data.partition(b"\0")[0]
    return AddRecipient(text_of(address)) if address else None


def _deleted(data: bytes) -> DeleteRecipient | None:
    address = data.partition(b"\0")[0]
    return DeleteRecipient(text_of(address)) if address else None


_READ: dict[bytes, Callable[[bytes], Answer | None]] = {
    b"p": lambda data: None if data else Progress(),
    b"O": _negotiated,
    b"h": _named,
    b"i": _placed(InsertHeader),
    b"m": _placed(ChangeHeader),
    b"+": _plain,
    b"2": _addressed(AddRecipient),
    b"-": _deleted,
    b"e": _addressed(ChangeSender),
    b"b": ReplaceBody,
    b"q": lambda data: Quarantine(text_of(data.partition(b"\0")[0])),
}
