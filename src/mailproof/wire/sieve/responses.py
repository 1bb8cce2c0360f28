"""What a ManageSieve server says, as events (RFC 5804 sections 1.2 to 1.8)."""

from __future__ import annotations

import base64
import binascii
import re

import msgspec

from mailproof.model.capabilities import Capability
from mailproof.model.escape import to_text
from mailproof.model.reply import ReplyClass
from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.wire.imap.literals import Assembler, Whole
from mailproof.wire.imap.tokens import Value, string_of, tokenize

LINE_LIMIT = 65536
"""Bytes of one line outside its literals, as Pigeonhole's managesieve_max_line_length has it."""
KEEP = 2**20
"""Bytes kept of all data lines of one response, their literals included; the rest is read and thrown away."""

_STATUS = re.compile(rb"(OK|NO|BYE)(?=[ (]|\Z)[ ]*(.*)\Z", re.IGNORECASE | re.DOTALL)
_TRANSIENT = frozenset({"TRYLATER"})


class SieveResponse(msgspec.Struct, frozen=True):
    kind: ReplyClass
    status: str
    """`OK`, `NO`, `BYE`; empty for a challenge and for what is no response."""
    code: str = ""
    """Response code in upper case: `TRYLATER`, `AUTH-TOO-WEAK`, `REFERRAL`, `SASL` …"""
    text: str = ""
    """After the status, escaped, the code and all; strings without their quotes. Of what is no response the line."""
    lines: tuple[tuple[Value, ...], ...] = ()
    """The data before the status, a line each, as much as is kept: capabilities, names of scripts."""
    challenge: bytes | None = None
    """Decoded: of a challenge, and of an OK that carries the server's last SASL data; None where it is no base64."""
    offset: int = 0
    deviations: tuple[Deviation, ...] = ()
    truncated: bool = False
    """Not all of the data is in `lines`."""


class ResponseReader:
    """Reads a server's responses. A string alone on its line is data, or a challenge: say with `expect_challenge`.

    `offset`: where on the connection the first byte stands. `keep`: bytes of data kept of one response.
    """

    def __init__(self, offset: int = 0, keep: int = KEEP) -> None:
        self._assembler = Assembler(LINE_LIMIT, keep, _may_hold_literals, offset)
        self._keep = keep
        self._challenges = False
        self._begin()

    def _begin(self) -> None:
        self._lines: list[tuple[Value, ...]] = []
        self._noted: dict[DeviationKind, Deviation] = {}
        self._room = self._keep
        self._truncated = False

    @property
    def offset(self) -> int:
        """Of the first byte that is part of no whole line yet."""
        return self._assembler.offset

    @property
    def pending(self) -> bytes:
        """Bytes that are no whole line yet; the whole lines of an unfinished response are not among them."""
        return self._assembler.pending

    def expect_challenge(self, challenges: bool) -> None:
        """Whether a string alone on a line is a challenge, from now on until this is called again."""
        self._challenges = challenges

    def receive(self, data: bytes) -> list[SieveResponse]:
        self._assembler.feed(data)
        found: list[SieveResponse] = []
        while (step := self._assembler.advance()) is not None:
            if isinstance(step, Whole) and (response := self._line(step)) is not None:
                found.append(response)
        return found

    def end(self) -> list[SieveResponse]:
        """What the end of the connection leaves: a line without its end, data without a status."""
        offset, rest = self._assembler.offset, self._assembler.end()
        if rest is not None and (response := self._line(rest)) is not None:
            return [response]
        if not self._lines and not self._truncated:
            return []
        self._note(Deviation(DeviationKind.MISSING_LAST_LINE, offset))
        return [self._close(SieveResponse(ReplyClass.INVALID, "", offset=offset))]

    def _line(self, whole: Whole) -> SieveResponse | None:
        for deviation in whole.deviations:
            self._note(deviation)
        if (status := _STATUS.match(whole.text)) is not None:
            return self._close(_status(whole, status))
        tokens = tokenize(whole.pieces)
        if not _is_data(whole.text):
            self._note(Deviation(DeviationKind.NOT_A_REPLY, whole.offset))
            return self._close(SieveResponse(ReplyClass.INVALID, "", text=to_text(whole.text), offset=whole.offset))
        for problem in tokens.problems:
            self._note(Deviation(DeviationKind.NOT_A_REPLY, whole.offset, problem))
        if self._challenges and len(tokens.values) == 1:
            return self._close(self._challenge(whole, string_of(tokens.values[0]) or b""))
        # An empty list of lines costs memory too: a line is never cheaper than its line end and its tuple.
        self._room -= whole.length + 64
        if self._room < 0:
            self._truncated = True
        else:
            self._lines.append(tokens.values)
        return None

    def _challenge(self, whole: Whole, encoded: bytes) -> SieveResponse:
        challenge = _decoded(encoded)
        if challenge is None:
            self._note(Deviation(DeviationKind.BAD_CONTINUATION, whole.offset))
        return SieveResponse(
            ReplyClass.INTERMEDIATE, "", text=to_text(encoded), challenge=challenge, offset=whole.offset
        )

    def _note(self, deviation: Deviation) -> None:
        self._noted.setdefault(deviation.kind, deviation)

    def _close(self, response: SieveResponse) -> SieveResponse:
        closed = msgspec.structs.replace(
            response, lines=tuple(self._lines), deviations=tuple(self._noted.values()), truncated=self._truncated
        )
        self._begin()
        return closed


def _may_hold_literals(line: bytes) -> bool:
    return _is_data(line) or _STATUS.match(line) is not None


def _is_data(line: bytes) -> bool:
    return line.startswith((b'"', b"{"))


def _status(whole: Whole, match: re.Match[bytes]) -> SieveResponse:
    status = match[1].decode("ascii").upper()
    first = whole.pieces[0]
    assert isinstance(first, bytes)  # the status stands before any literal
    values = tokenize([first[len(match[1]) :], *whole.pieces[1:]]).values
    code, inside = "", values[0] if values else None
    arguments: tuple[Value, ...] = ()
    if isinstance(inside, tuple):
        code = to_text(string_of(inside[0]) or b"").upper() if inside else ""
        arguments, values = inside[1:], values[1:]
    words = [to_text(string_of(value) or b"") for value in values]
    shown = " ".join(([f"({code})"] if code else []) + words)
    last = (string_of(arguments[0]) if code == "SASL" and arguments else None) or b""
    if status == "OK":
        kind = ReplyClass.POSITIVE
    else:
        kind = ReplyClass.TRANSIENT if code in _TRANSIENT else ReplyClass.PERMANENT
    challenge = _decoded(last) if code == "SASL" else None
    return SieveResponse(kind, status, code, shown, challenge=challenge, offset=whole.offset)


def _decoded(data: bytes) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        return None


def read_capabilities(response: SieveResponse) -> tuple[Capability, ...]:
    """The capabilities of a response, in the server's order; names in upper case, values split at spaces.

    `"SASL" "PLAIN LOGIN"` is name SASL with two parameters (RFC 5804 section 1.7).
    """
    return tuple(
        Capability(
            to_text(string_of(line[0]) or b"").upper(),
            tuple(to_text(word) for value in line[1:] for word in (string_of(value) or b"").split()),
        )
        for line in response.lines
        if line
    )
