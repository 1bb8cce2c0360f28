"""Tables to what is told: addresses by domain, the greatest first, as many as are wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from heapq import nlargest
from itertools import accumulate

from mailproof.model.escape import printable
from mailproof.model.log_summary import (
    Correspondent,
    Counted,
    Delays,
    Destination,
    Logins,
    LogSummary,
    Reason,
    Relay,
    Service,
    Tls,
    Totals,
    Traffic,
)
from mailproof.parse.log.tally.reasons import domain_of_client
from mailproof.parse.log.tally.tables import (
    BEFORE,
    LONGEST,
    MESSAGES,
    RETRIED,
    RETURNED,
    SLOWEST,
    Tables,
    octets_in,
)

try:
    from mailproof.parse.log.tally.compiled.sums import by_domain
except ModuleNotFoundError:
    from mailproof.parse.log.tally.sums import by_domain

_MICRO = 1_000_000
# Seconds; the last bucket has no limit.
_BUCKETS = (0.1, 0.3, 1, 3, 10, 30, 60, 300, 1800, 7200, 43200, 432000)
_ENOUGH = 10


def summary_of(tables: Tables, top: int) -> LogSummary:
    """At most `top` rows of each table that strangers can make long; 0 for all."""
    most = top or 1 << 60
    senders, sender_domains = _senders(tables)
    recipients, recipient_domains = _by_domain(tables.recipients)
    relays = _relays(tables)
    hours = tuple((key, row) for key, row in sorted(tables.hours.items()) if any(row))
    return LogSummary(
        first=tables.span.first,
        last=tables.span.last,
        lines=tables.lines,
        mail=tables.lines - tables.other - tables.unread,
        unknown=tables.unknown,
        unread=tables.unread,
        samples=tuple(printable(sample) for sample in tables.samples),
        folded=tables.folded,
        totals=_totals(tables, hours, senders, sender_domains, recipients, recipient_domains),
        delays=_delays(tables),
        days=_traffic((key[1][:10], row) for key, row in hours),
        hours=_traffic((key[1][11:13], row) for key, row in hours),
        hosts=_traffic((key[0], row) for key, row in hours),
        services=tuple(
            Service(printable(name), *row)
            for name, row in sorted(tables.services.items(), key=lambda each: -each[1][0])
        ),
        senders=_correspondents(senders, most),
        sender_domains=_correspondents(sender_domains, most),
        recipients=_correspondents(recipients, most),
        recipient_domains=_destinations(recipient_domains, tables.domains, most),
        slowest=_slowest(relays, most),
        deferrals=_reasons(tables, ("deferred",), most),
        bounces=_reasons(tables, ("bounced",), most),
        rejects=_reasons(tables, ("reject",), most),
        reject_warnings=_reasons(tables, ("reject_warning",), most),
        held=_reasons(tables, ("hold",), most),
        discarded=_reasons(tables, ("discard",), most),
        refused_clients=_clients(tables.refused, most),
        logins=_logins(tables, most),
        login_failures=_reasons(tables, ("login",), most),
        failed_clients=_clients(tables.failed, most),
        tls=tuple(
            Tls(direction, *_version_and_cipher(told), count)
            for (direction, told), (count,) in sorted(tables.tls.items(), key=lambda each: (each[0][0], -each[1][0]))
        ),
        tls_levels=_events(tables, "tls-level"),
        greylisting=_events(tables, "greylisting"),
        postscreen=_events(tables, "postscreen"),
        warnings=_reasons(tables, ("warning",), most),
        errors=_reasons(tables, ("panic", "fatal", "error"), most),
    )


def _totals(
    tables: Tables,
    hours: Iterable[tuple[tuple[str, str], list[int]]],
    senders: dict[str, int],
    sender_domains: dict[str, int],
    recipients: dict[str, int],
    domains: dict[str, int],
) -> Totals:
    received, delivered, deferrals, bounced, _ = map(sum, zip(*(row for _, row in hours), (0,) * 5, strict=False))
    counts = tables.counts.get
    refusals = Counter[str]()
    for (kind, _, _), count in tables.reasons.items():
        refusals[kind] += count
    return Totals(
        *(received, delivered, counts("forwarded", 0), counts("deferred", 0), deferrals, bounced),
        *(refusals["reject"], refusals["reject_warning"], refusals["hold"], refusals["discard"]),
        bytes_received=octets_in(sum(sender_domains.values())),
        bytes_delivered=octets_in(sum(domains.values())),
        sizeless=counts("sizeless", 0),
        senders=len(senders),
        sender_domains=len(sender_domains),
        recipients=_of_some(recipients),
        recipient_domains=_of_some(domains),
    )


def _of_some(table: dict[str, int]) -> int:
    """How many have messages, not deferrals alone."""
    return sum(1 for weight in table.values() if weight & MESSAGES)


def _senders(tables: Tables) -> tuple[dict[str, int], dict[str, int]]:
    """By address and by domain; what has no domain is of its client's, or of its own name where a program sent it."""
    by_address, domains = _by_domain(tables.senders)
    if tables.nameless:
        by_address = by_address.copy()
    for (sender, client), weight in tables.nameless.items():
        name = sender or "<>"
        by_address[name] = by_address.get(name, 0) + weight
        domain = name if client == "pickup" else domain_of_client(client)
        domains[domain] = domains.get(domain, 0) + weight
    return by_address, domains


