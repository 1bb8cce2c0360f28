"""The same counts as in the ordinary way, for the lines that are frequent, but not as those in `rows`.

A handler knows one program of one host; it takes the texts whose whole form it knows, and returns True for all
others: these are read in the ordinary way. So nothing is decided here that is not decided in `record`;
tests/parse/log/test_tally.py holds both to the same counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailproof.parse.log.programs import family
from mailproof.parse.log.tally.forms import HOST
from mailproof.parse.log.tally.ledger import Ledger
from mailproof.parse.log.tally.quick_dovecot import dovecot
from mailproof.parse.log.tally.reasons import reason_of
from mailproof.parse.log.tally.record import greylisting_of, micros, service_of, verdict_of

Handler = Callable[[str, str], bool | None]
"""Takes a queue id, which may be empty, and the text behind it; True where it has not counted it."""

# Those that were sent are read with the frequent lines, all but those that were forwarded.
_DELIVERED = re.compile(
    r"to=<([^<>]*)>, (?:orig_to=<[^<>]*>, )?relay=([^<,][^,]*), (?:conn_use=\d+, )?delay=([\d.]+), delays=[\d./]+, "
    r"(?:tls=[^,<]+, )?dsn=[\d.]+, status=(?:(deferred|bounced) \((.*)\)|sent \(forwarded as .*\))\Z"
)
_SCREENED_CLIENT = r"\[[^\s\[\]]*\]:\d{1,5}"
_SCREENED = re.compile(
    rf"(CONNECT|PASS NEW|PASS OLD|ALLOWLISTED|DENYLISTED|WHITELISTED|BLACKLISTED) (?:from )?{_SCREENED_CLIENT}"
    rf"|(DNSBL) rank \d{{1,9}} for {_SCREENED_CLIENT}\Z|(PREGREET) \d+ after [\d.]+ from {_SCREENED_CLIENT}"
)
_SASL = re.compile(rf"warning: ({HOST}): SASL ([A-Z0-9-]+) authentication failed: [^,]*\Z")
_GREYLISTED = re.compile(r"action=(greylist|pass), reason=[^,=]+, client_name=[^,=]+, client_address=")
_DELIVERING = ("smtp", "lmtp", "virtual", "local", "pipe", "error", "relay", "discard")


def handler_of(ledger: Ledger, tag: str) -> Handler | None:
    """For the lines of this tag (`postfix/submission/smtpd`); None where there is nothing quicker."""
    if tag == "dovecot":
        return dovecot(ledger)
    if tag == "postgrey":
        return _postgrey(ledger)
    program = tag.rpartition("/")[2]
    if program == tag or family(tag) != "postfix":
        return None
    match program:
        case "smtpd":
            return _smtpd(ledger, service_of(tag))
        case "postscreen":
            return _postscreen(ledger)
        case _:
            return _delivery(ledger, program) if program in _DELIVERING else None


def _smtpd(ledger: Ledger, service: str) -> Handler:
    def take(queue_id: str, text: str) -> bool | None:
        return queue_id != "" or text[:9] != "warning: " or _warned(ledger, service, text)

    return take


def _warned(ledger: Ledger, service: str, text: str) -> bool | None:
    found = _SASL.match(text)
    if found is not None:
        ledger.login(service, found[2], "failed", found[1])
    elif not text.startswith("warning: hostname "):
        return True
    ledger.tables.reason("warning", "smtpd", reason_of(text[9:]))
    return None


def _postscreen(ledger: Ledger) -> Handler:
    event = ledger.event

    def take(queue_id: str, text: str) -> bool | None:
        if text[:11] == "DISCONNECT ":
            return None
        found = _SCREENED.match(text)
        if found is None:
            return True
        event("postscreen", verdict_of(found[1] or found[2] or found[3]))
        return None

    return take


def _postgrey(ledger: Ledger) -> Handler:
    def take(queue_id: str, text: str) -> bool | None:
        found = _GREYLISTED.match(text)
        if found is None:
            return True
        ledger.event("greylisting", greylisting_of(found[1]))
        return None

    return take


def _delivery(ledger: Ledger, program: str) -> Handler:
    def take(queue_id: str, text: str) -> bool | None:
        found = _DELIVERED.match(text) if queue_id else None
        if found is None:
            return True
        recipient, relay, delay, status, reason = found.groups()
        if not status:
            ledger.forwarded()
        elif status == "deferred":
            ledger.deferred(queue_id, recipient, relay, micros(delay), program, reason)
        else:
            ledger.bounced(relay, program, reason)
        return None

    return take
