"""A message as a milter is told of it, and what the changes that it asks for make of it (as Postfix carries them out:
cleanup_milter.c)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from mailproof.model.milter import (
    AddHeader,
    AddRecipient,
    Change,
    ChangeHeader,
    ChangeSender,
    DeleteRecipient,
    InsertHeader,
    ReplaceBody,
)

_LINE_END = re.compile(rb"\r\n|\r|\n")
_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")


class Field(msgspec.Struct, frozen=True):
    name: str
    value: str
    """As it stands behind the colon, its space included; lines are joined by LF, as milters have it."""

    @property
    def data(self) -> bytes:
        text = f"{self.name}:{self.value}".replace("\r\n", "\n").replace("\n", "\r\n")
        return text.encode("utf-8", "surrogateescape") + b"\r\n"


class Parted(msgspec.Struct, frozen=True):
    fields: tuple[Field, ...]
    body: bytes
    """With CRLF."""


def part(data: bytes) -> Parted:
    """Any bytes; lines may end in CRLF, LF or CR. A line that is no field ends the header, as in Postfix."""
    text = _LINE_END.sub(b"\r\n", data)
    if text and not text.endswith(b"\r\n"):
        text += b"\r\n"
    fields: list[Field] = []
    at = 0
    name, pieces = "", [""]
    while at < len(text):
        end = text.index(b"\r\n", at)
        line = text[at:end]
        if line[:1] in (b" ", b"\t") and name:
            pieces.append(line.decode("utf-8", "surrogateescape"))
        elif (match := _NAME.match(line)) is not None:
            if name:
                fields.append(Field(name, "\n".join(pieces)))
            name = match[1].decode("ascii")
            pieces = [line[match.end() :].decode("utf-8", "surrogateescape")]
        else:
            at = end + 2 if not line else at
            break
        at = end + 2
    if name:
        fields.append(Field(name, "\n".join(pieces)))
    return Parted(tuple(fields), text[at:])


def joined(parted: Parted) -> bytes:
    """The message with CRLF."""
    return b"".join(field.data for field in parted.fields) + b"\r\n" + parted.body


def changed(parted: Parted, changes: Iterable[Change], spaced: bool) -> Parted:
    """What the changes make of it, one after the other. `spaced`: values bring their own space after the colon."""
    space = "" if spaced else " "
    own = Field("\0", "")
    fields: list[Field] = [own, *parted.fields]
    body: list[bytes] | None = None
    for change in changes:
        match change:
            case AddHeader(name, value):
                fields.append(Field(name, space + value))
            case InsertHeader(at, name, value):
                fields.insert(at, Field(name, space + value))
            case ChangeHeader(nth, name, value):
                _change(fields, max(nth, 1), name, space, value)
            case ReplaceBody(data):
                body = [*(body or ()), data]
            case _:
                pass
    kept = tuple(field for field in fields if field is not own)
    return Parted(kept, parted.body if body is None else b"".join(body))


def _change(fields: list[Field], nth: int, name: str, space: str, value: str) -> None:
    found = [at for at, field in enumerate(fields) if field.name.lower() == name.lower()]
    if nth <= len(found):
        at = found[nth - 1]
        fields[at : at + 1] = [Field(name, space + value)] if value else []
    elif value:
        fields.append(Field(name, space + value))


def envelope(sender: str, recipients: Sequence[str], changes: Iterable[Change]) -> tuple[str, tuple[str, ...]]:
    """Sender and recipients afterwards, without angle brackets."""
    left = list(recipients)
    for change in changes:
        match change:
            case AddRecipient(address):
                if _bare(address) not in left:
                    left.append(_bare(address))
            case DeleteRecipient(address):
                left = [each for each in left if each != _bare(address)]
            case ChangeSender(address):
                sender = _bare(address)
            case _:
                pass
    return sender, tuple(left)


def _bare(address: str) -> str:
    return address.strip().removeprefix("<").removesuffix(">")
