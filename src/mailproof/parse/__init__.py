"""Text and bytes to facts, without I/O; and the public library for mail logs, `events` (docs/parse.md)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailproof.model.log import (
        Accepted,
        Addressed,
        Arrived,
        Delivered,
        Expired,
        Fact,
        Identified,
        LoggedIn,
        LoggedOut,
        LoginFailed,
        LogLine,
        Notified,
        Queued,
        Refused,
        Removed,
        Routine,
        Sieved,
        Stored,
        Trouble,
    )
    from mailproof.model.log_connection import (
        Answered,
        Certificated,
        Connected,
        Disconnected,
        Dropped,
        Hid,
        NoConnection,
        Screened,
        TlsFailed,
        TlsOpened,
    )
    from mailproof.model.log_filter import DkimSaid, Greylisted, ListedAt, Scanned
    from mailproof.model.log_service import Counted, Managed, Measured, ServiceChanged
    from mailproof.parse.log.events import LogEvent, events
    from mailproof.parse.log.peer import delays, peer, reply_parts, tls_features

__all__ = [
    "Accepted",
    "Addressed",
    "Answered",
    "Arrived",
    "Certificated",
    "Connected",
    "Counted",
    "Delivered",
    "Disconnected",
    "DkimSaid",
    "Dropped",
    "Expired",
    "Fact",
    "Greylisted",
    "Hid",
    "Identified",
    "ListedAt",
    "LogEvent",
    "LogLine",
    "LoggedIn",
    "LoggedOut",
    "LoginFailed",
    "Managed",
    "Measured",
    "NoConnection",
    "Notified",
    "Queued",
    "Refused",
    "Removed",
    "Routine",
    "Scanned",
    "Screened",
    "ServiceChanged",
    "Sieved",
    "Stored",
    "TlsFailed",
    "TlsOpened",
    "Trouble",
    "delays",
    "events",
    "peer",
    "reply_parts",
    "tls_features",
]

# Read when they are asked for: the rooms that import `mailproof.parse.…` for something else pay nothing.
_PLACES = ("mailproof.model.log", "mailproof.parse.log.events", "mailproof.parse.log.peer")


def __getattr__(name: str) -> object:
    for place in _PLACES if name in __all__ else ():
        found = getattr(import_module(place), name, None)
        if found is not None:
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
