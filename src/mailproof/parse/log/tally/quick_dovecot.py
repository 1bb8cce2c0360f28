"""Dovecot's lines of every day, for `quick`."""

from __future__ import annotations

import re
from collections.abc import Callable

from mailproof.parse.log.tally.forms import QUIET
from mailproof.parse.log.tally.ledger import Ledger

_QUIET = re.compile(QUIET)
_LOGIN = re.compile(
    r"(imap|pop3|managesieve|submission)-login: (?:Login|Logged in): user=<[^<>\s]*>, method=([^\s,<>]+), "
    r"rip=[^\s,<>]+, lip=[^\s,<>]+, mpid=\d+, (TLS, )?session=<[^<>\s]*>\Z"
)


_FAILED = re.compile(
    r"(imap|pop3|managesieve|submission)-login: Disconnected \(auth failed, \d+ attempts in \d+ secs\): "
    r"user=<[^<>\s]*>, method=([A-Z0-9-]+), rip=([0-9.]+), lip=[0-9.]+, (?:TLS, )?session=<[^<>\s]*>\Z"
)


def dovecot(ledger: Ledger) -> Callable[[str, str], bool | None]:
    """A handler, as in `quick`."""

    def take(queue_id: str, text: str) -> bool | None:
        if queue_id:
            return True
        found = _LOGIN.match(text)
        if found is not None:
            ledger.login(found[1], found[2], "accepted" if found[3] else "in-clear")
            return None
        failed = _FAILED.match(text)
        if failed is not None:
            ledger.login(failed[1], failed[2], "failed", failed[3])
            return None
        return _QUIET.match(text) is None

    return take
