"""The server's half: commands read, responses written (RFC 3501 sections 6 and 7)."""

from __future__ import annotations

import re

import msgspec

from mailproof.model.transcript import SECRET, Deviation, DeviationKind
from mailproof.wire.commands import ClientLine
from mailproof.wire.imap.literals import KEEP, Assembler, Literal, Whole
from mailproof.wire.imap.reader import LiteralCommandReader
from mailproof.wire.imap.tokens import Value, tokenize

LINE_LIMIT = 65536
"""Dovecot imap_max_line_length: 64 kB of a command outside its literals."""

_CARRIES_SECRETS = frozenset({"LOGIN", "AUTHENTICATE"})


class ImapCommandLine(msgspec.Struct, frozen=True):
    tag: str
    """Empty where none could be read; the answer is then `* BAD`."""
    name: str
    """In upper case, `UID` and what follows it together: `UID FETCH`; empty if there is none."""
    args: tuple[Value, ...]
    line: bytes
    """As received, its literals included, without its last line end; cut at the limits."""
    offset: int
    deviations: tuple[Deviation, ...] = ()
    problem: str = ""
    """Why it is no command that can be carried out, in words for a BAD; empty if it can."""

    def __repr__(self) -> str:
        shown = SECRET if self.name in _CARRIES_SECRETS or self.problem else repr(self.args)
        return f"ImapCommandLine({self.tag} {self.name} {shown})"


class NeedContinuation(msgspec.Struct, frozen=True):
    """The client waits for `+ ` before it sends a literal of `size` bytes; to refuse, call `refuse_literal`."""

    size: int


Event = ImapCommandLine | NeedContinuation | ClientLine


class CommandReader(LiteralCommandReader[Event]):
    """Reads a client's side of a session.

    A literal larger than the room left of `keep` is never asked for: its command comes at once, with a `problem`; if
    the client sends it without asking (RFC 7888), it is thrown away first. So is one that is larger than `unasked`
    octets and not asked for: None for no limit (LITERAL+), 4096 for LITERAL-, -1 where no literal may come unasked.
    """

    def __init__(self, offset: int = 0, keep: int = KEEP, unasked: int | None = None) -> None:
        super().__init__(Assembler(LINE_LIMIT, keep, _may_hold_literals, offset))
        self._unasked = unasked

    def next_event(self) -> Event | None:
        if self._answers:
            return self._line()
        while (step := self._assembler.advance()) is not None:
            if isinstance(step, Whole):
                return _parse(step, self._uninvited(step))
            if step.synchronising:
                if step.size > self._assembler.literal_room:
                    return _parse(self._assembler.stop(), "literal too large")
                return NeedContinuation(step.size)
        return None

    def _uninvited(self, whole: Whole) -> str:
        """Why the command cannot be carried out, if it brought a literal that it should have asked for."""
        pieces = (piece for piece in whole.pieces if isinstance(piece, Literal) and not piece.synchronising)
        if self._unasked is None or all(piece.size <= self._unasked for piece in pieces):
            return ""
        return "literal too large to come without asking"

    def refuse_literal(self) -> None:
        """After NeedContinuation, where the answer is BAD or NO: the client sends a new command instead."""
        self._assembler.stop()

    def _line(self) -> ClientLine | None:
        line = self._assembler.plain_line()
        if line is None:
            return None
        self._answers = False
        return ClientLine(line.data, line.offset, line.deviations)


_HEAD = re.compile(
    rb"(?P<tag>[\x21\x23\x24\x26\x27\x2c-\x5b\x5d-\x7a\x7c-\x7e]++) ++"
    rb"(?P<name>UID ++[A-Za-z]++|[A-Za-z][A-Za-z0-9.-]*+)(?= |\Z)(?P<rest>.*)",
    re.DOTALL | re.IGNORECASE,
)
_TAG_ALONE = re.compile(rb"([\x21\x23\x24\x26\x27\x2c-\x5b\x5d-\x7a\x7c-\x7e]++)(?: |\Z)")


def _may_hold_literals(line: bytes) -> bool:
    return _HEAD.match(line) is not None


def _parse(whole: Whole, problem: str = "") -> ImapCommandLine:
    first = whole.pieces[0] if whole.pieces else b""
    head = None if isinstance(first, Literal) else _HEAD.match(first)
    if head is None or isinstance(first, Literal):
        tag = None if isinstance(first, Literal) else _TAG_ALONE.match(first)
        return ImapCommandLine(
            "" if tag is None else tag[1].decode("ascii"),
            "",
            (),
            whole.data,
            whole.offset,
            (*whole.deviations, Deviation(DeviationKind.NOT_A_REPLY, whole.offset)),
            "no tag" if tag is None else "no command",
        )
    tokens = tokenize([first[head.start("rest") :], *whole.pieces[1:]])
    notes = (Deviation(DeviationKind.NOT_A_REPLY, whole.offset, found) for found in tokens.problems)
    if not problem and whole.dropped:
        problem = "command too long"
    if not problem and any(found.kind is DeviationKind.WRONG_LITERAL for found in whole.deviations):
        problem = "impossible size of a literal"
    return ImapCommandLine(
        head["tag"].decode("ascii"),
        b" ".join(head["name"].upper().split()).decode("ascii"),
        tokens.values,
        whole.data,
        whole.offset,
        (*whole.deviations, *notes),
        problem or (tokens.problems[0] if tokens.problems else ""),
    )


def compose_tagged(tag: str, status: str, text: str | bytes, code: str = "") -> bytes:
    """`a1 OK [CODE] text`; `code` without its brackets. Raises ValueError for CR, LF or NUL."""
    return _line(_encode(f"{tag} {status} " + (f"[{code}] " if code else "")) + _encode(text))


def compose_untagged(text: str | bytes) -> bytes:
    """`* text`; `text` may hold literals, as `literal` makes them. Raises ValueError for any other CR, LF or NUL."""
    data = b"* " + _encode(text)
    return _line(data, after=_end_of_literals(data))


def compose_continuation(text: str | bytes) -> bytes:
    """`+ text`: readiness for a literal, or a challenge already in base64. Raises ValueError for CR, LF or NUL."""
    return _line(b"+ " + _encode(text))


_LITERAL = re.compile(rb"\{([0-9]{1,10})\}\r\n")
_BREAK = re.compile(rb"[\r\n\0]")


def _encode(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text


def _end_of_literals(data: bytes) -> int:
    """Where the last of the literals ends that nothing but text lies between."""
    at = 0
    while (found := _LITERAL.search(data, at)) is not None and not _BREAK.search(data, at, found.start()):
        at = found.end() + int(found[1])
    return at


def _line(data: bytes, after: int = 0) -> bytes:
    if after > len(data) or _BREAK.search(data, after):
        raise ValueError("CR, LF or NUL inside a response would begin another one")
    return data + b"\r\n"
