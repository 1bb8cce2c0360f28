"""Responses, as a client reads them (RFC 1939 3, RFC 2449, RFC 3206, RFC 5034)."""

from __future__ import annotations

import base64
import binascii
import re

import msgspec

from mailproof.model.capabilities import Capability
from mailproof.model.escape import to_bytes, to_text
from mailproof.model.reply import ReplyClass
from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.wire.lines import Line, LineReader

LINE_LIMIT = 2048
"""Outside of bodies, as for SMTP (Postfix line_length_limit); RFC 2449 4 allows 512."""
BODY_LIMIT = 64 * 1024 * 1024
"""Above Postfix's message_size_limit (10 MB) and what the large providers take, base64 included."""
BODY_KEEP = 1024 * 1024

_STATUS = re.compile(rb"(\+OK|-ERR)(?![0-9A-Za-z])[ \t]?(.*)\Z", re.IGNORECASE | re.DOTALL)
_CODE = re.compile(rb"\[([!-Z\\^-~]{1,64})\]")
_TIMESTAMP = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_OCTETS = re.compile(rb"[0-9]{1,15}\Z")
_MESSAGE = re.compile(rb"[1-9][0-9]{0,9}\Z")
_PRINTABLE = re.compile(rb"[!-~]*\Z")
_OF_A_BODY = frozenset({DeviationKind.BARE_LF, DeviationKind.BARE_CR})
_TRANSIENT = frozenset({"SYS/TEMP", "IN-USE", "LOGIN-DELAY"})


class Pop3Response(msgspec.Struct, frozen=True):
    kind: ReplyClass
    status: str
    """`+OK`, `-ERR`, `+` for a challenge; empty for what is no response."""
    code: str = ""
    """Response code in upper case, without its brackets: `AUTH`, `SYS/TEMP`."""
    text: str = ""
    """After the status, escaped, response code and all; the whole line if it is no response."""
    lines: tuple[bytes, ...] | None = None
    """The body of a multi-line response, unstuffed, as much as is kept; None for a single line."""
    size: int = 0
    """Of the body as received, its line ends and stuffed dots included, its last line not."""
    challenge: bytes | None = None
    """Decoded; None where it is no base64, and for all but challenges."""
    offset: int = 0
    deviations: tuple[Deviation, ...] = ()
    """Of the body, the first of each kind."""
    truncated: bool = False
    """Not all of the body is in `lines`."""
    bare: tuple[int, ...] = ()
    """Which of `lines` ended with LF alone."""

    @property
    def body(self) -> bytes:
        """The body as it was before dots were doubled, each line with the end it came with."""
        bare = frozenset(self.bare)
        return b"".join(line + (b"\n" if at in bare else b"\r\n") for at, line in enumerate(self.lines or ()))


class ResponseReader:
    """Reads a server's responses. Whether a `+OK` has a body cannot be seen from it: say so with `expect`.

    `keep` bytes of a body are kept and the rest is counted. A body larger than `body_limit` is given up: the response
    is handed out with REPLY_TOO_LONG, and what follows is thrown away up to the end of the body.
    """

    def __init__(self, *, body_limit: int = BODY_LIMIT, keep: int = BODY_KEEP, offset: int = 0) -> None:
        self._lines = LineReader(LINE_LIMIT, offset)
        self._body_limit = body_limit
        self._keep = self._keep_next = keep
        self._multiline = False
        self._body: _Body | None = None
        self._discarding = False

    @property
    def pending(self) -> bytes:
        """Bytes that are no whole line yet; the whole lines of an unfinished body are not among them."""
        return self._lines.pending

    @property
    def offset(self) -> int:
        """Of the first byte that is part of no whole line yet."""
        return self._lines.offset

    def expect(self, multiline: bool, *, keep: int | None = None) -> None:
        """Whether the next `+OK` is followed by a body; every one after it is not, until this is called again.

        `keep` is for this body alone.
        """
        self._multiline = multiline
        self._keep_next = self._keep if keep is None else keep

    def receive(self, data: bytes) -> list[Pop3Response]:
        self._lines.feed(data)
        responses: list[Pop3Response] = []
        while (line := self._lines.next_line(self._limit())) is not None:
            if (response := self._line(line)) is not None:
                responses.append(response)
        return responses

    def end(self) -> list[Pop3Response]:
        """What the end of the connection leaves: a line without an end, a body without its last line."""
        offset = self._lines.offset
        line = self._lines.end()
        if self._body is not None:
            if line is not None:
                self._body.add(line)
            response, self._body = self._body.close(Deviation(DeviationKind.MISSING_LAST_LINE, offset)), None
            return [response]
        if line is None or self._discarding:
            return []
        unfinished = Deviation(DeviationKind.MISSING_LAST_LINE, line.offset, "no line end")
        return [self._response(msgspec.structs.replace(line, deviations=(*line.deviations, unfinished)))]

    def _limit(self) -> int:
        """Of the next line; in a body two bytes more than are kept, so that its end can be told."""
        return self._body.room + 2 if self._body is not None else LINE_LIMIT

    def _line(self, line: Line) -> Pop3Response | None:
        if self._discarding:
            self._discarding = line.data != b"."
            return None
        if (body := self._body) is not None:
            if line.data == b".":
                self._body = None
                return body.close(*line.deviations)
            body.add(line)
            if body.size <= self._body_limit:
                return None
            self._body = None
            self._discarding = True
            detail = f"more than {self._body_limit} bytes"
            return body.close(Deviation(DeviationKind.REPLY_TOO_LONG, line.offset, detail))
        response = self._response(line)
        if response.status not in ("+OK", "-ERR"):
            return response
        multiline, self._multiline = self._multiline, False
        if multiline and response.status == "+OK":
            self._body = _Body(response, self._keep_next)
            return None
        return response

    def _response(self, line: Line) -> Pop3Response:
        if (match := _STATUS.match(line.data)) is not None:
            status = match[1].decode("ascii").upper()
            code = found[1].decode("ascii").upper() if (found := _CODE.match(match[2])) else ""
            if status == "+OK":
                kind = ReplyClass.POSITIVE
            else:
                kind = ReplyClass.TRANSIENT if code in _TRANSIENT else ReplyClass.PERMANENT
            return Pop3Response(kind, status, code, to_text(match[2]), offset=line.offset, deviations=line.deviations)
        if line.data == b"+" or line.data.startswith(b"+ "):
            return _challenge(line)
        stray = Deviation(DeviationKind.NOT_A_REPLY, line.offset)
        return Pop3Response(
            ReplyClass.INVALID, "", text=to_text(line.data), offset=line.offset, deviations=(*line.deviations, stray)
        )


