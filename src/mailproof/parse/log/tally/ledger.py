"""What happens on one host, counted; and its messages in flight, by queue id.

The part of a log that is counted need not be the first. What happens to a message whose beginning this part has not
seen is kept in `loose`, and told to the ledger of the part before by `follow`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from mailproof.parse.log.tally.reasons import reason_of
from mailproof.parse.log.tally.tables import (
    ARRIVED,
    BOUNCED,
    DEFERRALS,
    DEFERRED,
    DELAY,
    DELAYS,
    DELIVERED,
    KINDS,
    LONGEST,
    RECEIVED,
    REFUSED,
    RETRIED,
    RETURNED,
    TURNED_AWAY,
    WITH_LOGIN,
    Tables,
    weight_of,
)

# Of a message in flight: the client that handed it in, until it is counted; its weight, 0 until its size is known;
# seen deferred.
CLIENT, WEIGHT, SEEN_DEFERRED = 0, 1, 2
# In the place of the client where the part of the log before may know the message.
ELSEWHERE = None

Flight = dict[str, list[Any]]
_NO_DELAYS = (0, 0, 0, 0)


class Loose(NamedTuple):
    """Something that happened to a message that the part of the log before may know."""

    what: str
    """queued, sized, deferred or removed."""
    address: str = ""
    size: int = 0


class Ledger:
    """Takes events; `bucket` is the row of the hour, which the reader of the lines sets."""

    def __init__(self, tables: Tables, host: str, *, first: bool = True, flight: Flight | None = None) -> None:
        self.tables, self.host, self.first = tables, host, first
        self.bucket = [0] * 5
        self.flight: Flight = {} if flight is None else flight
        self.loose: dict[str, list[Loose]] = {}

    def begin(self, hour: str) -> None:
        """What is counted from now on is of this hour."""
        self.bucket = self.tables.hours.setdefault((self.host, hour), [0] * 5)

    def arrived(self, queue_id: str, client: str, service: list[int], with_login: bool) -> None:
        self.flight[queue_id] = [client, 0, 0]
        self.bucket[RECEIVED] += 1
        service[ARRIVED] += 1
        if with_login:
            service[WITH_LOGIN] += 1

    def queued(self, queue_id: str, sender: str, size: int) -> None:
        message = self.flight.get(queue_id)
        if message is None:
            if self.first:
                self.flight[queue_id] = ["", weight_of(size), 0]
            else:
                self.flight[queue_id] = [ELSEWHERE, weight_of(size), 0]
                self._keep(queue_id, Loose("queued", sender, size))
        elif not message[WEIGHT]:
            weight = message[WEIGHT] = weight_of(size)
            client = message[CLIENT]
            if not client:
                if client is ELSEWHERE:
                    self._keep(queue_id, Loose("queued", sender, size))
                return
            if "@" in sender:
                senders = self.tables.senders
                senders[sender] = senders.get(sender, 0) + weight
            else:
                nameless = self.tables.nameless
                nameless[sender, client] = nameless.get((sender, client), 0) + weight

    def removed(self, queue_id: str) -> None:
        message = self.flight.pop(queue_id, None)
        if not self.first and (message is None or message[CLIENT] is ELSEWHERE):
            self._keep(queue_id, Loose("removed"))

    def sent(
        self, queue_id: str, recipient: str, relay: str, delay: int, delays: tuple[int, int, int, int] = _NO_DELAYS
    ) -> None:
        """Delivered; times in microseconds."""
        message = self.flight.get(queue_id)
        weight = message[WEIGHT] if message is not None else 0
        if weight:
            pass
        elif self.first:
            self.tables.count("sizeless")
        else:
            self._keep(queue_id, Loose("sized", recipient))
        row = self.tables.relays.setdefault(relay, [0] * 8)
        self.delivered(weight or 1, recipient, row, delay, *delays)

    def delivered(
        self,
        weight: int,
        recipient: str,
        relay: list[int],
        delay: int,
        before: int,
        queued: int,
        connecting: int,
        sending: int,
    ) -> None:
        """The same for a message whose weight is known, and the row of the relay."""
        self.bucket[DELIVERED] += 1
        tables = self.tables
        recipients = tables.recipients
        recipients[recipient] = recipients.get(recipient, 0) + weight
        at = recipient.find("@")
        domain = recipient[at:] if at >= 0 else recipient
        row = tables.domains.get(domain)
        if row is None:
            tables.domains[domain] = [0, delay, delay]
        else:
            row[DELAY] += delay
            if delay > row[LONGEST]:
                row[LONGEST] = delay
        relay[0] += 1
        relay[1] += before
        relay[2] += queued
        relay[3] += connecting
        relay[4] += sending
        if delay > relay[5]:
            relay[5] = delay
        try:
            tables.delays[delay] += 1
        except KeyError:
            if len(tables.delays) >= DELAYS:
                delay -= delay % 1_000_000
            tables.delays[delay] = tables.delays.get(delay, 0) + 1

    def forwarded(self) -> None:
        self.tables.count("forwarded")

    def deferred(self, queue_id: str, recipient: str, relay: str, delay: int, program: str, reason: str) -> None:
        tables = self.tables
        self.bucket[DEFERRED] += 1
        message = self.flight.get(queue_id)
        if message is None:
            message = self.flight[queue_id] = ["" if self.first else ELSEWHERE, 0, 0]
        if not message[SEEN_DEFERRED]:
            message[SEEN_DEFERRED] = 1
            if message[CLIENT] is ELSEWHERE:
                self._keep(queue_id, Loose("deferred"))
            else:
                tables.count("deferred")
        tables.recipients.setdefault(recipient, 0)
        at = recipient.find("@")
        row = tables.domains.setdefault(recipient[at:] if at >= 0 else recipient, [0, 0, 0])
        row[DEFERRALS] += 1
        row[LONGEST] = max(row[LONGEST], delay)
        tables.relays.setdefault(relay, [0] * 8)[RETRIED] += 1
        tables.reason("deferred", program, reason_of(reason))

    def bounced(self, relay: str, program: str, reason: str) -> None:
        self.bucket[BOUNCED] += 1
        self.tables.relays.setdefault(relay, [0] * 8)[RETURNED] += 1
        self.tables.reason("bounced", program, reason_of(reason))

    def refused(self, action: str, stage: str, client: str, reply: str, service: list[int]) -> None:
        """As smtpd, postscreen or cleanup says: `reject`, `reject_warning`, `hold`, `discard`."""
        self.bucket[REFUSED] += 1
        tables = self.tables
        tables.reason(action, stage, reason_of(reply))
        if action == "reject":
            service[TURNED_AWAY] += 1
            tables.refused[client] = tables.refused.get(client, 0) + 1
            if "reylist" in reply:
                self.event("greylisting", "refused")

    def event(self, where: str, what: str) -> None:
        events = self.tables.events
        key = (where, what)
        if key not in events and len(events) >= KINDS:
            key = (where, "…")
        events[key] = events.get(key, 0) + 1

    def tls(self, direction: str, version_and_cipher: str) -> list[int]:
        """The counter of such connections."""
        tls = self.tables.tls
        key = (direction, version_and_cipher)
        if key not in tls and len(tls) >= KINDS:
            key = (direction, "…")
        return tls.setdefault(key, [0])

    def login(self, service: str, mechanism: str, outcome: str, client: str = "") -> tuple[str, str, str]:
        """The key under which it is counted.

        `accepted`, `in-clear` (accepted without TLS), `failed` or `used` (a message was handed in with it)."""
        logins = self.tables.logins
        key = (service, mechanism, outcome)
        if key not in logins and len(logins) >= KINDS:
            key = ("…", "…", outcome)
        logins[key] = logins.get(key, 0) + 1
        if client and outcome == "failed":
            # Dovecot knows the address alone.
            address = client.rpartition("[")[2].rstrip("]")
            self.tables.failed[address] = self.tables.failed.get(address, 0) + 1
        return key

    def follow(self, later: Ledger) -> None:
        """Take in what a later part of the log tells of messages of this one. Its tables are added elsewhere."""
        for queue_id, events in later.loose.items():
            for event in events:
                if event.what == "queued":
                    self.queued(queue_id, event.address, event.size)
                elif event.what == "sized":
                    self._sized(queue_id, event.address)
                elif event.what == "deferred":
                    self._deferred_later(queue_id)
                else:
                    self.removed(queue_id)

    def take_over(self, flight: Flight) -> None:
        """What is in flight at the end of a later part of the log, once all is told that happened in it."""
        for queue_id, message in flight.items():
            if message[CLIENT] is not ELSEWHERE or queue_id not in self.flight:
                self.flight[queue_id] = message

    def _sized(self, queue_id: str, recipient: str) -> None:
        message = self.flight.get(queue_id)
        if message is not None and message[WEIGHT]:
            # The message itself has been counted.
            recipients = self.tables.recipients
            recipients[recipient] = recipients.get(recipient, 0) + message[WEIGHT] - 1
        elif self.first:
            self.tables.count("sizeless")
        else:
            self._keep(queue_id, Loose("sized", recipient))

    def _deferred_later(self, queue_id: str) -> None:
        message = self.flight.setdefault(queue_id, ["" if self.first else ELSEWHERE, 0, 0])
        if not message[SEEN_DEFERRED]:
            message[SEEN_DEFERRED] = 1
            if message[CLIENT] is ELSEWHERE:
                self._keep(queue_id, Loose("deferred"))
            else:
                self.tables.count("deferred")

    def _keep(self, queue_id: str, event: Loose) -> None:
        self.loose.setdefault(queue_id, []).append(event)
