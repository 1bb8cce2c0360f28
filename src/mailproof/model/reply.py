"""A server's answer to a command."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ReplyClass(StrEnum):
    """What a reply amounts to, over all protocols."""

    POSITIVE = "positive"
    """2yz, +OK, OK."""
    INTERMEDIATE = "intermediate"
    """3yz, a `+` continuation."""
    TRANSIENT = "transient"
    """4yz; NO [UNAVAILABLE], -ERR [SYS/TEMP]."""
    PERMANENT = "permanent"
    """5yz, -ERR, NO, BAD."""
    INVALID = "invalid"
    """Not a reply of the protocol."""


class Reply(msgspec.Struct, frozen=True):
    """A server's answer, redacted."""

    kind: ReplyClass
    code: str
    """`250`, `+OK`, `NO`; empty for something that is no reply."""
    text: str
    """All lines joined by newlines, without codes and line ends, unsafe characters escaped."""
    enhanced: str = ""
    """RFC 3463 status (`5.7.1`), or the response code of POP3 and IMAP (`AUTHENTICATIONFAILED`)."""
    turn: int = 0
    """Index into the turns of its transcript."""
    seconds: float = 0.0
    """From the command, or from the connection for a greeting, to the end of the reply."""

    @property
    def line(self) -> str:
        """The last line as a person would have seen it, code and all."""
        last = self.text.rsplit("\n", 1)[-1]
        return " ".join(part for part in (self.code, last) if part)
