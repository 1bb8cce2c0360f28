"""What a server reads: commands, answers to 334, messages and chunks."""

from __future__ import annotations

import msgspec

from mailproof.model.escape import to_text
from mailproof.model.transcript import SECRET, Deviation, DeviationKind
from mailproof.wire.commands import ClientLine, LineCommandReader, verb_and_argument
from mailproof.wire.lines import Line, LineReader

COMMAND_LIMIT = 12288
"""RFC 4954 4, Postfix smtpd_sasl_response_limit: an AUTH command or an answer to 334 may be that long."""
TEXT_LINE_LIMIT = 1000
"""RFC 5321 4.5.3.1.6; a longer line of a message is kept and noted."""

_OF_A_MESSAGE = frozenset({DeviationKind.BARE_LF, DeviationKind.BARE_CR})


class SmtpCommand(msgspec.Struct, frozen=True):
    verb: str
    """In upper case; empty for an empty line."""
    argument: bytes
    """Without the white space around it."""
    line: bytes
    """As received, without its end."""
    offset: int
    deviations: tuple[Deviation, ...] = ()

    def __repr__(self) -> str:
        shown = SECRET if self.verb == "AUTH" else repr(self.argument)
        return f"SmtpCommand({self.verb} {shown})"


class SmtpMessage(msgspec.Struct, frozen=True):
    data: bytes
    """Without the dots of transparency, line ends as received; cut at the limit."""
    size: int
    """Of the whole message, in bytes, without the dots of transparency."""
    truncated: bool
    offset: int
    deviations: tuple[Deviation, ...] = ()
    """The first of each kind."""


class SmtpChunk(msgspec.Struct, frozen=True):
    """What BDAT announced (RFC 3030 2)."""

    data: bytes
    size: int
    truncated: bool
    offset: int


Event = SmtpCommand | ClientLine | SmtpMessage | SmtpChunk


class CommandReader(LineCommandReader[SmtpCommand | SmtpMessage | SmtpChunk]):
    line_limit = COMMAND_LIMIT

    def to_command(self, line: Line) -> SmtpCommand:
        verb, argument = verb_and_argument(line)
        return SmtpCommand(to_text(verb.upper()), argument.strip(), line.data, line.offset, line.deviations)

    def expect_message(self, limit: int) -> None:
        """A message follows, up to CRLF, dot, CRLF; `limit` bytes of it are kept and the rest is counted."""
        self._read = _Message(self._lines, limit).read

    def expect_chunk(self, size: int, limit: int) -> None:
        """`size` bytes follow; `limit` of them are kept."""
        self._read = _Chunk(self._lines, size, limit).read


class _Message:
    """Collects lines up to the dot.

    Only CRLF, dot, CRLF ends a message: a dot between bare LFs is text, else one message could be smuggled in another
    (CVE-2023-51764; Postfix smtpd_forbid_bare_newline).
    """

    def __init__(self, lines: LineReader, limit: int) -> None:
        self._lines = lines
        self._limit = limit
        self._offset = lines.offset
        self._kept = bytearray()
        self._size = 0
        self._after_crlf = True
        self._deviations: dict[DeviationKind, Deviation] = {}

    def read(self) -> SmtpMessage | None:
        # Two bytes more than may be kept, so that the dots can be told when nothing may be kept.
        while (line := self._lines.next_line(self._limit - len(self._kept) + 2)) is not None:
            bare = any(deviation.kind is DeviationKind.BARE_LF for deviation in line.deviations)
            if line.data == b"." and self._after_crlf and not bare:
                return SmtpMessage(
                    bytes(self._kept),
                    self._size,
                    self._size > len(self._kept),
                    self._offset,
                    tuple(self._deviations.values()),
                )
            self._after_crlf = not bare
            self._text(line, b"\n" if bare else b"\r\n")
        return None

    def _text(self, line: Line, ending: bytes) -> None:
        for deviation in line.deviations:
            if deviation.kind in _OF_A_MESSAGE:
                self._deviations.setdefault(deviation.kind, deviation)
        dot = line.data.startswith(b".")
        size = line.length - dot
        if size > TEXT_LINE_LIMIT:
            long = Deviation(DeviationKind.LINE_TOO_LONG, line.offset, f"{line.length} bytes")
            self._deviations.setdefault(long.kind, long)
        text = line.data[dot:]
        if len(text) + len(ending) == size:
            text += ending
        # Once something is left out, nothing after it is kept.
        if self._size == len(self._kept):
            self._kept += text[: self._limit - len(self._kept)]
        self._size += size


class _Chunk:
    def __init__(self, lines: LineReader, size: int, limit: int) -> None:
        self._lines = lines
        self._size = size
        self._limit = limit
        self._offset = lines.offset
        self._kept = bytearray()
        self._left = max(size, 0)

    def read(self) -> SmtpChunk | None:
        data = self._lines.take(self._left)
        self._left -= len(data)
        self._kept += data[: self._limit - len(self._kept)]
        if self._left:
            return None
        return SmtpChunk(bytes(self._kept), self._size, self._size > len(self._kept), self._offset)
