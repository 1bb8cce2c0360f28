"""Rows of `forms.rows_of` to counts: what most lines of a mail server mean, decided in one loop.

A call for each line takes longer than all that it counts. So what `Ledger` does with a message whose size it knows,
and with times that have been seen, is written out here; the rest is told to the ledger. Lines that are less frequent
are given back: to `other` as host, tag, queue id and text, to `strange` whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mailproof.parse.log.tally.ledger import CLIENT, ELSEWHERE, WEIGHT, Ledger
from mailproof.parse.log.tally.record import MICROS, micros, row_of_service, service_of
from mailproof.parse.log.tally.tables import (
    ARRIVED,
    DELAY,
    DELIVERED,
    LONGEST,
    RECEIVED,
    SLOWEST,
    WITH_LOGIN,
    weight_of,
)

Row = tuple[str, ...]


def take_rows(
    rows: Iterable[Row],
    ledger_of: Callable[[str], Ledger],
    other: Callable[[str, str, str, str], None],
    strange: Callable[[str], None],
) -> None:
    """Of one hour, in their order; `ledger_of` gives that of a host, which counts for this hour."""
    times = MICROS
    # Of this block alone.
    services: dict[str, list[int]] = {}
    tls: dict[tuple[str, str], list[int]] = {}
    last: str | None = None
    # As the groups stand in the pattern.
    for (
        host, instance, queue_id, client, method, sender, size, recipient, relay, delay, before, queued,
        connecting, sending, level, way, cipher, stage, refused, reply, tag, other_id, text, line,
    ) in rows:  # fmt: skip
        if host != last:
            if not host:
                strange(line)
                continue
            ledger, last = ledger_of(host), host
            flight, bucket, tables, first = ledger.flight, ledger.bucket, ledger.tables, ledger.first
            senders, recipients, domains = tables.senders, tables.recipients, tables.domains
            relays, delays = tables.relays, tables.delays
        if queue_id:
            if relay:
                try:
                    weight, row, took = flight[queue_id][WEIGHT], relays[relay], times[delay]
                    a, b, c, d = times[before], times[queued], times[connecting], times[sending]
                    many = delays[took]
                except KeyError:
                    weight = 0
                if not weight:
                    delays_of = (micros(before), micros(queued), micros(connecting), micros(sending))
                    ledger.sent(queue_id, recipient, relay, micros(delay), delays_of)
                else:
                    bucket[DELIVERED] += 1
                    delays[took] = many + 1
                    recipients[recipient] = recipients.get(recipient, 0) + weight
                    row[0] += 1
                    row[1] += a
                    row[2] += b
                    row[3] += c
                    row[4] += d
                    if took > row[SLOWEST]:
                        row[SLOWEST] = took
                    at = recipient.find("@")
                    domain = recipient[at:] if at >= 0 else recipient
                    try:
                        row = domains[domain]
                        row[DELAY] += took
                        if took > row[LONGEST]:
                            row[LONGEST] = took
                    except KeyError:
                        domains[domain] = [0, took, took]
                if level:
                    ledger.event("tls-level", level)
            elif size:
                message = flight.get(queue_id)
                if message is None or not message[CLIENT] or "@" not in sender:
                    ledger.queued(queue_id, sender, int(size))
                elif not message[WEIGHT]:
                    message[WEIGHT] = weight = weight_of(int(size))
                    senders[sender] = senders.get(sender, 0) + weight
            elif client:
                flight[queue_id] = [client, 0, 0]
                bucket[RECEIVED] += 1
                if instance not in services:
                    services[instance] = row_of_service(ledger, service_of(f"postfix{instance}smtpd"))
                service = services[instance]
                service[ARRIVED] += 1
                if method:
                    service[WITH_LOGIN] += 1
                    ledger.login(service_of(f"postfix{instance}smtpd"), method, "used")
            else:
                message = flight.pop(queue_id, None)
                if not first and (message is None or message[CLIENT] is ELSEWHERE):
                    ledger.removed(queue_id)
        elif cipher:
            try:
                tls[way, cipher][0] += 1
            except KeyError:
                tls[way, cipher] = ledger.tls("in" if way == "from" else "out", cipher)
                tls[way, cipher][0] += 1
        elif stage:
            if instance not in services:
                services[instance] = row_of_service(ledger, service_of(f"postfix{instance}smtpd"))
            ledger.refused("reject", stage, refused, reply, services[instance])
        else:
            other(host, tag, other_id, text)
