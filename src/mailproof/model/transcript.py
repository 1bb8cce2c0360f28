"""What was said on a connection, in order, without its secrets."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailproof.model.escape import to_bytes


class TurnKind(StrEnum):
    SENT = "sent"
    RECEIVED = "received"
    EVENT = "event"
    """Something that happened to the connection: connected, TLS began, closed, timed out."""


class DeviationKind(StrEnum):
    """What the tolerant parsers notice. A note, never a verdict."""

    BARE_LF = "bare-lf"
    """A line ended by LF alone (RFC 5321 2.3.8)."""
    BARE_CR = "bare-cr"
    LINE_TOO_LONG = "line-too-long"
    REPLY_TOO_LONG = "reply-too-long"
    NOT_A_REPLY = "not-a-reply"
    """A line that the grammar of the protocol does not know."""
    CODE_CHANGED = "code-changed"
    """The lines of one reply have different codes (RFC 5321 4.2.1)."""
    MISSING_LAST_LINE = "missing-last-line"
    """The connection ended inside a multi-line reply."""
    CONTROL_BYTE = "control-byte"
    EIGHT_BIT = "eight-bit"
    """Bytes above 127 that are no UTF-8."""
    WRONG_LITERAL = "wrong-literal"
    """An IMAP literal whose announced size does not fit, or cannot be."""
    UNEXPECTED_REPLY = "unexpected-reply"
    """A reply to nothing that was asked."""
    TRAILING_DATA = "trailing-data"
    """Clear text between the agreement to start TLS and TLS (CVE-2011-0411); it is never fed to TLS."""
    LEGACY_AUTH = "legacy-auth"
    """`AUTH=` in an EHLO reply, for clients of before RFC 2554."""
    BAD_CONTINUATION = "bad-continuation"
    BAD_UNSTUFFING = "bad-unstuffing"
    """A line of a multi-line reply that begins with a single dot but is not the last."""


class Deviation(msgspec.Struct, frozen=True):
    kind: DeviationKind
    offset: int
    """Into the bytes received on this connection, from its beginning, as the parser was fed them."""
    detail: str = ""
    turn: int | None = None
    """Index of the turn of its transcript in which it was heard; None for one that is in no transcript."""


class Turn(msgspec.Struct, frozen=True):
    """One direction speaking until the other does, or one event.

    Turns, not pairs of command and answer, because servers also speak unasked (greetings, 421, untagged
    responses) and commands are pipelined.
    """

    kind: TurnKind
    at: float
    """Seconds since the record began, when the first byte was sent or came."""
    text: str
    """The bytes in the escapes of `model.escape`, secrets replaced by `SECRET`; for an event, a sentence."""
    tls: bool = False

    @property
    def data(self) -> bytes:
        """The recorded bytes; empty for an event."""
        return b"" if self.kind is TurnKind.EVENT else to_bytes(self.text)


SECRET = "[secret]"
"""Stands in every output where a secret was."""


class Transcript(msgspec.Struct, frozen=True):
    endpoint: str
    """URL of the endpoint."""
    address: str
    purpose: str
    """The job that held the conversation: `survey`, `login`, `version`, `fetch`."""
    turns: tuple[Turn, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    truncated: bool = False
    """The peer sent more than is kept; the conversation itself went on."""
