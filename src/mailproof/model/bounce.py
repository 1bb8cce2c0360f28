"""A report that a message was not delivered, as far as any program's can be read."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailproof.model.attempt import Step


class Action(StrEnum):
    """What became of a message for one recipient (RFC 3464 section 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    """Handed to a server that makes no such reports."""
    EXPANDED = "expanded"


class Statement(msgspec.Struct, frozen=True):
    """What a server answered, or what the reporting program says in words of its own.

    Nothing in it is safe to print yet.
    """

    text: str
    code: str = ""
    """Three digits of an SMTP reply; empty for the program's own words."""
    enhanced: str = ""
    step: Step | None = None
    """The command that was refused, where that is told."""
    server: str = ""
    """Who answered."""


class Undelivered(msgspec.Struct, frozen=True):
    """What became of the message for one recipient."""

    recipient: str
    action: Action = Action.FAILED
    status: str = ""
    """RFC 3463, as the report has it."""
    remote: str = ""
    """The server that was talked to; empty where it was none, or is not told."""
    said: tuple[Statement, ...] = ()
    """The most exact first."""


class Bounce(msgspec.Struct, frozen=True):
    """Of which program, by whom, about which recipients."""

    format: str
    """`postfix`, `exim`, `qmail` …; `report` for one of RFC 3464 whose program is not known."""
    reporter: str = ""
    """The server that wrote it."""
    recipients: tuple[Undelivered, ...] = ()
    original: bytes = b""
    """Header of the message that it is about, as it is returned; may be empty."""
    unread: tuple[str, ...] = ()
    """Parts that could not be read, in the words of the format: `text/html`, `message/delivery-status`."""
