"""What `log summary` tells of a mail log: totals and tables. Texts are safe to print; times are seconds."""

from __future__ import annotations

import msgspec


class Traffic(msgspec.Struct, frozen=True):
    """What happened in a stretch of time, or on a host. Deliveries and refusals are of recipients."""

    name: str
    """A day (`2026-11-20`), an hour of the day (`07`), or a host."""
    received: int
    delivered: int
    deferrals: int
    bounced: int
    rejected: int
    """Refused, warned of, held and discarded, as pflogsumm counts them."""


class Totals(msgspec.Struct, frozen=True):
    received: int
    delivered: int
    forwarded: int
    deferred: int
    """Messages of which a delivery was deferred; `deferrals` counts each try."""
    deferrals: int
    bounced: int
    rejected: int
    reject_warnings: int
    held: int
    discarded: int
    bytes_received: int
    bytes_delivered: int
    sizeless: int
    """Deliveries of messages whose size the log does not tell, for they came before it begins."""
    senders: int
    sender_domains: int
    recipients: int
    recipient_domains: int


class Correspondent(msgspec.Struct, frozen=True):
    """An address or a domain, with what it sent or got."""

    name: str
    messages: int
    bytes: int


class Destination(msgspec.Struct, frozen=True):
    """A domain that mail went to."""

    domain: str
    messages: int
    bytes: int
    deferrals: int
    average_delay: float
    longest_delay: float


class Relay(msgspec.Struct, frozen=True):
    """A next hop, with its mean delays: before the queue manager, in it, connecting, sending."""

    name: str
    deliveries: int
    deferrals: int
    bounced: int
    before_queue: float
    in_queue: float
    connecting: float
    sending: float
    longest: float


class Delays(msgspec.Struct, frozen=True):
    """Of all deliveries. `buckets` are upper limits, each with all deliveries up to it."""

    average: float
    median: float
    p90: float
    p99: float
    longest: float
    before_queue: float
    in_queue: float
    connecting: float
    sending: float
    buckets: tuple[tuple[float, int], ...]


class Reason(msgspec.Struct, frozen=True):
    """Lines with one reason; what differs from line to line is `…` in it."""

    place: str
    """A program, a relay or a stage of SMTP."""
    reason: str
    count: int


class Service(msgspec.Struct, frozen=True):
    """`smtpd` is port 25, `pickup` mail of this machine's programs; others as master.cf names them in syslog_name."""

    name: str
    received: int
    with_login: int
    rejected: int


class Logins(msgspec.Struct, frozen=True):
    """Of one service and mechanism."""

    service: str
    mechanism: str
    accepted: int
    """At Postfix: messages that were handed in after a login."""
    without_tls: int
    failed: int


class Tls(msgspec.Struct, frozen=True):
    direction: str
    """`in` or `out`."""
    version: str
    cipher: str
    connections: int


class Counted(msgspec.Struct, frozen=True):
    name: str
    count: int


class LogSummary(msgspec.Struct, frozen=True):
    first: str
    last: str
    lines: int
    mail: int
    """Lines of a mail server's programs."""
    unknown: int
    """Of these, lines that this program does not know yet."""
    unread: int
    """Lines of no form that is known."""
    samples: tuple[str, ...]
    """Some of the lines that are unknown or unread."""
    folded: bool
    """So many addresses, relays or clients that the rarest were put together: of them there are at least as many."""
    totals: Totals
    delays: Delays | None
    days: tuple[Traffic, ...]
    hours: tuple[Traffic, ...]
    hosts: tuple[Traffic, ...]
    services: tuple[Service, ...]
    senders: tuple[Correspondent, ...]
    sender_domains: tuple[Correspondent, ...]
    recipients: tuple[Correspondent, ...]
    recipient_domains: tuple[Destination, ...]
    slowest: tuple[Relay, ...]
    """By the mean time of connecting and sending; of at least ten deliveries, where any relay has as many."""
    deferrals: tuple[Reason, ...]
    bounces: tuple[Reason, ...]
    rejects: tuple[Reason, ...]
    reject_warnings: tuple[Reason, ...]
    held: tuple[Reason, ...]
    discarded: tuple[Reason, ...]
    refused_clients: tuple[Counted, ...]
    logins: tuple[Logins, ...]
    login_failures: tuple[Reason, ...]
    failed_clients: tuple[Counted, ...]
    tls: tuple[Tls, ...]
    tls_levels: tuple[Counted, ...]
    """Of `tls=` on delivery lines, since Postfix 3.11."""
    greylisting: tuple[Counted, ...]
    """delayed and passed, as the daemons say; refused, as Postfix does."""
    postscreen: tuple[Counted, ...]
    warnings: tuple[Reason, ...]
    errors: tuple[Reason, ...]
