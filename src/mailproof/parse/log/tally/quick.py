"""The same counts, several times as fast, for the lines that make up most of a log.

`lines_of` takes lines of one hour apart in one go: it passes over those that change no count, gives host, tag, queue
id and text of those in the usual form, and all others whole. A handler knows one program of one host; it takes the
texts whose whole form it knows, and returns True for all others: these are read in the ordinary way. So nothing is
decided here that is not decided in `record`; tests/parse/log/test_tally.py holds both to the same counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailproof.parse.log.programs import family
from mailproof.parse.log.tally.ledger import WEIGHT, Ledger
from mailproof.parse.log.tally.quick_dovecot import QUIET, dovecot
from mailproof.parse.log.tally.reasons import reason_of
from mailproof.parse.log.tally.record import MICROS, greylisting_of, micros, service_of, verdict_of

Handler = Callable[[str, str], bool | None]
"""Takes a queue id, which may be empty, and the text behind it; True where it has not counted it."""

_ID = r"[0-9A-F]{6,24}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}"
# Sets are written out: a class such as \d in a set is looked up for each character, which takes a tenth longer.
_SPACE = r" \t\n\r\f\v\x1c-\x1f"
_NAME = "[A-Za-z_][A-Za-z0-9_/-]*"
_TAG = rf"{_NAME}(?:\[[0-9]+\])?"
_HOST = rf"[^{_SPACE}\[\]]*\[[^{_SPACE}\[\]]*\]"
_FORMS = {
    9: (r"[A-Z][a-z]{2} [ 0-3][0-9] [0-9]{2}", r":[0-9][0-9]:[0-9][0-9]"),
    13: (
        r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]",
        r":[0-9][0-9]:[0-9][0-9](?:\.[0-9]{1,9})?(?:Z|[+-][0-9][0-9]:[0-9][0-9])?",
    ),
}
# Lines that change no count.
_SILENT_SMTPD = (
    rf"(?:connect from |disconnect from {_HOST}"
    rf"|(?:lost connection|timeout) after [A-Z-]+(?: \([0-9]{{1,18}} bytes\))? from {_HOST})"
)
_SILENT_DKIM = (
    rf"(?:{_ID}): (?:DKIM-Signature (?:field|header) added \(s=[^,()\n]*, d=[^,()\n]*\)|DKIM verification successful"
    rf"|no signature data|not authenticated|s=[^{_SPACE}]+ d=[^{_SPACE}]+(?: a=[^{_SPACE}]+)? SSL)"
)
_SILENT = (
    rf"(?:postfix/(?:(?:[A-Za-z0-9_-]+/)?smtpd\[[0-9]+\]: {_SILENT_SMTPD}|cleanup\[[0-9]+\]: (?:{_ID}): message-id="
    rf"|bounce\[[0-9]+\]: (?:{_ID}): sender (?:non-delivery|delivery status|delay) notification: [0-9A-Za-z]{{6,20}}"
    r"|anvil\[[0-9]+\]: statistics: max )"
    rf"|opendkim\[[0-9]+\]: {_SILENT_DKIM}|dovecot: {QUIET})"
)
STAMPS = {size: re.compile(rf"({hour})({clock}) ", re.ASCII) for size, (hour, clock) in _FORMS.items()}
"""By the length of an hour in it: RFC 3164, RFC 3339."""


def clock_of(hour: str) -> re.Pattern[str]:
    """In lines of an hour, a newline before each, what follows it in the stamp of each that `lines_of` takes apart.

    It begins with letters, not with `^`: those are looked for five times as fast.
    """
    stamp = f"{re.escape(hour)}({_FORMS[len(hour)][1]})"
    return re.compile(rf"\n{stamp} [^{_SPACE}:]+ {_TAG}: ", re.ASCII)


def lines_of(size: int, hour: str = "") -> re.Pattern[str]:
    """On lines of one hour, a newline before each: (host and tag, queue id, text, whole line of another form).

    Where the hour is known, it is found in two thirds of the time; lines of other hours are then of another form.
    """
    any_hour, clock = _FORMS[size]
    stamp = f"{re.escape(hour) if hour else any_hour}{clock}"
    # Not a possessive repetition of such lines: Python before 3.11.5 then loses lines (gh-106052).
    return re.compile(
        rf"\n(?!{stamp} [^{_SPACE}:]+ {_SILENT})(?:{stamp} ([^{_SPACE}:]+ {_NAME})(?:\[[0-9]+\])?: "
        rf"(?:({_ID}): )?([^\n]*)|([^\n]*))",
        re.ASCII,
    )


_QUEUED = re.compile(r"from=<([^,]*)>, size=([0-9]{1,18}), nrcpt=[0-9]{1,9} \(queue active\)\Z")
_LOGIN = re.compile(r"client=([^,]*), sasl_method=([^,=]+), sasl_username=[^,=]*\Z")
_DELIVERED = re.compile(
    r"to=<([^<>]*)>, (?:orig_to=<[^<>]*>, )?relay=([^,]+), (?:conn_use=\d+, )?delay=([\d.]+), "
    r"delays=([\d.]+)/([\d.]+)/([\d.]+)/([\d.]+), (?:tls=([^,<]+), )?dsn=[\d.]+, "
    r"status=(sent|deferred|bounced) \((.*)\)\Z"
)
_CIPHER = r"(TLSv[0-9.]+ with cipher [A-Za-z0-9_-]+) \([0-9]+/[0-9]+ bits\)"
_SCREENED_CLIENT = r"\[[^\s\[\]]*\]:\d{1,5}"
_SCREENED = re.compile(
    rf"(CONNECT|PASS NEW|PASS OLD|ALLOWLISTED|DENYLISTED|WHITELISTED|BLACKLISTED) (?:from )?{_SCREENED_CLIENT}"
    rf"|(DNSBL) rank \d{{1,9}} for {_SCREENED_CLIENT}\Z|(PREGREET) \d+ after [\d.]+ from {_SCREENED_CLIENT}"
)
_SASL = re.compile(rf"warning: ({_HOST}): SASL ([A-Z0-9-]+) authentication failed: [^,]*\Z")
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
    arrived, tls = ledger.arrived, _tls(ledger, "in", "from")
    counts: list[list[int]] = []

    def take(queue_id: str, text: str) -> bool | None:
        if not counts:
            # They begin with a line that is counted in the ordinary way.
            if (row := ledger.tables.services.get(service)) is None:
                return True
            counts.append(row)
        if queue_id:
            if text[:7] != "client=":
                return True
            if "," not in text:
                arrived(queue_id, text[7:], counts[0], False)
                return None
            login = _LOGIN.match(text)
            if login is None:
                return True
            arrived(queue_id, login[1], counts[0], True)
            ledger.login(service, login[2], "used")
            return None
        if text[:17] == "NOQUEUE: reject: ":
            return _refused(ledger, counts[0], text)
        if text[:9] == "warning: ":
            return _warned(ledger, service, text)
        return tls(queue_id, text)

    return take


def _refused(ledger: Ledger, row: list[int], text: str) -> bool | None:
    """`NOQUEUE: reject: RCPT from HOST[IP]: REPLY; from=<…> …`."""
    stage, _, rest = text[17:].partition(" from ")
    client, _, rest = rest.partition(": ")
    reply, envelope, _ = rest.partition("; from=<")
    if not envelope or not stage.isupper() or "; " in client or "; to=<" in client:
        return True
    ledger.refused("reject", stage, client, reply, row)
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
    opened = re.compile(rf"{_TRUST} TLS connection established {word} {_HOST}(?::[0-9]{{1,5}})?: {_CIPHER}").match
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
            row = ledger.tables.services.get(service)
            return True if row is None else _refused(ledger, row, text)
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
    flight, delivered = ledger.flight, ledger.delivered
    tls = _tls(ledger, "out", "to")
    micros_of = MICROS
    # What a text that has been read in the ordinary way stands for, by the whole piece between two commas.
    relays: dict[str, list[int]] = {}
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
                delivered(
                    weight, to[4:-1], relays[relay], times[delay], times[a], micros_of[b], micros_of[c], micros_of[d]
                )
                return None
        except (KeyError, ValueError):
            pass
        return otherwise(queue_id, text)

    def otherwise(queue_id: str, text: str) -> bool | None:
        found = _DELIVERED.match(text)
        if found is None:
            return True
        recipient, relay, delay, a, b, c, d, level, status, reason = found.groups()
        if status == "sent":
            if "forwarded as " in reason:
                ledger.forwarded()
            else:
                ledger.sent(queue_id, recipient, relay, micros(delay), (micros(a), micros(b), micros(c), micros(d)))
                learn(relay, delay, a, text)
                if level is not None:
                    ledger.event("tls-level", level)
        elif status == "deferred":
            ledger.deferred(queue_id, recipient, relay, micros(delay), program, reason)
        else:
            ledger.bounced(relay, program, reason)
        return None

    def learn(relay: str, delay: str, before: str, text: str) -> None:
        if len(relays) > 20_000 or len(times) > 20_000 or len(tails) > 1000:
            relays.clear()
            times.clear()
            tails.clear()
        relays[f"relay={relay}"] = ledger.tables.relays[relay]
        times[f"delay={delay}"] = micros(delay)
        times[f"delays={before}"] = micros(before)
        dsn = text.rpartition(", status=")[0].rpartition(", ")[2]
        if dsn.startswith("dsn="):
            tails.add(dsn)

    return take
