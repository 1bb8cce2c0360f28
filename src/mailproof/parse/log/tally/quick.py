"""The same counts, several times as fast, for the lines that make up most of a log.

`forms.lines_of` takes lines of one hour apart in one go: it passes over those that change no count, gives host and
tag, queue id and text of those in the usual form, and all others whole. A handler knows one program of one host; it
takes the texts whose whole form it knows, and returns True for all others: these are read in the ordinary way. So
nothing is decided here that is not decided in `record`; tests/parse/log/test_tally.py holds both to the same counts.
"""

from __future__ import annotations

import re

from mailproof.parse.log.programs import family
from mailproof.parse.log.tally.forms import CLIENT
from mailproof.parse.log.tally.ledger import WEIGHT, Ledger
from mailproof.parse.log.tally.quick_delivery import delivery
from mailproof.parse.log.tally.quick_dovecot import dovecot
from mailproof.parse.log.tally.quick_lines import Handler, refused, tls_handler
from mailproof.parse.log.tally.reasons import reason_of
from mailproof.parse.log.tally.record import greylisting_of, row_of_service, service_of, verdict_of
from mailproof.parse.log.tally.tables import ARRIVED, KINDS, RECEIVED, WITH_LOGIN

_QUEUED = re.compile(r"from=<([^,]*)>, size=([0-9]{1,18}), nrcpt=[0-9]{1,9} \(queue active\)\Z")
_METHOD = re.compile(r"sasl_method=[^,=]+\Z")
_SCREENED_CLIENT = r"\[[^\s\[\]]*\]:\d{1,5}"
_SCREENED = re.compile(
    rf"(CONNECT|PASS NEW|PASS OLD|ALLOWLISTED|DENYLISTED|WHITELISTED|BLACKLISTED) (?:from )?{_SCREENED_CLIENT}"
    rf"|(DNSBL) rank \d{{1,9}} for {_SCREENED_CLIENT}\Z|(PREGREET) \d+ after [\d.]+ from {_SCREENED_CLIENT}"
)
_SASL = re.compile(rf"warning: ({CLIENT}): SASL ([A-Z0-9-]+) authentication failed: [^,]*\Z")
_GREYLISTED = re.compile(r"action=(greylist|pass), reason=[^,=]+, client_name=[^,=]+, client_address=")
DELIVERING = ("smtp", "lmtp", "virtual", "local", "pipe", "error", "relay", "discard")


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
        case "qmgr":
            return _qmgr(ledger)
        case "postscreen":
            return _postscreen(ledger, service_of(tag))
        case _:
            return delivery(ledger, program) if program in DELIVERING else None


def _smtpd(ledger: Ledger, service: str) -> Handler:
    flight, logins, tls = ledger.flight, ledger.tables.logins, tls_handler(ledger, "in")
    # A service has a row once it counts something.
    row: list[int] | None = None
    # What pieces such as `sasl_method=PLAIN` that have been read whole stand for.
    methods: dict[str, tuple[str, str, str]] = {}

    def take(queue_id: str, text: str) -> bool | None:
        nonlocal row
        if not queue_id:
            if text[:17] == "NOQUEUE: reject: ":
                return refused(ledger, service, text)
            return _warned(ledger, service, text) if text[:9] == "warning: " else tls(queue_id, text)
        if text[:7] != "client=" or text[7:8] in ("", ","):
            return True
        with_login = 0
        if "," in text:
            try:
                text, method, user = text.split(", ", 2)
                if "," in user or "," in text or user[:14] != "sasl_username=":
                    return True
                logins[methods[method]] += 1
            except ValueError:
                return True
            except KeyError:
                if not _METHOD.match(method):
                    return True
                key = ledger.login(service, method[12:], "used")
                if len(methods) < KINDS:
                    methods[method] = key
            with_login = 1
        if row is None:
            row = row_of_service(ledger, service)
        flight[queue_id] = [text[7:], 0, 0]
        ledger.bucket[RECEIVED] += 1
        row[ARRIVED] += 1
        row[WITH_LOGIN] += with_login
        return None

    return take


def _warned(ledger: Ledger, service: str, text: str) -> bool | None:
    found = _SASL.match(text)
    if found is not None:
        ledger.login(service, found[2], "failed", found[1])
    elif not text.startswith("warning: hostname "):
        return True
    ledger.tables.reason("warning", "smtpd", reason_of(text[9:]))
    return None


def _postscreen(ledger: Ledger, service: str) -> Handler:
    event = ledger.event

    def take(queue_id: str, text: str) -> bool | None:
        if queue_id:
            return True
        if text[:17] == "NOQUEUE: reject: ":
            return refused(ledger, service, text)
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


def _qmgr(ledger: Ledger) -> Handler:
    flight, queued, removed, parse = ledger.flight, ledger.queued, ledger.removed, _QUEUED.match

    def take(queue_id: str, text: str) -> bool | None:
        if not queue_id:
            return True
        if text == "removed":
            removed(queue_id)
            return None
        found = parse(text)
        if found is None:
            return True
        message = flight.get(queue_id)
        if message is None or not message[WEIGHT]:
            sender, size = found.groups()
            queued(queue_id, sender, int(size))
        return None

    return take
