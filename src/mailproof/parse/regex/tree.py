"""An expression taken apart. Characters are bytes, and a set of them is a number with a bit for each."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

ALL = (1 << 256) - 1


class Chars(msgspec.Struct, frozen=True):
    """One byte out of these."""

    mask: int


class Cat(msgspec.Struct, frozen=True):
    parts: tuple[Node, ...]


class Alt(msgspec.Struct, frozen=True):
    options: tuple[Node, ...]


class Many(msgspec.Struct, frozen=True):
    """`high` is None without an end; not `greedy` tries few first."""

    body: Node
    low: int
    high: int | None
    greedy: bool = True


class Group(msgspec.Struct, frozen=True):
    body: Node
    number: int


class Place(msgspec.Struct, frozen=True):
    """`start`, `end`, `end-or-newline`, `line-start`, `line-end`, `word`, `no-word`, `word-start`, `word-end`."""

    kind: str


class Look(msgspec.Struct, frozen=True):
    """`widths` of what is looked back at; empty looks ahead."""

    body: Node
    negated: bool
    widths: tuple[int, ...] = ()


class Atomic(msgspec.Struct, frozen=True):
    """What it has matched first is not tried in another way."""

    body: Node


class Back(msgspec.Struct, frozen=True):
    """What a group has matched, again."""

    number: int
    caseless: bool


Node = Chars | Cat | Alt | Many | Group | Place | Look | Atomic | Back


class Refused(Exception):
    """The library gives an error: the program that asks it has no such expression."""


class Unread(Exception):
    """Not evaluated here."""


def mask_of(codes: Iterable[int]) -> int:
    mask = 0
    for code in codes:
        mask |= 1 << code
    return mask


def span(first: int, last: int) -> int:
    """Of all bytes from one to another."""
    return ((1 << (last + 1)) - 1) & ~((1 << first) - 1)


_LETTERS = span(0x41, 0x5A) | span(0x61, 0x7A)
_DIGITS = span(0x30, 0x39)
CLASSES = {
    "alpha": _LETTERS, "digit": _DIGITS, "alnum": _LETTERS | _DIGITS, "upper": span(0x41, 0x5A),
    "lower": span(0x61, 0x7A), "space": span(9, 13) | 1 << 32, "blank": 1 << 9 | 1 << 32,
    "xdigit": _DIGITS | span(0x41, 0x46) | span(0x61, 0x66), "punct": span(0x21, 0x7E) & ~(_LETTERS | _DIGITS),
    "print": span(0x20, 0x7E), "graph": span(0x21, 0x7E), "cntrl": span(0, 31) | 1 << 127,
}  # fmt: skip
"""In the C locale."""
WORD = _LETTERS | _DIGITS | 1 << 0x5F
NEWLINE = 1 << 10
_SMALL, _LARGE = span(0x61, 0x7A), span(0x41, 0x5A)


def caseless(mask: int) -> int:
    """With the other form of each letter."""
    return mask | (mask & _SMALL) >> 32 | (mask & _LARGE) << 32


_EXACT = tuple(Chars(1 << code) for code in range(256))
_EITHER = tuple(Chars(caseless(1 << code)) for code in range(256))
PLAIN = re.compile(r"[A-Za-z0-9 @:/,;<>=_'\"%&!~`-]+(?![*+?{])")
"""Characters that are themselves in every syntax, and none of them repeated."""


def char_of(char: str, *, ignore_case: bool) -> Chars:
    """One character, in either form where case is ignored."""
    return (_EITHER if ignore_case else _EXACT)[ord(char)]


def times_of(digits: str) -> int:
    """A number of times. Of one with more than six digits, which no library takes, the first six; none is zero."""
    return int(digits.lstrip("0")[:6] or "0")


def bytes_of(text: str) -> str:
    """Each byte of its UTF-8 as a character of its own."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def text_of(data: str) -> str:
    """The text of which `bytes_of` made this."""
    return data if data.isascii() else data.encode("latin-1").decode("utf-8", "surrogateescape")
