"""The counts of a log. Those of two parts of a log are added; addresses of no weight are put together by domain."""

from __future__ import annotations

from mailproof.parse.log.tally.span import Span
from mailproof.parse.log.tally.sums import Key

try:
    from mailproof.parse.log.tally.compiled.sums import add_numbers
except ModuleNotFoundError:
    from mailproof.parse.log.tally.sums import add_numbers

# Addresses, relays, clients and reasons are told by strangers. As many different ones as this are kept apart
# (40 MB of addresses); then the half with the least mail is put together.
LIMIT = 200_000
REASONS = 2_000
# Of what a server has few of: hosts, services, mechanisms, ciphers, verdicts. A log that has more is made up.
KINDS = 1_000
# Delays are told in two digits; of others whole seconds are kept.
DELAYS = 20_000
SAMPLES = 20

# What an address has is one number, messages below and octets above: a row of its own for each of some hundred
# thousand addresses is eight times out of the processor's cache where a number is four times (counting took a
# third longer). No log has 2**40 messages.
WEIGHT_BITS = 40
MESSAGES = (1 << WEIGHT_BITS) - 1
# Columns of the tables that have several.
DEFERRALS, DELAY, LONGEST = 0, 1, 2
BEFORE, QUEUED, CONNECTING, SENDING, SLOWEST, RETRIED, RETURNED = 1, 2, 3, 4, 5, 6, 7
RECEIVED, DELIVERED, DEFERRED, BOUNCED, REFUSED = 0, 1, 2, 3, 4
ARRIVED, WITH_LOGIN, TURNED_AWAY = 0, 1, 2


def weight_of(size: int) -> int:
    """One message of so many octets; weights are added."""
    return (size << WEIGHT_BITS) + 1


def messages_in(weight: int) -> int:
    return weight & MESSAGES


def octets_in(weight: int) -> int:
    return weight >> WEIGHT_BITS


