"""Deliveries, for `quick`: most of them are told by pieces between commas that have been read before."""

from __future__ import annotations

import re

from mailproof.parse.log.tally.ledger import WEIGHT, Ledger
from mailproof.parse.log.tally.quick_lines import Handler, tls_handler
from mailproof.parse.log.tally.record import micros

_DELIVERED = re.compile(
    r"to=<([^<>]*)>, (?:orig_to=<[^<>]*>, |)relay=([^<,][^,]*), (?:conn_use=\d+, |)delay=([\d.]+), "
    r"delays=([\d.]+)/([\d.]+)/([\d.]+)/([\d.]+), (?:tls=([^,<]+), |)(dsn=[\d.]+), "
    r"status=(sent|deferred|bounced) \((.*)\)\Z"
)
# When a log has more pieces, they are learned anew.
_LEARNED = 20_000


def delivery(ledger: Ledger, program: str) -> Handler:
    """For a program that delivers."""
    flight, rows, delivered = ledger.flight, ledger.tables.relays, ledger.delivered
    tls = tls_handler(ledger, "out")
    # What a piece of a text that has been read whole stands for.
    relays: dict[str, str] = {}
    times: dict[str, int] = {}
    levels: dict[str, str] = {}

    def take(queue_id: str, text: str) -> bool | None:
        if not queue_id:
            return tls(queue_id, text)
        try:
            to, relay, delay, delays, dsn, status = text.split(", ", 5)
            if relay[:9] == "orig_to=<" and relay[-1] == ">":
                relay, delay, delays = delay, delays, dsn
                dsn, status = status.split(", ", 1)
            a, b, c, d = delays.split("/")
            level = levels[dsn]
            if level:
                dsn, status = status.split(", ", 1)
            weight = flight[queue_id][WEIGHT]
            if (
                weight
                and status[:13] == "status=sent ("
                and "forwarded as " not in status
                and to[:4] == "to=<"
                and to[-1] == ">"
                and not (level and levels[dsn])
            ):
                row = rows[relays[relay]]
                delivered(weight, to[4:-1], row, times[delay], times[a], times[b], times[c], times[d])
                if level:
                    ledger.event("tls-level", level)
                return None
        except (KeyError, ValueError):
            pass
        return otherwise(queue_id, text)

    def otherwise(queue_id: str, text: str) -> bool | None:
        found = _DELIVERED.match(text)
        if found is None:
            return True
        recipient, relay, delay, a, b, c, d, level, dsn, status, reason = found.groups()
        if status == "deferred":
            ledger.deferred(queue_id, recipient, relay, micros(delay), program, reason)
        elif status == "bounced":
            ledger.bounced(relay, program, reason)
        elif "forwarded as " in reason:
            ledger.forwarded()
        else:
            ledger.sent(queue_id, recipient, relay, micros(delay), (micros(a), micros(b), micros(c), micros(d)))
            if max(len(relays), len(times), len(levels)) > _LEARNED:
                for learned in (relays, times, levels):
                    learned.clear()
            relays[f"relay={relay}"] = relay
            times[f"delay={delay}"], times[f"delays={a}"] = micros(delay), micros(a)
            times[b], times[c], times[d] = micros(b), micros(c), micros(d)
            levels[dsn] = ""
            if level is not None:
                levels[f"tls={level}"] = level
                ledger.event("tls-level", level)
        return None

    return take
