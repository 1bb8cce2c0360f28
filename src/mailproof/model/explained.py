"""What `explain` makes of a text that was pasted. All texts in it are safe to print."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailproof.model.bounce import Action


class Pasted(StrEnum):
    BOUNCE = "bounce"
    MESSAGE = "message"
    """A message whose header tells its way."""
    LOG = "log"
    REPLY = "reply"
    SESSION = "session"
    """Of `openssl s_client`."""
    DATABASE = "database"
    """An error of Mount-Database, or what eseutil printed of a database of Exchange."""
    UNKNOWN = "unknown"


class Side(StrEnum):
    """Where it is to be mended."""

    SENDER = "sender"
    """Who wrote the message: the address he typed, what he sent, the settings of his program."""
    RECIPIENT = "recipient"
    """Who should get it: his mailbox, his filters."""
    YOURS = "your-server"
    """The server that sends: its address, its names in DNS, its settings."""
    THEIRS = "their-server"
    """The server that should take it."""
    EXCHANGE = "exchange-server"
    """The server of the database itself: its files, its disks, its rights."""
    NETWORK = "network"
    NOBODY = "nobody"
    """There is nothing to mend."""
    UNKNOWN = "unknown"


class Explained(msgspec.Struct, frozen=True):
    """One thing that was said, and what it means."""

    name: str
    """A finding, or another name of the same table; `unknown` where the words are not known."""
    side: Side
    action: Action | None = None
    """In a bounce, what became of the message."""
    recipient: str = ""
    server: str = ""
    """Who said it."""
    provider: str = ""
    """Key of a known provider whose server it was."""
    code: str = ""
    status: str = ""
    text: str = ""
    """As it was said."""
    page: str = ""
    """The finding whose page says more; may be empty."""
    reference: str = ""
    """The provider's own documentation of it."""
    count: int = 1
    params: dict[str, str] = {}


class Leg(msgspec.Struct, frozen=True):
    """One server on the way of a message."""

    by: str
    source: str
    protocol: str
    time: str
    """ISO 8601, UTC; empty where it could not be read."""
    seconds: float | None
    """Since the one before."""


class Verdict(msgspec.Struct, frozen=True):
    """What a server found out about a message, in its Authentication-Results or Received-SPF (RFC 8601, RFC 7208)."""

    method: str
    """`spf`, `dkim`, `dmarc`, `arc` …"""
    result: str
    by: str
    about: str = ""
    """The domain or address that it is about."""


class Explanation(msgspec.Struct, frozen=True):
    """Everything that could be made of a text."""

    pasted: Pasted
    format: str = ""
    """Whose bounce it is."""
    reporter: str = ""
    sender: str = ""
    subject: str = ""
    message_id: str = ""
    date: str = ""
    causes: tuple[Explained, ...] = ()
    legs: tuple[Leg, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    unread: tuple[str, ...] = ()
    """What could not be read: lines, or the names of parts."""
    left_out: int = 0
    """How many more there are."""
    events: tuple[int, ...] = ()
    """Numbers of events of Windows that tell more."""
    commands: tuple[str, ...] = ()
    """What to type next, and where its output goes."""
