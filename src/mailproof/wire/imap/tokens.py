"""The tokens of IMAP (RFC 3501 sections 4 and 9), for both roles: atoms, quoted strings, literals, lists."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from mailproof.wire.imap.literals import Literal

Value = str | bytes | None | tuple["Value", ...]
"""An atom of printable ASCII as str, any other atom and every quoted string or literal as bytes, NIL as None, a list
as a tuple."""

DEEPEST = 200
"""Lists within lists. Dovecot parses at most 100 nested MIME parts (max_nested_mime_parts); BODYSTRUCTURE spends
up to two lists on each."""

# A section (`BODY[HEADER.FIELDS (SUBJECT)]<0>`) is one token though it holds spaces and parentheses. It ends before
# the next bracket, so that looking for its end costs no more than the text is long.
_TOKEN = re.compile(
    rb'(?P<space>[ ]+)|(?P<open>\()|(?P<close>\))|"(?P<quoted>[^"\\]*+(?:\\.[^"\\]*+)*+)(?P<end>"?)'
    rb'|(?P<atom>(?:BODY|BINARY)[.A-Z]*\[[^\[\]]*+\][^ ()"]*|[^ ()"]+)',
    re.IGNORECASE | re.DOTALL,
)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_PRINTABLE = re.compile(rb"[\x20-\x7e]+\Z")
_QUOTABLE = re.compile(rb"[\x20-\x7e]*\Z")


class Tokens(msgspec.Struct, frozen=True):
    values: tuple[Value, ...]
    problems: tuple[str, ...] = ()
    """What the grammar does not allow, each sort once; empty for sound text."""


def tokenize(pieces: Iterable[bytes | Literal]) -> Tokens:
    """Text and literals in turn as values. Never fails: what does not fit is taken for what it most likely was."""
    stack: list[list[Value]] = [[]]
    too_deep = 0
    problems: dict[str, None] = {}
    for piece in pieces:
        if isinstance(piece, Literal):
            stack[-1].append(piece.data)
            continue
        for match in _TOKEN.finditer(piece):
            match match.lastgroup:
                case "atom":
                    stack[-1].append(_atom(match["atom"]))
                case "end":
                    stack[-1].append(_ESCAPE.sub(rb"\1", match["quoted"]))
                    if not match["end"]:
                        problems["quoted string without its end"] = None
                case "open" if len(stack) > DEEPEST:
                    too_deep += 1
                    problems["lists too deep"] = None
                case "open":
                    stack.append([])
                case "close" if too_deep:
                    too_deep -= 1
                case "close" if len(stack) == 1:
                    problems["parenthesis closed that was not open"] = None
                case "close":
                    inner = tuple(stack.pop())
                    stack[-1].append(inner)
    if len(stack) > 1:
        problems["parenthesis without its end"] = None
    while len(stack) > 1:
        inner = tuple(stack.pop())
        stack[-1].append(inner)
    return Tokens(tuple(stack[0]), tuple(problems))


def _atom(data: bytes) -> Value:
    if data.upper() == b"NIL":
        return None
    return data.decode("ascii") if _PRINTABLE.match(data) else data


def string_of(value: Value) -> bytes | None:
    """The bytes that an astring stands for: an atom, a quoted string or a literal; None for a list.

    The atom NIL is the text `NIL` where an astring is wanted (RFC 3501 section 9).
    """
    match value:
        case bytes():
            return value
        case str():
            return value.encode("ascii")
        case None:
            return b"NIL"
        case _:
            return None


def flatten(values: Iterable[Value]) -> Iterable[Value]:
    """All that is no list, in order."""
    for value in values:
        if isinstance(value, tuple):
            yield from flatten(value)
        else:
            yield value


def is_quotable(data: bytes) -> bool:
    """Whether a quoted string may hold `data` without surprises.

    RFC 3501 also allows control characters and RFC 6855 UTF-8 after ENABLE; those go as literals here.
    """
    return _QUOTABLE.match(data) is not None


def quote(value: bytes | str) -> bytes:
    """A quoted string. Raises ValueError for what only a literal can hold: other than printable ASCII."""
    data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    if not is_quotable(data):
        raise ValueError("a quoted string holds printable ASCII only")
    return b'"' + data.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def literal(value: bytes | str) -> bytes:
    """A literal as a server sends it, bytes and all: `{5}` CRLF `hello`. Raises ValueError for NUL (RFC 3501 4.3)."""
    data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    if b"\0" in data:
        raise ValueError("a literal holds no NUL")
    return b"{%d}\r\n" % len(data) + data
