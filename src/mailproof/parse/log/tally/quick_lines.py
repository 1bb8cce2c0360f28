"""Lines that several programs write, for `quick`: of TLS, and of what was refused before it had a queue id."""

from __future__ import annotations

import re
from collections.abc import Callable

from mailproof.parse.log.tally.forms import CLIENT
from mailproof.parse.log.tally.ledger import Ledger
from mailproof.parse.log.tally.record import row_of_service
from mailproof.parse.log.tally.tables import KINDS

Handler = Callable[[str, str], bool | None]
"""Takes a queue id, which may be empty, and the text behind it; True where it has not counted it."""

_WORDS = {"in": "from", "out": "to"}
_TRUST = ("Anonymous", "Trusted", "Untrusted", "Verified")
# As the ordinary way reads it: a client has a name and an address, and no space in them.
_CLIENT = re.compile(rf"{CLIENT}(?::[0-9]{{1,5}}|)\Z")
CIPHER = re.compile(r"(TLSv[0-9.]+ with cipher [A-Za-z0-9_-]+) \([0-9]+/[0-9]+ bits\)")


def tls_handler(ledger: Ledger, direction: str) -> Handler:
    """`Anonymous TLS connection established from HOST[IP]: TLSv1.3 with cipher …`; `in` or `out`."""
    openings = frozenset(f"{trust} TLS connection established {_WORDS[direction]}" for trust in _TRUST)
    client = _CLIENT.match
    # Few, for they are what both ends can do.
    counters: dict[str, list[int]] = {}

    def take(queue_id: str, text: str) -> bool | None:
        head, _, told = text.partition(": ")
        opening, _, peer = head.rpartition(" ")
        if opening not in openings or client(peer) is None:
            return True
        try:
            counters[told][0] += 1
        except KeyError:
            found = CIPHER.match(told)
            if found is None:
                return True
            counter = ledger.tls(direction, found[1])
            counter[0] += 1
            if len(counters) < KINDS:
                counters[told] = counter
        return None

    return take


def refused(ledger: Ledger, service: str, text: str) -> bool | None:
    """`NOQUEUE: reject: RCPT from HOST[IP]: REPLY; from=<…> …`."""
    stage, _, rest = text[17:].partition(" from ")
    client, _, rest = rest.partition(": ")
    reply, envelope, _ = rest.partition("; from=<")
    if not envelope or not stage.isupper() or "; " in client or "; to=<" in client:
        return True
    ledger.refused("reject", stage, client, reply, row_of_service(ledger, service))
    return None
