"""What was found in a mailbox, as `mailproof fetch` tells it."""

from __future__ import annotations

import msgspec

from mailproof.model.outcome import Outcome


class Item(msgspec.Struct, frozen=True):
    """One message as it was fetched: its header fields for a table, or all of it."""

    number: int
    uid: str = ""
    size: int | None = None
    flags: tuple[str, ...] = ()
    date: str = ""
    """When it came into the folder (INTERNALDATE); POP3 does not tell."""
    data: bytes = b""
    whole: bool = False


class HopTold(msgspec.Struct, frozen=True):
    """One Received field."""

    by: str
    source: str
    protocol: str
    queue_id: str
    recipient: str
    date: str
    """ISO 8601 in UTC; empty where it does not parse."""
    delay: float | None
    """Seconds since the hop before; negative where two clocks disagree."""


class AttachedTold(msgspec.Struct, frozen=True):
    name: str
    type: str
    size: int


class MailTold(msgspec.Struct, frozen=True):
    """One message; `text` and what follows only where it was fetched whole."""

    number: int
    uid: str
    size: int | None
    date: str
    sender: str
    to: str
    subject: str
    flags: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    attachments: tuple[AttachedTold, ...] = ()
    hops: tuple[HopTold, ...] = ()
    seconds: float | None = None
    """From the first hop to the last."""


class FolderTold(msgspec.Struct, frozen=True):
    name: str
    uses: tuple[str, ...]
    """`\\junk`, `\\sent` …"""


class FetchReport(Outcome, frozen=True, kw_only=True):
    """JSON of `mailproof fetch`."""

    endpoint: str
    address: str
    folder: str
    total: int | None
    messages: tuple[MailTold, ...]
    matches: int | None
    """How many the search found; null without one. By POP3 of those that were looked at."""
    folders: tuple[FolderTold, ...]
    missing: tuple[int, ...]
    deleted: tuple[int, ...]
    saved: str
