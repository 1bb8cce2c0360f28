"""What a line of a mail log tells of a filter: of content, of DKIM, of greylisting, of blocklists."""

from __future__ import annotations

import msgspec


class Scanned(msgspec.Struct, frozen=True, gc=False, tag=True):
    """amavis or Rspamd looked at a message."""

    queue_id: str
    """In the queue of the mail server; empty where the filter was not told."""
    verdict: str
    """Passed CLEAN, Blocked SPAM …; with Rspamd the action: no action, add header, reject …"""
    score: str
    client: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    message_id: str = ""
    size: int = 0
    milliseconds: float | None = None
    child: str = ""
    """The queue id that the mail server gave to what the filter handed back."""
    symbols: str = ""
    user: str = ""


class DkimSaid(msgspec.Struct, frozen=True, gc=False, tag=True):
    """OpenDKIM or OpenDMARC said of a message: signed, verified, failed, no signature, pass, fail …"""

    queue_id: str
    result: str
    domain: str = ""
    selector: str = ""
    detail: str = ""


class Greylisted(msgspec.Struct, frozen=True, gc=False, tag=True):
    """postgrey or milter-greylist decided about a triplet."""

    action: str
    """greylist, pass or blocklist."""
    reason: str
    client: str
    sender: str = ""
    recipient: str = ""
    delay: str = ""
    """Seconds since it was first seen, or until it may come again."""
    queue_id: str = ""


class ListedAt(msgspec.Struct, frozen=True, gc=False, tag=True):
    """dnsblog(8): an address is in a list of DNS."""

    address: str
    zone: str
    answer: str
