"""What a line of a mail log tells of the server itself: started, stopped, counted, managed."""

from __future__ import annotations

import msgspec


class ServiceChanged(msgspec.Struct, frozen=True, gc=False, tag=True):
    what: str
    """started, reloaded, stopped."""
    version: str = ""
    directory: str = ""
    """Of the configuration."""
    signal: str = ""


class Measured(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Numbers that anvil, scache, verify and postscreen tell of themselves."""

    what: str
    """connection rate, connection count, cache size, cleanup, domain lookup, address lookup, simultaneous …"""
    values: dict[str, str]
    service: str = ""
    client: str = ""
    at: str = ""
    """When, as the line has it."""


class Managed(msgspec.Struct, frozen=True, gc=False, tag=True):
    """postsuper(1) or the queue manager did something with a message."""

    queue_id: str
    action: str
    """requeued, placed on hold, released from hold, expired; skipped, still being delivered."""


class Counted(msgspec.Struct, frozen=True, gc=False, tag=True):
    """postsuper(1) did something with many messages."""

    action: str
    count: int
