"""The same counts, several times as fast, for the lines that make up most of a log.

`telling` leaves out the lines that change no count, so that the loop never sees them. A handler knows one program of
one host by the bytes between time and text, `mx1 postfix/smtpd[123]`, that were read in the ordinary way before. It
takes the lines whose whole form it knows, and returns True for all others: these are read in the ordinary way. So
nothing is decided here that is not decided in `record`; tests/parse/log/test_tally.py holds both to the same counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailproof.parse.log.tally.ledger import CLIENT, ELSEWHERE, SIZE, Ledger
from mailproof.parse.log.tally.quick_dovecot import QUIET, dovecot
from mailproof.parse.log.tally.reasons import reason_of
from mailproof.parse.log.tally.record import MICROS, micros, row_of_service, service_of, verdict_of
from mailproof.parse.log.tally.tables import CONNECTIONS

Handler = Callable[[str, int], bool | None]
"""Takes a line and where its text begins; True where it has not understood and not counted it."""

_ID = r"(?:[0-9A-F]{6,24}|[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20})"
_STAMPS = {
    9: r"[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d",
    13: r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?",
}
_HOST = r"[^\s\[\]]*\[[^\s\[\]]*\]"
# Patterns for lines that change no count.
_SILENT_SMTPD = (
    rf"(?:disconnect from {_HOST}|(?:lost connection|timeout) after [A-Z-]+(?: \(\d{{1,18}} bytes\))? from {_HOST})"
)
_SILENT_DKIM = (
    rf"(?:{_ID}: )(?:DKIM-Signature (?:field|header) added \(s=[^,()\n]*, d=[^,()\n]*\)|DKIM verification successful"
    r"|no signature data|not authenticated|s=[^\s]+ d=[^\s]+(?: a=[^\s]+)? SSL)"
)
_SILENT = (
    rf" [^\s:]+ (?:postfix/(?:(?:[\w-]+/)?smtpd\[\d+\]: {_SILENT_SMTPD}|cleanup\[\d+\]: {_ID}: message-id=)"
    rf"|opendkim\[\d+\]: {_SILENT_DKIM}|dovecot: {QUIET})"
)
_ARRIVED = re.compile(rf"({_ID}): client=({_HOST})(?:, sasl_method=([^,=]+), sasl_username=[^,=]*)?\Z")
_QUEUED = re.compile(r": from=<([^<>]*)>, size=(\d{1,18}), nrcpt=\d{1,9} \(queue active\)\Z")
_DELIVERED = re.compile(
    r": to=<([^<>]*)>, (?:orig_to=<[^<>]*>, )?relay=([^,]+), (?:conn_use=\d+, )?delay=([\d.]+), "
    r"delays=([\d.]+)/([\d.]+)/([\d.]+)/([\d.]+), dsn=[\d.]+, status=(sent|deferred|bounced) \((.*)\)\Z"
)
_CIPHER = re.compile(r"(TLSv[0-9.]+ with cipher [A-Za-z0-9_-]+) \(\d+/\d+ bits\)")
_SCREENED_CLIENT = r"\[[^\s\[\]]*\]:\d{1,5}"
_SCREENED = re.compile(
    rf"(CONNECT|PASS NEW|PASS OLD|ALLOWLISTED|DENYLISTED|WHITELISTED|BLACKLISTED) (?:from )?{_SCREENED_CLIENT}"
    rf"|(DNSBL) rank \d{{1,9}} for {_SCREENED_CLIENT}\Z|(PREGREET) \d+ after [\d.]+ from {_SCREENED_CLIENT}"
)
_SASL = re.compile(rf"warning: ({_HOST}): SASL ([A-Z0-9-]+) authentication failed: [^,]*\Z")
_DELIVERING = ("smtp", "lmtp", "virtual", "local", "pipe", "error", "relay", "discard")


def telling(prefix: int) -> re.Pattern[str]:
    """Finds the lines, each behind its newline, that may change a count; by the length of an hour in their stamps."""
    return re.compile(rf"\n(?!{_STAMPS[prefix]}{_SILENT})([^\n]*)", re.ASCII)


def handler_of(ledger: Ledger, tag: str) -> Handler | None:
    """For the lines of this tag (`postfix/submission/smtpd`); None where there is nothing quicker."""
    if tag == "dovecot":
        return dovecot(ledger)
    if not tag.startswith("postfix"):
        return None
    program = tag.rpartition("/")[2]
    if program == "smtpd":
        return _smtpd(ledger, service_of(tag))
    if program == "qmgr":
        return _qmgr(ledger)
    if program == "cleanup":
        return _cleanup(ledger)
    if program == "postscreen":
        return _postscreen(ledger, service_of(tag))
    return _delivery(ledger, program) if program in _DELIVERING else None


def _smtpd(ledger: Ledger, service: str) -> Handler:
    arrival, arrived, tls = _ARRIVED.match, ledger.arrived, _tls(ledger, "in", "from")
    row: list[int] | None = None

    def take(line: str, at: int) -> bool | None:
        nonlocal row
        if row is None:
            if not line.startswith("connect from ", at):
                return True  # whose counts begin with this line is told in the ordinary way
            row = row_of_service(ledger, service)
        if line.startswith("connect from ", at):
            row[CONNECTIONS] += 1
            return None
        found = arrival(line, at)
        if found is not None:
            queue_id, client, method = found.groups()
            arrived(queue_id, client, row, method is not None)
            if method is not None:
                ledger.login(service, method, "used")
            return None
        if line.startswith("NOQUEUE: reject: ", at):
            return _refused(ledger, row, line, at + 17)
        if line.startswith("warning: ", at):
            return _sasl(ledger, service, line, at)
        return tls(line, at)

    return take


def _refused(ledger: Ledger, row: list[int], line: str, at: int) -> bool | None:
    """`RCPT from HOST[IP]: REPLY; from=<…> …`."""
    stage_end = line.find(" from ", at)
    client_end = line.find(": ", stage_end)
    envelope = line.find("; from=<", client_end)
    if not at < stage_end < client_end < envelope:
        return True
    stage = line[at:stage_end]
    if not stage.isupper():
        return True
    ledger.refused("reject", stage, line[stage_end + 6 : client_end], line[client_end + 2 : envelope], row)
    return None


def _sasl(ledger: Ledger, service: str, line: str, at: int) -> bool | None:
    found = _SASL.match(line, at)
    if found is None:
        return True
    ledger.login(service, found[2], "failed", found[1])
    ledger.tables.reason("warning", "smtpd", reason_of(line[at + 9 :]))
    return None


def _tls(ledger: Ledger, direction: str, word: str) -> Handler:
    tables = ledger.tables
    peer = re.compile(
        rf"(?:Anonymous|Trusted|Untrusted|Verified) TLS connection established {word} {_HOST}(?::\d+)?: "
    )
    keys: dict[str, tuple[str, str]] = {}

    def take(line: str, at: int) -> bool | None:
        found = peer.match(line, at)
        if found is None:
            return True
        told = line[found.end() :]
        key = keys.get(told)
        if key is None:
            found = _CIPHER.match(told)
            if found is None or len(keys) > 1000:
                return True
            key = keys[told] = (direction, found[1])
        tables.tls[key] = tables.tls.get(key, 0) + 1
        return None

    return take


def _cleanup(ledger: Ledger) -> Handler:
    flight = ledger.flight

    def take(line: str, at: int) -> bool | None:
        # A queue id that is in flight has been seen to be one.
        return line[at : line.find(": message-id=", at)] not in flight

    return take


def _postscreen(ledger: Ledger, service: str) -> Handler:
    event = ledger.event
    row: list[int] | None = None

    def take(line: str, at: int) -> bool | None:
        nonlocal row
        if line.startswith("NOQUEUE: reject: ", at):
            if row is None:
                row = ledger.tables.services.get(service)
            return True if row is None else _refused(ledger, row, line, at + 17)
        if line.startswith("DISCONNECT ", at):
            return None
        found = _SCREENED.match(line, at)
        if found is None:
            return True
        event("postscreen", verdict_of(found[1] or found[2] or found[3]))
        return None

    return take


def _qmgr(ledger: Ledger) -> Handler:
    flight, queued, parse = ledger.flight, ledger.queued, _QUEUED.match

    def take(line: str, at: int) -> bool | None:
        if line[-9:] == ": removed":
            # A message whose beginning is elsewhere is told of in the ordinary way.
            queue_id = line[at:-9]
            message = flight.pop(queue_id, None)
            if message is None:
                return True
            if message[CLIENT] is ELSEWHERE:
                flight[queue_id] = message
                return True
            return None
        end = line.find(": ", at)
        queue_id = line[at:end]
        message = flight.get(queue_id)
        if message is None:
            return True
        found = parse(line, end)
        if found is None:
            return True
        if message[SIZE] == -1:
            queued(queue_id, found[1], int(found[2]))
        return None

    return take


def _delivery(ledger: Ledger, program: str) -> Handler:
    flight, delivered = ledger.flight, ledger.delivered
    tls = _tls(ledger, "out", "to")
    # What a text that has been read in the ordinary way stands for, by the whole piece between two commas.
    relays: dict[str, str] = {}
    times: dict[str, int] = {}
    tails: set[str] = set()

    def take(line: str, at: int) -> bool | None:
        pieces = line.split(", ", 5)
        if len(pieces) == 6:
            to, relay, delay, delays, dsn, status = pieces
            try:
                end = to.find(": to=<", at)
                a, b, c, d = delays.split("/")
                size = flight[to[at:end]][SIZE]
                if (
                    size != -1
                    and dsn in tails
                    and status[:13] == "status=sent ("
                    and "forwarded as " not in status
                    and to[-1] == ">"
                    and "<" not in (recipient := to[end + 6 : -1])
                    and ">" not in recipient
                ):
                    times_ = times[a], MICROS[b], MICROS[c], MICROS[d]
                    delivered(size, recipient, relays[relay], times[delay], *times_)
                    return None
            except (KeyError, ValueError):
                pass
        return otherwise(line, at)

    def otherwise(line: str, at: int) -> bool | None:
        end = line.find(": ", at)
        queue_id = line[at:end]
        if queue_id not in flight:
            return tls(line, at)
        found = _DELIVERED.match(line, end)
        if found is None:
            return True
        recipient, relay, delay, a, b, c, d, status, reason = found.groups()
        if status == "sent":
            if "forwarded as " in reason:
                ledger.forwarded()
            else:
                learn(relay, delay, a)
                ledger.sent(queue_id, recipient, relay, micros(delay), (micros(a), micros(b), micros(c), micros(d)))
                tails.add(line[line.rfind(", dsn=", 0, line.rfind(", status=")) + 2 : line.rfind(", status=")])
        elif status == "deferred":
            ledger.deferred(queue_id, recipient, relay, micros(delay), program, reason)
        else:
            ledger.bounced(relay, program, reason)
        return None

    def learn(relay: str, delay: str, before: str) -> None:
        if len(relays) > 20_000 or len(times) > 20_000 or len(tails) > 1000:
            relays.clear()
            times.clear()
            tails.clear()
        relays[f"relay={relay}"] = relay
        times[f"delay={delay}"] = micros(delay)
        times[f"delays={before}"] = micros(before)

    return take
