"""Greylisting seen from outside: the same mail offered several times, and what that amounts to (RFC 6647)."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Look(StrEnum):
    """Why a mail was offered."""

    FIRST = "first"
    AGAIN = "again"
    """The same sender a little later: a greylist puts it off still."""
    OTHER = "other"
    """Another sender, at the beginning."""
    LATER = "later"
    """The first one, when the delay should be over."""
    CONTROL = "control"
    """A third sender, after the first one was taken: a greylist puts it off, a trouble that is over does not."""


class GreylistTry(msgspec.Struct, frozen=True):
    """One session, up to the answer to RCPT or, where that was asked for, to the message."""

    look: Look
    at: float
    """Seconds since the first one began."""
    sender: str
    taken: bool
    reply: str = ""
    """The server's last word on the recipient; empty where it never came to that."""
    code: int = 0
    kind: str = ""
    """What the refusal means: a word of `parse.refusal_kind`."""
    trouble: str = ""
    """Where no answer came: the step at which the session failed, and how."""


class Greylisted(StrEnum):
    """What the sequence proves."""

    PROVED = "proved"
    """Put off, put off again, taken after the delay; another sender is put off still."""
    NOT = "not"
    """Taken at the first contact."""
    ANOTHER_CAUSE = "another-cause"
    """A refusal that says what it is for, and it is no greylist; or one for good."""
    OVER = "over"
    """Taken after a while, and so is everybody: a trouble that is over, or a greylist by client alone, which now
    knows this one."""
    NOT_YET = "not-yet"
    """Still put off when the time was over."""
    UNTOLD = "untold"
    """There was no answer to go by."""


class GreylistProbed(msgspec.Struct, frozen=True):
    url: str
    recipient: str
    verdict: Greylisted
    tries: tuple[GreylistTry, ...]
    product: str = ""
    """By its words; empty where they are nobody's."""
    stated: int | None = None
    """Seconds, as the first refusal names them."""
    after: float | None = None
    """The mail was still put off so many seconds after the first try."""
    within: float | None = None
    """And taken so many seconds after it."""
    kind: str = ""
    """What the refusal is for, with ANOTHER_CAUSE."""
