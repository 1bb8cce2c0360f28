"""What became of a message of this run, by the word of the server that took it."""

from __future__ import annotations

import msgspec

from mailproof.model.log_trace import LogTrace
from mailproof.model.observed import Observation
from mailproof.model.server_log import LogQuote


class Waiting(msgspec.Struct, frozen=True):
    """A message in the server's queue, for one recipient; safe to print."""

    queue: str
    """As the server calls it: deferred, active, hold."""
    recipient: str
    reason: str
    """Why it was not delivered yet; empty where the queue does not tell."""
    where: str
    """The command that showed it."""


class EntryUsed(msgspec.Struct, frozen=True):
    """The line of a table by which an address became another; safe to print."""

    parameter: str
    """virtual_alias_maps, canonical_maps …"""
    before: str
    after: str
    where: str
    """`PATH:LINE`."""
    text: str


class Followed(Observation, frozen=True):
    """In the attempt that handed the message in."""

    recipient: str
    """As we named it."""
    trace: LogTrace
    """Without legs where the log tells nothing of it, and only the queue does."""
    lines: tuple[LogQuote, ...] = ()
    """The line of each leg of the trace, in the same order."""
    waiting: tuple[Waiting, ...] = ()
    entries: tuple[EntryUsed, ...] = ()
    turns: tuple[int, ...] = ()
    """The answer that took the message."""
