"""Whom a server takes us for, from whom and for whom it takes mail, and a message that was handed in."""

from __future__ import annotations

from enum import StrEnum

from mailproof.model.observed import Observation
from mailproof.model.reply import Reply, ReplyClass


class EnvelopePurpose(StrEnum):
    OUTSIDE = "outside"
    """A recipient elsewhere: is mail relayed?"""
    MAILBOX = "mailbox"
    """A mailbox that should exist on this server."""
    UNKNOWN = "unknown"
    """A local part of this server's domain that cannot exist."""


class EnvelopeTried(Observation, frozen=True):
    """MAIL FROM and RCPT TO, ended before DATA."""

    purpose: EnvelopePurpose
    sender: str
    recipient: str
    logged_in: bool
    mail: Reply | None = None
    rcpt: Reply | None = None
    client: str = ""
    """The address the server takes us for: our own, or that of an accepted XCLIENT."""
    turns: tuple[int, ...] = ()


class SenderClaimed(Observation, frozen=True):
    """MAIL with an address that is somebody else's, and RCPT to one of the server's own; ended before DATA."""

    sender: str
    recipient: str
    mail: Reply
    rcpt: Reply | None = None
    """None where MAIL was refused."""
    user: str = ""
    """Who is logged in; empty for a stranger."""
    client: str = ""
    """The address the server takes us for: our own, or that of an accepted XCLIENT."""
    turns: tuple[int, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.rcpt is not None and self.rcpt.kind is ReplyClass.POSITIVE


class UserAsked(Observation, frozen=True):
    """VRFY or EXPN (RFC 5321 section 3.5): is there such a user?"""

    command: str
    purpose: EnvelopePurpose
    address: str
    reply: Reply
    turns: tuple[int, ...] = ()


class XclientTried(Observation, frozen=True):
    """XCLIENT (Postfix XCLIENT_README): who the server was asked to take us for."""

    attributes: tuple[str, ...]
    offered: bool
    reply: Reply | None = None
    turns: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()
    """Names of attributes that the server does not offer; then it was not asked."""


class Submitted(Observation, frozen=True):
    """A message handed in: what the server said at the end of its data."""

    sender: str
    recipient: str
    token: str
    """Unique text in the Message-ID by which it is found again."""
    mail: Reply | None = None
    rcpt: Reply | None = None
    data: Reply | None = None
    """To DATA."""
    final: Reply | None = None
    """After the dot."""
    queue_id: str = ""
    size: int = 0
    logged_in: bool = False
    turns: tuple[int, ...] = ()
    client: str = ""
    """The address the server takes us for: our own, or that of an accepted XCLIENT."""
