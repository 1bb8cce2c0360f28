"""What became of a message on its way: which fields were rewritten, and whether the body is what was sent."""

from __future__ import annotations

import re

import msgspec

from mailproof.message.read import read_headers

_LINE_END = re.compile(rb"\r?\n")
# Fields that every server may add or that say only how a message went.
_FIELDS = ("From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Sender")


class FieldChange(msgspec.Struct, frozen=True):
    name: str
    sent: str
    arrived: str
    """Empty where it is gone."""


class Compared(msgspec.Struct, frozen=True):
    fields: tuple[FieldChange, ...]
    body: str
    """`same`; else `line-ends`, `blank-lines` (at the end), `re-encoded` (another transfer encoding, the same text),
    `appended` (a footer), or `changed`."""
    first_difference: str = ""
    """The first line of the body that is another one, as it arrived."""
    added: tuple[str, ...] = ()
    """Names of fields that came on the way, each once, in their order."""


def compare(sent: bytes, arrived: bytes) -> Compared:
    """Any bytes; what is no message has no fields."""
    before, after = read_headers(sent), read_headers(arrived)
    changes: list[FieldChange] = []
    for name in _FIELDS:
        was, is_now = _first(before, name), _first(after, name)
        if was and was != is_now:
            changes.append(FieldChange(name, was, is_now))
    known = {name.lower() for name, _ in before}
    added = tuple(dict.fromkeys(name for name, _ in after if name.lower() not in known))
    kind, line = _body(sent, arrived)
    return Compared(tuple(changes), kind, line, added)


def _first(headers: tuple[tuple[str, str], ...], name: str) -> str:
    return next((value for key, value in headers if key.lower() == name.lower()), "")


def _body(sent: bytes, arrived: bytes) -> tuple[str, str]:
    wire = _LINE_END.sub(b"\r\n", sent)
    ours, theirs = _behind_header(wire), _behind_header(arrived)
    if ours == theirs:
        return "same", ""
    mine, yours = _LINE_END.split(ours), _LINE_END.split(theirs)
    if mine == yours:
        return "line-ends", ""
    while mine and not mine[-1].strip():
        mine.pop()
    while yours and not yours[-1].strip():
        yours.pop()
    if mine == yours:
        return "blank-lines", ""
    if _text(sent) == _text(arrived) and _text(sent).strip():
        return "re-encoded", ""
    at = next((n for n, (a, b) in enumerate(zip(mine, yours, strict=False)) if a != b), min(len(mine), len(yours)))
    first = yours[at].decode("utf-8", "replace") if at < len(yours) else ""
    return ("appended" if mine == yours[: len(mine)] else "changed"), first


def _behind_header(data: bytes) -> bytes:
    match = re.search(rb"\r?\n\r?\n", data)
    return data[match.end() :] if match else b""


def _text(data: bytes) -> str:
    from mailproof.message.read import read_mail

    return read_mail(data).text.rstrip()
