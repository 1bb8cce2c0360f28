"""All hostile servers, and a friendly one for each scheme to compare them with."""

from __future__ import annotations

from wild import Hostile, sound
from wildboxes import BOXES
from wildnames import NAMES
from wildproxies import PROXIES
from wildsmtp import SMTP
from wildtls import TLS

SERVERS: tuple[Hostile, ...] = (*SMTP, *TLS, *BOXES, *NAMES, *PROXIES)

FRIENDS: dict[str, Hostile] = {
    scheme: Hostile(
        *(f"a-friendly-{scheme}-server", scheme, sound(), (), "is sound", "正常"),
        login=scheme not in ("smtp", "lmtp"),
        timeout=60.0,
    )
    for scheme in ("smtp", "submission", "submissions", "lmtp", "pop3", "pop3s", "imap", "imaps", "sieve")
}

MOST_MEGABYTES = 50
"""What a check of a hostile server may take above that of a friendly one."""


def friend_of(server: Hostile) -> Hostile:
    return FRIENDS.get(server.scheme, FRIENDS["submission"])


def deadline(server: Hostile) -> float:
    """Seconds after which a check is over: no connection begins after six timeouts, and none lasts above four."""
    return 10 * server.timeout
