"""The story of one message, as a log tells it."""

from __future__ import annotations

import msgspec


class LogLeg(msgspec.Struct, frozen=True):
    """One thing that happened to a message. Texts are safe to print."""

    time: str
    after: float | None
    """Seconds since the first leg, where both have a time."""
    queue_id: str
    kind: str
    """The kind of the fact (arrived, identified, queued, refused, stored, removed …), or the status of a delivery."""
    params: dict[str, str]


class LogTrace(msgspec.Struct, frozen=True):
    """The story of one message, over all the queue ids that it had."""

    queue_ids: tuple[str, ...]
    outcome: str
    """delivered, deferred, bounced, refused, discarded, held (in the hold queue), or open: the log does not tell."""
    legs: tuple[LogLeg, ...]
    message_id: str = ""
    sender: str | None = None
    """Empty for the null sender of a report; None where the log does not tell."""
    recipients: tuple[str, ...] = ()
    """All that the log names, those that were rewritten too."""
    seconds: float | None = None
    """From the first line of it to the last word about a delivery."""
