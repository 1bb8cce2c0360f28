"""postscreen(8), dnsblog(8) and tlsproxy(8)."""

from __future__ import annotations

import re

from mailproof.model.log import Fact
from mailproof.model.log_connection import Connected, Disconnected, Screened
from mailproof.model.log_filter import ListedAt

_CLIENT = r"\[[^\]]*\]:\d{1,5}"
_CONNECT = re.compile(rf"CONNECT (?:from|to) ({_CLIENT})(?: to ({_CLIENT}))?")
_VERDICT = re.compile(
    rf"([A-Z][A-Z-]*(?: [A-Z-]+){{0,3}})(?: rank (-?\d{{1,9}}) for| \d+)?(?: after ([\d.]+))?(?: from)? ({_CLIENT})"
    r"(?: after ([^\s:]+)| in tests (before|after) SMTP handshake)?"
)
_LISTED = re.compile(r"addr (\S+) listed by domain (\S+) as (\S+)")


def screened(text: str) -> Fact | None:
    """What postscreen found out about a client, in capitals."""
    if text.startswith("CONNECT "):
        found = _CONNECT.match(text)
        return Connected(found[1], found[2] or "") if found else None
    if text.startswith("DISCONNECT "):
        return Disconnected(text[11:])
    found = _VERDICT.match(text)
    if found is None:
        return None
    stage = found[5] or (f"{found[6]} handshake" if found[6] else "")
    return Screened(found[4], found[1], stage, found[3] or "", int(found[2] or 0))


def listed(text: str) -> Fact | None:
    """An answer of a blocklist, by dnsblog."""
    found = _LISTED.match(text)
    return ListedAt(found[1], found[2], found[3]) if found else None
