"""Dovecot's lines of every day, for `quick`."""

from __future__ import annotations

import re
from collections.abc import Callable

from mailproof.parse.log.tally.ledger import Ledger

QUIET = (
    r"(?:imap|pop3|lmtp|lda)\([^()\n]*\)(?:<[^<>\n]*>)*: "
    r"(?:Disconnect from |Disconnected|Connect from |Logged out|msgid=<[^<>\n]*>: saved mail to [A-Za-z])"
)
"""A pattern for lines that change no count."""

_QUIET = re.compile(QUIET)
_LOGIN = re.compile(
    r"(imap|pop3|managesieve|submission)-login: (?:Login|Logged in): user=<[^<>\s]*>, method=([^\s,<>]+), "
    r"rip=[^\s,<>]+, lip=[^\s,<>]+, mpid=\d+, (TLS, )?session=<[^<>\s]*>\Z"
)


def dovecot(ledger: Ledger) -> Callable[[str, int], bool | None]:
    """A handler, as in `quick`."""

    def take(line: str, at: int) -> bool | None:
        found = _LOGIN.match(line, at)
        if found is None:
            return _QUIET.match(line, at) is None
        ledger.login(found[1], found[2], "accepted" if found[3] else "in-clear")
        return None

    return take
