"""A message in Exim's queue: its log, which holds every try, as `exim -Mvl ID` prints it; and who is left (`-bp`)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailproof.model.escape import printable
from mailproof.model.followed import Waiting

LISTING = "exim -bp"
# `25m  2.9K 1abcde-000000-AB <sender> *** frozen ***`; in the lines below a D stands before who has it already.
_HEAD = re.compile(r"\s*\d+[smhdw]\s+\S+\s+(\w{6}-\w{6,11}-\w{2,4})\s+<[^>]*>(.*)")
_RECIPIENT = re.compile(r"\s+(D )?\s*(\S+@\S+)\s*\Z")
# `2026-11-29 05:12:00 bob@example.com R=dnslookup T=remote_smtp defer (111): Connection refused`.
_DEFERRED = re.compile(r"(?:\S+ \S+ )?(\S+@\S+?):? .*?\bdefer \(-?\d+\)(.*)")


def waiting_in(listing: str, log: str, queue_id: str) -> Iterator[Waiting]:
    """The recipients for whom a message still waits, each with the last reason in its own log."""
    reasons: dict[str, str] = {}
    for line in log.splitlines():
        if found := _DEFERRED.match(line):
            reasons[found[1].lower()] = found[2].lstrip(": ")
    queue = ""
    for line in listing.splitlines():
        if head := _HEAD.match(line):
            queue = ("frozen" if "frozen" in head[2] else "deferred") if head[1] == queue_id else ""
        elif queue and (named := _RECIPIENT.match(line)) and not named[1]:
            reason = reasons.get(named[2].lower(), "")
            yield Waiting(queue, printable(named[2]), printable(reason), LISTING)
