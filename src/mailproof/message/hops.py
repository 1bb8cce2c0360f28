"""The way of a message, as its Received fields tell it (RFC 5321 section 4.4), with the time of each leg."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

# More are a loop that no server let go on: Postfix's hopcount_limit is 50, Exchange's 60.
_MOST_HOPS = 100
_CLAUSE = re.compile(r"(?:^|\s)(from|by|via|with|id|for)\s+(\S+)", re.IGNORECASE)


class Hop(msgspec.Struct, frozen=True):
    """One server that took the message."""

    by: str
    source: str = ""
    """Who handed it over (`from`), as named in EHLO."""
    protocol: str = ""
    """`with`: `ESMTPSA`, `LMTP` …"""
    queue_id: str = ""
    recipient: str = ""
    """`for`, without brackets."""
    date: datetime | None = None
    """In UTC; None where it does not parse."""
    delay: float | None = None
    """Seconds since the hop before; negative where the clocks of two servers disagree. None for the first."""
    text: str = ""
    """The whole field, in one line."""


def read_hops(headers: tuple[tuple[str, str], ...]) -> tuple[Hop, ...]:
    """From the sender to the mailbox: the lowest Received field first."""
    fields = [value for name, value in headers if name.lower() == "received"][:_MOST_HOPS]
    hops: list[Hop] = []
    for value in reversed(fields):
        hop = _hop(value)
        before = next((each.date for each in reversed(hops) if each.date is not None), None)
        if hop.date is not None and before is not None:
            hop = msgspec.structs.replace(hop, delay=(hop.date - before).total_seconds())
        hops.append(hop)
    return tuple(hops)


def _hop(value: str) -> Hop:
    text = " ".join(value.split())
    clauses, _, date = text.rpartition(";")
    if not clauses:
        clauses, date = text, ""
    bare = _without_comments(clauses)
    found: dict[str, str] = {}
    for match in _CLAUSE.finditer(bare):
        found.setdefault(match[1].lower(), match[2])
    return Hop(
        by=found.get("by", ""),
        source=found.get("from", ""),
        protocol=found.get("with", ""),
        queue_id=found.get("id", ""),
        recipient=found.get("for", "").strip("<>;"),
        date=_date(date),
        text=text,
    )


def _without_comments(text: str) -> str:
    """Comments nest (RFC 5322 section 3.2.2); one that is not closed is none."""
    kept: list[str] = []
    begun: list[int] = []
    for char in text:
        if char == "(":
            begun.append(len(kept))
        elif char == ")" and begun:
            del kept[begun.pop() :]
            kept.append(" ")
            continue
        kept.append(char)
    return "".join(kept)


def _date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text.strip())
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