class Tables:
    """Counts by what the log names. Times are whole microseconds, so that the order of adding changes nothing."""

    def __init__(self) -> None:
        self.lines = self.other = self.unknown = self.unread = 0
        self.span = Span()
        self.samples: list[str] = []
        self.hours: dict[tuple[str, str], list[int]] = {}
        """By host and hour: received, delivered, deferrals, bounced, refused."""
        self.counts: dict[str, int] = {}
        self.senders: dict[str, int] = {}
        """The weight of an address, as it is written."""
        self.nameless: dict[tuple[str, str], int] = {}
        """The same for senders without a domain, by sender and client."""
        self.recipients: dict[str, int] = {}
        """As the senders, those with deferrals alone too."""
        self.domains: dict[str, list[int]] = {}
        """Of recipients: deferrals, sum of the delays, longest delay; by `@` and what follows, or the whole name."""
        self.relays: dict[str, list[int]] = {}
        """Deliveries, sums of the four delays, the longest in all, deferrals, bounces."""
        self.delays: dict[int, int] = {}
        """Deliveries by their delay."""
        self.services: dict[str, list[int]] = {}
        """Messages received, those of them with a login, refusals."""
        self.logins: dict[tuple[str, str, str], int] = {}
        """By service, mechanism and outcome."""
        self.tls: dict[tuple[str, str], list[int]] = {}
        """By direction, and `TLSv1.3 with cipher …`."""
        self.reasons: dict[tuple[str, str, str], int] = {}
        """By kind, place and reason."""
        self.events: dict[tuple[str, str], int] = {}
        """Of greylisting and postscreen."""
        self.refused: dict[str, int] = {}
        self.failed: dict[str, int] = {}
        """Refused, and failed to log in: by client."""
        self.folded = False

    def count(self, name: str, by: int = 1) -> None:
        self.counts[name] = self.counts.get(name, 0) + by

    def keep_sample(self, text: str) -> None:
        if len(self.samples) < SAMPLES:
            self.samples.append(text.rstrip()[:300])

    def reason(self, kind: str, place: str, reason: str) -> None:
        key = (kind, place, reason)
        try:
            self.reasons[key] += 1
        except KeyError:
            if len(self.reasons) >= REASONS:
                key = (kind, place, "")
            self.reasons[key] = self.reasons.get(key, 0) + 1

    def add(self, later: Tables) -> None:
        """Those of a later part of the log."""
        self.lines += later.lines
        self.other += later.other
        self.unknown += later.unknown
        self.unread += later.unread
        self.span.add(later.span)
        self.samples += later.samples[: max(SAMPLES - len(self.samples), 0)]
        self.folded |= later.folded
        _add_lists(self.hours, later.hours)
        _add_lists(self.services, later.services)
        add_numbers(self.senders, later.senders)
        add_numbers(self.nameless, later.nameless)
        add_numbers(self.recipients, later.recipients)
        _add_lists(self.domains, later.domains, LONGEST)
        _add_lists(self.relays, later.relays, SLOWEST)
        add_numbers(self.counts, later.counts)
        add_numbers(self.delays, later.delays)
        add_numbers(self.logins, later.logins)
        _add_lists(self.tls, later.tls)
        add_numbers(self.reasons, later.reasons)
        add_numbers(self.events, later.events)
        add_numbers(self.refused, later.refused)
        add_numbers(self.failed, later.failed)

    def is_near_limit(self, more: int) -> bool:
        """Whether so many more addresses, domains or relays could be too many."""
        return max(len(self.senders), len(self.recipients), len(self.domains), len(self.relays)) + more > LIMIT

    def bound(self) -> None:
        """Keep it within its limits; called now and then."""
        if len(self.senders) > LIMIT:
            self._fold(self.senders)
        if len(self.recipients) > LIMIT:
            self._fold(self.recipients)
        if len(self.nameless) > LIMIT:
            self._fold_pairs(self.nameless)
        if len(self.domains) > LIMIT:
            self._fold_rows(self.domains, LONGEST, DELAY)
        for clients in (self.refused, self.failed):
            if len(clients) > LIMIT:
                self.folded = True
                for client in sorted(clients, key=lambda each: clients[each])[: LIMIT // 2]:
                    clients[""] = clients.pop(client) + clients.get("", 0)
        if len(self.relays) > LIMIT:
            self._fold_rows(self.relays, SLOWEST, 0)

    def _fold_rows(self, table: dict[str, list[int]], greatest: int, by: int) -> None:
        self.folded = True
        for key in sorted(sorted(table), key=lambda each: table[each][by])[: len(table) - LIMIT // 2]:
            if key:
                _add_lists(table, {"": table.pop(key)}, greatest)

    def _fold(self, table: dict[str, int]) -> None:
        self.folded = True
        # Of one weight addresses before domains, by name: in which order they came depends on who counts them.
        order = sorted(sorted(table), key=lambda each: 2 * (table[each] & MESSAGES) + each.startswith("@"))
        lightest = order[: len(table) - LIMIT // 2]
        whole_domains = all(each.startswith("@") for each in lightest[: LIMIT // 4])
        for key in lightest:
            _, at, domain = key.rpartition("@")
            together = f"@{domain.lower()}" if at and not whole_domains else ""
            if together != key:
                table[together] = table.pop(key) + table.get(together, 0)

    def _fold_pairs(self, table: dict[tuple[str, str], int]) -> None:
        self.folded = True
        for key in sorted(table, key=lambda each: messages_in(table[each]))[: LIMIT // 2]:
            if key[1]:
                together = (key[0] and "…", "")
                table[together] = table.pop(key) + table.get(together, 0)


def _add_lists(table: dict[Key, list[int]], more: dict[Key, list[int]], greatest: int = -1) -> None:
    for key, row in more.items():
        mine = table.get(key)
        if mine is None:
            table[key] = row
            continue
        longest = max(mine[greatest], row[greatest])
        for column, value in enumerate(row):
            mine[column] += value
        if greatest >= 0:
            mine[greatest] = longest