def _challenge(line: Line) -> Pop3Response:
    encoded = line.data[2:]
    deviations = line.deviations
    challenge: bytes | None = None
    try:
        challenge = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        deviations = (*deviations, Deviation(DeviationKind.BAD_CONTINUATION, line.offset))
    return Pop3Response(
        ReplyClass.INTERMEDIATE,
        "+",
        text=to_text(encoded),
        challenge=challenge,
        offset=line.offset,
        deviations=deviations,
    )


class _Body:
    def __init__(self, response: Pop3Response, keep: int) -> None:
        self.size = 0
        self.room = keep
        self._response = response
        self._lines: list[bytes] = []
        self._bare: list[int] = []
        self._truncated = False
        self._deviations: dict[DeviationKind, Deviation] = {}

    def add(self, line: Line) -> None:
        self.size += line.length
        for deviation in line.deviations:
            if deviation.kind in _OF_A_BODY:
                self._deviations.setdefault(deviation.kind, deviation)
        text = line.data
        if text.startswith(b"."):
            if not text.startswith(b".."):
                bad = Deviation(DeviationKind.BAD_UNSTUFFING, line.offset)
                self._deviations.setdefault(bad.kind, bad)
            text = text[1:]
        # An empty line costs a byte too: a body of nothing but line ends must not grow without end.
        self._truncated = self._truncated or len(text) + 1 > self.room
        if self._truncated:
            self.room = 0
            return
        self.room -= len(text) + 1
        if any(deviation.kind is DeviationKind.BARE_LF for deviation in line.deviations):
            self._bare.append(len(self._lines))
        self._lines.append(text)

    def close(self, *deviations: Deviation) -> Pop3Response:
        return msgspec.structs.replace(
            self._response,
            lines=tuple(self._lines),
            size=self.size,
            truncated=self._truncated,
            bare=tuple(self._bare),
            deviations=(*self._response.deviations, *self._deviations.values(), *deviations),
        )


def read_capa(response: Pop3Response) -> tuple[Capability, ...]:
    """The capabilities in a response to CAPA, in the server's order; names in upper case, parameters as sent."""
    lines = (line.split() for line in response.lines or ())
    return tuple(
        Capability(to_text(words[0].upper()), tuple(to_text(word) for word in words[1:])) for words in lines if words
    )


def numbered(response: Pop3Response) -> dict[int, bytes]:
    """What LIST or UIDL says of each message, by its number; other lines are left out (RFC 1939 sections 5, 7)."""
    found: dict[int, bytes] = {}
    for line in response.lines or ():
        number, _, rest = line.strip().partition(b" ")
        if _MESSAGE.match(number) and rest.strip():
            found.setdefault(int(number), rest.strip().split()[0])
    return found


def octets(response: Pop3Response) -> dict[int, int]:
    """The size of each message in a response to LIST; what is no size is left out."""
    return {number: int(said) for number, said in numbered(response).items() if _OCTETS.match(said)}


def apop_timestamp(greeting: str) -> str | None:
    """The time stamp in the escaped `text` of a greeting, brackets included; None if APOP is not offered.

    Only a well-formed message id counts: with others a server in the middle can learn the password (CVE-2007-1558).
    """
    match = _TIMESTAMP.search(greeting)
    if match is None:
        return None
    try:
        stamp = to_bytes(match[0])
    except ValueError:
        return None
    return stamp.decode("ascii") if _PRINTABLE.match(stamp) else None
