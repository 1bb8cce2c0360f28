"""What `mailproof roundtrip` tells."""

from __future__ import annotations

import msgspec

from mailproof.model.mail import HopTold
from mailproof.model.outcome import Outcome


class Leg(msgspec.Struct, frozen=True):
    """`submission`, `delivery` (from the answer after the message until it was found), `retrieval`; in seconds."""

    name: str
    seconds: float


class Change(msgspec.Struct, frozen=True):
    """`envelope-from`, `envelope-to` or the name of a header field; what was sent and what arrived."""

    name: str
    sent: str
    arrived: str


class RoundtripReport(Outcome, frozen=True, kw_only=True):
    """JSON of `mailproof roundtrip`."""

    submitted: str
    """URL of the place that took it."""
    found: str
    """URL of the place where it was found."""
    folder: str
    legs: tuple[Leg, ...]
    seconds: float
    queue_ids: tuple[str, ...]
    hops: tuple[HopTold, ...]
    changes: tuple[Change, ...]
    body: str
    """`same`, `line-ends`, `blank-lines`, `re-encoded`, `appended`, `changed`; empty where it was not found."""
    first_difference: str
    added: tuple[str, ...]
    results: tuple[str, ...]
    """Authentication-Results and Received-SPF fields, whole."""
    signed: tuple[str, ...]
    """Domains (d=) of the DKIM signatures it arrived with."""
    removed: bool
    reply: str
    """The last word of the submission."""
    looked: tuple[str, ...]
    """Where it was looked for: URLs, with the folder behind them."""
