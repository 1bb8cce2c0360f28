"""The same counts, several times as fast, for the lines that make up most of a log.

`forms.lines_of` takes lines of one hour apart in one go: it passes over those that change no count, gives host and
tag, queue id and text of those in the usual form, and all others whole. A handler knows one program of one host; it
takes the texts whose whole form it knows, and returns True for all others: these are read in the ordinary way. So
nothing is decided here that is not decided in `record`; tests/parse/log/test_tally.py holds both to the same counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailproof.parse.log.programs import family
from mailproof.parse.log.tally.forms import CLIENT
from mailproof.parse.log.tally.ledger import WEIGHT, Ledger
from mailproof.parse.log.tally.quick_dovecot import dovecot
from mailproof.parse.log.tally.reasons import reason_of
from mailproof.parse.log.tally.record import MICROS, greylisting_of, micros, row_of_service, service_of, verdict_of

Handler = Callable[[str, str], bool | None]
"""Takes a queue id, which may be empty, and the text behind it; True where it has not counted it."""

_QUEUED = re.compile(r"from=<([^,]*)>, size=([0-9]{1,18}), nrcpt=[0-9]{1,9} \(queue active\)\Z")
_LOGIN = re.compile(r"client=([^,]*), sasl_method=([^,=]+), sasl_username=[^,=]*\Z")
_DELIVERED = re.compile(
    r"to=<([^<>]*)>, (?:orig_to=<[^<>]*>, )?relay=([^<,][^,]*), (?:conn_use=\d+, )?delay=([\d.]+), "
    r"delays=([\d.]+)/([\d.]+)/([\d.]+)/([\d.]+), (?:tls=([^,<]+), )?dsn=[\d.]+, "
    r"status=(sent|deferred|bounced) \((.*)\)\Z"
)
_CIPHER = r"(TLSv[0-9.]+ with cipher [A-Za-z0-9_-]+) \([0-9]+/[0-9]+ bits\)"
_SCREENED_CLIENT = r"\[[^\s\[\]]*\]:\d{1,5}"
_SCREENED = re.compile(
    rf"(CONNECT|PASS NEW|PASS OLD|ALLOWLISTED|DENYLISTED|WHITELISTED|BLACKLISTED) (?:from )?{_SCREENED_CLIENT}"
    rf"|(DNSBL) rank \d{{1,9}} for {_SCREENED_CLIENT}\Z|(PREGREET) \d+ after [\d.]+ from {_SCREENED_CLIENT}"
)
_SASL = re.compile(rf"warning: ({CLIENT}): SASL ([A-Z0-9-]+) authentication failed: [^,]*\Z")
_GREYLISTED = re.compile(r"action=(greylist|pass), reason=[^,=]+, client_name=[^,=]+, client_address=")
_TRUST = "(?:Anonymous|Trusted|Untrusted|Verified)"
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
        case "qmgr":
            return _qmgr(ledger)
        case "postscreen":
            return _postscreen(ledger, service_of(tag))
        case _:
            return _delivery(ledger, program) if program in _DELIVERING else None


def _smtpd(ledger: Ledger, service: str) -> Handler:
    arrived, services, tls = ledger.arrived, ledger.tables.services, _tls(ledger, "in", "from")

    def take(queue_id: str, text: str) -> bool | None:
        if queue_id:
            if text[:7] != "client=":
                return True
            if "," not in text:
                # A row begins with what it counts.
                arrived(queue_id, text[7:], services.get(service) or row_of_service(ledger, service), False)
                return None
            login = _LOGIN.match(text)
            if login is None:
                return True
            arrived(queue_id, login[1], row_of_service(ledger, service), True)
            ledger.login(service, login[2], "used")
            return None
        if text[:17] == "NOQUEUE: reject: ":
            return _refused(ledger, service, text)
        if text[:9] == "warning: ":
            return _warned(ledger, service, text)
        return tls(queue_id, text)

    return take


def _refused(ledger: Ledger, service: str, text: str) -> bool | None:
    """`NOQUEUE: reject: RCPT from HOST[IP]: REPLY; from=<…> …`."""
    stage, _, rest = text[17:].partition(" from ")
    client, _, rest = rest.partition(": ")
    reply, envelope, _ = rest.partition("; from=<")
    if not envelope or not stage.isupper() or "; " in client or "; to=<" in client:
        return True
    ledger.refused("reject", stage, client, reply, row_of_service(ledger, service))
    return None


def _warned(ledger: Ledger, service: str, text: str) -> bool | None:
    found = _SASL.match(text)
    if found is not None:
        ledger.login(service, found[2], "failed", found[1])
    elif not text.startswith("warning: hostname "):
        return True
    ledger.tables.reason("warning", "smtpd", reason_of(text[9:]))
    return None


def _tls(ledger: Ledger, direction: str, word: str) -> Handler:
    opened = re.compile(rf"{_TRUST} TLS connection established {word} {CLIENT}(?::[0-9]{{1,5}})?: {_CIPHER}").match
    # Few, for they are what both ends can do.
    counters: dict[str, list[int]] = {}

    def take(queue_id: str, text: str) -> bool | None:
        found = opened(text)
        if found is None:
            return True
        told = found[1]
        counter = counters.get(told)
        if counter is None:
            counter = ledger.tls(direction, told)
            if len(counters) < 1000:
                counters[told] = counter
        counter[0] += 1
        return None

    return take


def _postscreen(ledger: Ledger, service: str) -> Handler:
    event = ledger.event

    def take(queue_id: str, text: str) -> bool | None:
        if text[:17] == "NOQUEUE: reject: ":
            return _refused(ledger, service, text)
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


def _delivery(ledger: Ledger, program: str) -> Handler:
    flight, rows, delivered = ledger.flight, ledger.tables.relays, ledger.delivered
    tls = _tls(ledger, "out", "to")
    micros_of = MICROS
    # What a text that has been read whole stands for, by the piece between two commas.
    relays: dict[str, str] = {}
    times: dict[str, int] = {}
    tails: set[str] = set()

    def take(queue_id: str, text: str) -> bool | None:
        if not queue_id:
            return tls(queue_id, text)
        try:
            to, relay, delay, delays, dsn, status = text.split(", ", 5)
            a, b, c, d = delays.split("/")
            weight = flight[queue_id][WEIGHT]
            if (
                weight
                and dsn in tails
                and status[:13] == "status=sent ("
                and "forwarded as " not in status
                and to[:4] == "to=<"
                and to[-1] == ">"
            ):
                row = rows[relays[relay]]
                delivered(weight, to[4:-1], row, times[delay], times[a], micros_of[b], micros_of[c], micros_of[d])
                return None
        except (KeyError, ValueError):
            pass
        return otherwise(queue_id, text)

    def otherwise(queue_id: str, text: str) -> bool | None:
        found = _DELIVERED.match(text)
        if found is None:
            return True
        recipient, relay, delay, a, b, c, d, level, status, reason = found.groups()
        if status == "deferred":
            ledger.deferred(queue_id, recipient, relay, micros(delay), program, reason)
        elif status == "bounced":
            ledger.bounced(relay, program, reason)
        elif "forwarded as " in reason:
            ledger.forwarded()
        else:
            ledger.sent(queue_id, recipient, relay, micros(delay), (micros(a), micros(b), micros(c), micros(d)))
            learn(relay, delay, a, text)
            if level is not None:
                ledger.event("tls-level", level)
        return None

    def learn(relay: str, delay: str, before: str, text: str) -> None:
        if len(relays) > 20_000 or len(times) > 20_000 or len(tails) > 1000:
            relays.clear()
            times.clear()
            tails.clear()
        relays[f"relay={relay}"] = relay
        times[f"delay={delay}"] = micros(delay)
        times[f"delays={before}"] = micros(before)
        dsn = text.rpartition(", status=")[0].rpartition(", ")[2]
        if dsn.startswith("dsn="):
            tails.add(dsn)

    return take