def _by_domain(addresses: dict[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Addresses with their domain in small letters, for it counts once however it is written; and the domains."""
    whole = "".join(addresses)
    if whole != whole.lower():
        written, addresses = addresses, {}
        for address, weight in written.items():
            name, at, domain = address.partition("@")
            lowered = f"{name}@{domain.lower()}" if at else name
            addresses[lowered] = addresses.get(lowered, 0) + weight
    return addresses, by_domain(addresses)


def _relays(tables: Tables) -> dict[str, list[int]]:
    """By name: without address and port."""
    relays: dict[str, list[int]] = {}
    for relay, row in tables.relays.items():
        _add(relays, relay.partition("[")[0] or relay, row, SLOWEST)
    return relays


def _add(table: dict[str, list[int]], name: str, row: list[int], greatest: int = -1) -> None:
    mine = table.get(name)
    if mine is None:
        table[name] = row.copy()
        return
    longest = max(mine[greatest], row[greatest])
    for column, value in enumerate(row):
        mine[column] += value
    if greatest >= 0:
        mine[greatest] = longest


def _traffic(rows: Iterable[tuple[str, list[int]]]) -> tuple[Traffic, ...]:
    table: dict[str, list[int]] = {}
    for name, row in rows:
        _add(table, name, row)
    return tuple(Traffic(printable(name), *table[name]) for name in sorted(table))


def _correspondents(table: dict[str, int], most: int) -> tuple[Correspondent, ...]:
    return tuple(
        Correspondent(printable(name), messages, octets) for messages, octets, name in _greatest(table, most)
    )


def _destinations(table: dict[str, int], delays: dict[str, list[int]], most: int) -> tuple[Destination, ...]:
    rows: dict[str, list[int]] = {}
    for key, row in delays.items():
        _add(rows, key[1:].lower() if key[:1] == "@" else key, row, LONGEST)
    return tuple(
        Destination(printable(name), messages, octets, deferrals, _mean(delay, messages), longest / _MICRO)
        for messages, octets, name in _greatest(table, most, least=0)
        for deferrals, delay, longest in (rows.get(name, (0, 0, 0)),)
    )


def _greatest(table: dict[str, int], most: int, least: int = 1) -> list[tuple[int, int, str]]:
    """By messages, octets and name; without what was put together, and without those that have too few."""
    if len(table) > most:
        # Counts are sorted in a tenth of the time of rows.
        least = max(sorted([weight & MESSAGES for weight in table.values()])[-most], least)
    rows = [
        (weight & MESSAGES, octets_in(weight), name)
        for name, weight in table.items()
        if weight & MESSAGES >= least and name and name[0] != "@"
    ]
    return nlargest(most, rows) if len(rows) > most else sorted(rows)[::-1]


def _slowest(relays: dict[str, list[int]], most: int) -> tuple[Relay, ...]:
    enough = [each for each in relays.items() if each[1][0] >= _ENOUGH] or [
        each for each in relays.items() if each[1][0]
    ]
    greatest = nlargest(most, enough, key=lambda each: ((each[1][3] + each[1][4]) / each[1][0], each[0]))
    return tuple(
        Relay(
            *(printable(name), row[0], row[RETRIED], row[RETURNED]),
            *(_mean(row[1], row[0]), _mean(row[2], row[0]), _mean(row[3], row[0]), _mean(row[4], row[0])),
            row[SLOWEST] / _MICRO,
        )
        for name, row in greatest
    )


def _delays(tables: Tables) -> Delays | None:
    delays = sorted(tables.delays.items())
    n = sum(count for _, count in delays)
    if not n:
        return None
    sums = [sum(row[column] for row in tables.relays.values()) for column in range(BEFORE, BEFORE + 4)]
    upto = list(accumulate(count for _, count in delays))

    def part(share: float) -> float:
        return next(delay for (delay, _), reached in zip(delays, upto, strict=True) if reached >= share * n) / _MICRO

    return Delays(
        average=_mean(sum(delay * count for delay, count in delays), n),
        median=part(0.5),
        p90=part(0.9),
        p99=part(0.99),
        longest=delays[-1][0] / _MICRO,
        before_queue=_mean(sums[0], n),
        in_queue=_mean(sums[1], n),
        connecting=_mean(sums[2], n),
        sending=_mean(sums[3], n),
        buckets=tuple(
            (float(limit), sum(count for delay, count in delays if delay <= limit * _MICRO)) for limit in _BUCKETS
        ),
    )


def _mean(micros: int, n: int) -> float:
    return round(micros / n / _MICRO, 3) if n else 0.0


def _version_and_cipher(told: str) -> tuple[str, str]:
    version, _, cipher = told.partition(" with cipher ")
    return printable(version), printable(cipher)


def _reasons(tables: Tables, kinds: tuple[str, ...], most: int) -> tuple[Reason, ...]:
    rows = [(key, count) for key, count in tables.reasons.items() if key[0] in kinds]
    return tuple(
        Reason(printable(key[1]), printable(key[2]) or "…", count)
        for key, count in nlargest(most, rows, key=lambda each: (each[1], each[0]))
    )


def _clients(clients: dict[str, int], most: int) -> tuple[Counted, ...]:
    named = (each for each in clients.items() if each[0])  # but for what was put together
    greatest = nlargest(most, named, key=lambda each: (each[1], each[0]))
    return tuple(Counted(printable(name), count) for name, count in greatest)


def _events(tables: Tables, where: str) -> tuple[Counted, ...]:
    rows = ((key[1], count) for key, count in tables.events.items() if key[0] == where)
    return tuple(
        Counted(printable(name), count) for name, count in sorted(rows, key=lambda each: (-each[1], each[0]))
    )


def _logins(tables: Tables, most: int) -> tuple[Logins, ...]:
    """`used` at Postfix is a message; `accepted` at Dovecot a login."""
    table: dict[tuple[str, str], list[int]] = {}
    for (service, mechanism, outcome), count in tables.logins.items():
        row = table.setdefault((service, mechanism), [0, 0, 0])
        row[2 if outcome == "failed" else 0] += count
        if outcome == "in-clear":
            row[1] += count
    rows = nlargest(most, table.items(), key=lambda each: (sum(each[1]), each[0]))
    return tuple(Logins(printable(service), printable(mechanism), *row) for (service, mechanism), row in rows)
