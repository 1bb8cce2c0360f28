"""The server's role: reads commands, composes responses (RFC 5804)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

import msgspec

from mailproof.model.transcript import SECRET, Deviation, DeviationKind
from mailproof.wire.commands import ClientLine
from mailproof.wire.imap.literals import KEEP, Assembler, Whole
from mailproof.wire.imap.reader import LiteralCommandReader
from mailproof.wire.imap.tokens import Value, is_quotable, literal, quote, string_of, tokenize
from mailproof.wire.sieve.commands import LONGEST_QUOTED

LINE_LIMIT = 65536
"""Pigeonhole managesieve_max_line_length."""

_NAME = re.compile(rb"[A-Za-z]+(?= |\Z)")
_STRING = re.compile(rb'["{]')


class SieveCommand(msgspec.Struct, frozen=True):
    name: str
    """In upper case; empty if there is none."""
    args: tuple[Value, ...]
    offset: int
    deviations: tuple[Deviation, ...] = ()
    problem: str = ""
    """Why it cannot be carried out, in words for a NO; empty if it can."""

    def __repr__(self) -> str:
        shown = SECRET if self.name == "AUTHENTICATE" or self.problem else repr(self.args)
        return f"SieveCommand({self.name} {shown})"


Event = SieveCommand | ClientLine


class CommandReader(LiteralCommandReader[Event]):
    """Reads a client's side of a session.

    Literals come without being asked for (section 1.2); of one that is too large the rest is thrown away.
    """

    def __init__(self, offset: int = 0, keep: int = KEEP) -> None:
        super().__init__(Assembler(LINE_LIMIT, keep, lambda line: True, offset))

    def next_event(self) -> Event | None:
        while (step := self._assembler.advance()) is not None:
            if isinstance(step, Whole):
                answers, self._answers = self._answers, False
                return _answer(step) if answers else _command(step)
        return None


def _answer(whole: Whole) -> ClientLine:
    """What the string holds; the whole line where it is no string."""
    values = tokenize(whole.pieces).values
    alone = len(values) == 1 and _STRING.match(whole.text) is not None
    data = string_of(values[0]) if alone else None
    return ClientLine(whole.data if data is None else data, whole.offset, whole.deviations)


def _command(whole: Whole) -> SieveCommand:
    first = whole.pieces[0] if whole.pieces else b""
    found = _NAME.match(first) if isinstance(first, bytes) else None
    if found is None or not isinstance(first, bytes):
        stray = Deviation(DeviationKind.NOT_A_REPLY, whole.offset)
        return SieveCommand("", (), whole.offset, (*whole.deviations, stray), "no command")
    tokens = tokenize([first[found.end() :], *whole.pieces[1:]])
    notes = (Deviation(DeviationKind.NOT_A_REPLY, whole.offset, problem) for problem in tokens.problems)
    problem = "command too long" if whole.dropped else tokens.problems[0] if tokens.problems else ""
    name = found[0].decode("ascii").upper()
    return SieveCommand(name, tokens.values, whole.offset, (*whole.deviations, *notes), problem)


def compose_status(status: str, text: str = "", code: str = "") -> bytes:
    """`OK "text"`, `NO (CODE) "text"`; `code` without its parentheses. Raises ValueError for CR, LF or NUL."""
    if any(char in status + code for char in "\r\n\0"):
        raise ValueError("CR, LF or NUL inside a response would begin another one")
    words = [status] + ([f"({code})"] if code else [])
    return " ".join(words).encode("utf-8", "surrogateescape") + (b" " + _string(text) if text else b"") + b"\r\n"


def compose_data(lines: Iterable[tuple[str, ...]]) -> bytes:
    """Strings, a line each: `"SASL" "PLAIN"`. Raises ValueError for NUL."""
    return b"".join(b" ".join(_string(word) for word in line) + b"\r\n" for line in lines)


def compose_challenge(data: bytes) -> bytes:
    """A SASL challenge, not yet in base64: a string alone on its line (section 2.1)."""
    return _string(base64.b64encode(data)) + b"\r\n"


def _string(value: bytes | str) -> bytes:
    data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    return quote(data) if is_quotable(data) and len(data) <= LONGEST_QUOTED else literal(data)
