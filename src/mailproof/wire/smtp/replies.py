"""Replies: read by a client, composed by a server (RFC 5321 4.2)."""

from __future__ import annotations

import re

import msgspec

from mailproof.model.escape import to_text
from mailproof.model.reply import ReplyClass
from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.wire.lines import Line, LineReader

LINE_LIMIT = 2048
"""Postfix line_length_limit; RFC 5321 4.5.3.1.5 allows a reply line 512."""
REPLY_LINES = 100
"""As many as Python's http.client takes headers; no known server offers so many extensions."""
REPLY_BYTES = 64 * 1024
"""What curl keeps of one answer (DYN_PINGPPONG_CMD)."""

_REPLY_LINE = re.compile(rb"([1-9][0-9]{2})(?:([ -])(.*))?\Z", re.DOTALL)
_ENHANCED = re.compile(rb"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |\Z)")
_KINDS = {
    2: ReplyClass.POSITIVE,
    3: ReplyClass.INTERMEDIATE,
    4: ReplyClass.TRANSIENT,
    5: ReplyClass.PERMANENT,
}


class SmtpReply(msgspec.Struct, frozen=True):
    code: int
    """Of its last line; 0 if this is no reply."""
    lines: tuple[bytes, ...]
    """What stands after code and separator, enhanced code and all; the whole line if it is no reply."""
    enhanced: str = ""
    """`5.7.1` of the last line that has one (RFC 2034, RFC 3463)."""
    offset: int = 0
    deviations: tuple[Deviation, ...] = ()
    line_offsets: tuple[int, ...] = ()
    """Where each of `lines` began, code included."""

    @property
    def text(self) -> str:
        return "\n".join(to_text(line) for line in self.lines)

    @property
    def kind(self) -> ReplyClass:
        return _KINDS.get(self.code // 100, ReplyClass.INVALID)


class ReplyReader:
    """Reads a server's replies.

    A line that is no reply becomes one of code 0 when it stands alone; inside a multi-line reply it belongs to that,
    as Postfix's client has it. The lines beyond the limits of a reply are counted and not kept.
    """

    def __init__(self, offset: int = 0) -> None:
        self._lines = LineReader(LINE_LIMIT, offset)
        self._open: _OpenReply | None = None

    @property
    def pending(self) -> bytes:
        """Bytes that are no whole line yet; the whole lines of an unfinished reply are not among them."""
        return self._lines.pending

    @property
    def offset(self) -> int:
        """Of the first byte that is part of no whole line yet."""
        return self._lines.offset

    def receive(self, data: bytes) -> list[SmtpReply]:
        self._lines.feed(data)
        return [reply for line in self._lines.lines() if (reply := self._line(line)) is not None]

    def end(self) -> list[SmtpReply]:
        """What the end of the connection leaves: a line without an end, a reply without its last line."""
        replies: list[SmtpReply] = []
        offset = self._lines.offset
        if (line := self._lines.end()) is not None:
            unfinished = Deviation(DeviationKind.MISSING_LAST_LINE, line.offset, "no line end")
            line = msgspec.structs.replace(line, deviations=(*line.deviations, unfinished))
            if (reply := self._line(line)) is not None:
                replies.append(reply)
        if self._open is not None:
            self._open.deviations.append(Deviation(DeviationKind.MISSING_LAST_LINE, offset))
            replies.append(self._open.close())
            self._open = None
        return replies

    def _line(self, line: Line) -> SmtpReply | None:
        match = _REPLY_LINE.match(line.data)
        if match is None:
            stray = Deviation(DeviationKind.NOT_A_REPLY, line.offset)
            if self._open is None:
                return SmtpReply(0, (line.data,), "", line.offset, (*line.deviations, stray), (line.offset,))
            self._open.add(line, line.data, stray)
            return None
        code = int(match[1])
        reply = self._open = self._open or _OpenReply(line.offset, code)
        changed = () if reply.code == code else (Deviation(DeviationKind.CODE_CHANGED, line.offset, str(code)),)
        reply.code = code
        reply.add(line, match[3] or b"", *changed)
        if match[2] == b"-":
            return None
        self._open = None
        return reply.close()


class _OpenReply:
    """The lines of one reply, as far as they have come and within its limits."""

    def __init__(self, offset: int, code: int) -> None:
        self.code = code
        self.deviations: list[Deviation] = []
        self._offset = offset
        self._lines: list[bytes] = []
        self._offsets: list[int] = []
        self._enhanced = ""
        self._kept = 0
        self._surplus = 0
        self._surplus_from = 0

    def add(self, line: Line, text: bytes, *deviations: Deviation) -> None:
        if (enhanced := _ENHANCED.match(text)) is not None:
            self._enhanced = enhanced[1].decode("ascii")
        if self._surplus or len(self._lines) >= REPLY_LINES or self._kept + len(text) > REPLY_BYTES:
            self._surplus_from = self._surplus_from if self._surplus else line.offset
            self._surplus += 1
            return
        self._kept += len(text)
        self._lines.append(text)
        self._offsets.append(line.offset)
        self.deviations += (*line.deviations, *deviations)

    def close(self) -> SmtpReply:
        if self._surplus:
            detail = f"{len(self._lines) + self._surplus} lines"
            self.deviations.append(Deviation(DeviationKind.REPLY_TOO_LONG, self._surplus_from, detail))
        return SmtpReply(
            self.code, tuple(self._lines), self._enhanced, self._offset, tuple(self.deviations), tuple(self._offsets)
        )


def compose_reply(code: int, *lines: str | bytes, enhanced: str = "") -> bytes:
    """A server's reply; `enhanced` stands on each line (RFC 2034 4).

    Raises ValueError for CR, LF or NUL in a line.
    """
    texts = [line.encode("utf-8", "surrogateescape") if isinstance(line, str) else line for line in lines] or [b""]
    if any(byte in text for text in texts for byte in b"\r\n\0"):
        raise ValueError("CR, LF or NUL inside a reply line would begin another one")
    if enhanced:
        texts = [enhanced.encode("ascii") + (b" " + text if text else b"") for text in texts]
    *first, last = texts
    start = b"%03d" % code
    return b"".join(start + b"-" + text + b"\r\n" for text in first) + start + b" " + last + b"\r\n"
