"""A line of a mail log, what it tells of a message, and what `log explain` makes of many lines."""

from __future__ import annotations

import msgspec

from mailproof.model.log_connection import (
    Answered,
    Certificated,
    Connected,
    Disconnected,
    Dropped,
    Hid,
    NoConnection,
    Screened,
    TlsFailed,
    TlsOpened,
)
from mailproof.model.log_filter import DkimSaid, Greylisted, ListedAt, Scanned
from mailproof.model.log_service import Counted, Managed, Measured, ServiceChanged


class LogLine(msgspec.Struct, frozen=True, gc=False):
    """The envelope of one line. What the log did not say is empty; nothing in it is safe to print yet."""

    time: str
    """ISO 8601, with the zone if the log has one; a stamp without a year has got the year of its file."""
    host: str
    program: str
    """`smtpd` of `postfix/submission/smtpd`; `dovecot`; `dovecot-auth`."""
    tag: str
    pid: str
    text: str


class Routine(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A line that is known, and tells nothing that the others do not."""


class Arrived(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A message has got its queue id: from an SMTP client, or (`client` empty) from a user of the machine.

    Postfix says sender, size and Message-ID in lines of their own (`Queued`, `Identified`), Exim and sendmail here.
    """

    queue_id: str
    client: str = ""
    """`HOST[IP]` and what else the program puts there."""
    method: str = ""
    user: str = ""
    """Of the login."""
    uid: str = ""
    """Of the user of this machine."""
    sender: str = ""
    size: int = 0
    """Octets; 0 where the line does not say."""
    recipients: int = 0
    message_id: str = ""
    original: str = ""
    """The queue id that it had before a filter, as XFORWARD tells; what a report is about, in Exim."""
    protocol: str = ""
    tls: str = ""


class Identified(msgspec.Struct, frozen=True, gc=False, tag=True):
    queue_id: str
    message_id: str


class Queued(msgspec.Struct, frozen=True, gc=False, tag=True):
    queue_id: str
    sender: str
    size: int
    recipients: int


class Removed(msgspec.Struct, frozen=True, gc=False, tag=True):
    queue_id: str


class Addressed(msgspec.Struct, frozen=True, gc=False, tag=True):
    """One recipient of a message, where the program has a line for each (OpenSMTPD, Courier)."""

    queue_id: str
    sender: str
    recipient: str


class Notified(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A report about a message is a message of its own, `child`."""

    queue_id: str
    child: str
    to: str = ""
    """sender or postmaster."""
    why: str = ""
    """non-delivery, delivery status or delay."""


class Expired(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The queue manager gave a message up: its time in the queue is over."""

    queue_id: str
    sender: str
    status: str


class Accepted(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A filter before the queue (smtpd_proxy_filter) took the message."""

    stage: str
    reply: str
    sender: str = ""
    recipient: str = ""
    child: str = ""
    protocol: str = ""
    helo: str = ""


class Delivered(msgspec.Struct, frozen=True, gc=False, tag=True):
    """One try to deliver to one recipient; `status` says how it ended (sent, deferred, bounced, expired …)."""

    queue_id: str
    recipient: str
    status: str
    reason: str
    relay: str = ""
    dsn: str = ""
    delay: str = ""
    """Seconds, as Postfix writes them."""
    delays: str = ""
    """Before the queue manager, in it, connecting, sending: seconds, with slashes between."""
    tls: str = ""
    original: str = ""
    child: str = ""
    """The queue id that the next server, or this one, gave it."""


class Refused(msgspec.Struct, frozen=True, gc=False, tag=True):
    """What smtpd, cleanup or a milter did not take as it was; `queue_id` is empty before there was one."""

    queue_id: str
    action: str
    stage: str
    client: str
    reply: str
    """The reply that the client got, or what the rule said."""
    sender: str = ""
    recipient: str = ""
    by: str = ""
    """milter, milter-header or proxy; empty for Postfix's own restrictions and checks."""
    content: str = ""
    """The line of the message that a rule of header_checks or body_checks found."""
    protocol: str = ""
    helo: str = ""
    user: str = ""


class LoggedIn(msgspec.Struct, frozen=True, gc=False, tag=True):
    user: str
    client: str
    method: str = ""
    session: str = ""
    service: str = ""
    """imap, pop3, managesieve, submission; smtp for the server that takes mail."""
    tls: str = ""
    """What the line says of TLS; empty for clear text, `not told` with Courier."""


class LoggedOut(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The end of a session with a mailbox, and what was done in it."""

    user: str
    service: str
    reason: str
    counts: dict[str, str]
    """in, out, deleted, expunged, retr, … as Dovecot writes them."""
    session: str = ""


class LoginFailed(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A login that did not come about; `user` and `client` are empty where the line does not tell."""

    user: str
    client: str
    reason: str
    session: str = ""
    service: str = ""
    method: str = ""


class Stored(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Dovecot or Cyrus put a message into a folder."""

    user: str
    message_id: str
    folder: str
    session: str = ""
    """Of LMTP: the same stands in the reply that Postfix logs."""


class Sieved(msgspec.Struct, frozen=True, gc=False, tag=True):
    """What a Sieve script did but storing: forwarded, discarded, rejected, replied; or failed."""

    user: str
    message_id: str
    action: str
    detail: str
    session: str = ""


class Trouble(msgspec.Struct, frozen=True, gc=False, tag=True):
    """What the program itself calls a warning, an error, fatal or a panic."""

    level: str
    text: str
    queue_id: str = ""


Fact = (
    Accepted
    | Addressed
    | Answered
    | Arrived
    | Certificated
    | Connected
    | Counted
    | Delivered
    | Disconnected
    | DkimSaid
    | Dropped
    | Expired
    | Greylisted
    | Hid
    | Identified
    | ListedAt
    | LoggedIn
    | LoggedOut
    | LoginFailed
    | Managed
    | Measured
    | NoConnection
    | Notified
    | Queued
    | Refused
    | Removed
    | Routine
    | Scanned
    | Screened
    | ServiceChanged
    | Sieved
    | Stored
    | TlsFailed
    | TlsOpened
    | Trouble
)


class LogCause(msgspec.Struct, frozen=True):
    """Lines of a log that have the same cause. Texts are safe to print."""

    name: str
    """Of the row in the table of messages; `unknown-trouble` where there is none."""
    rank: int
    """1 the server does not work; 2 mail is stuck or lost; 3 refusals and logins; 4 worth a look; 5 harmless."""
    count: int
    first: str
    last: str
    program: str
    example: str
    page: str
    params: dict[str, str]
    followed_by: int = 0
    """Lines that only say that the program has ended because of it."""


class LogExplained(msgspec.Struct, frozen=True):
    """What is wrong in a log, most telling first."""

    lines: int
    mail: int
    """Lines of a mail server's programs."""
    unknown: int
    """Of these, lines that this program does not know yet."""
    unread: int
    """Lines of no form that is known."""
    first: str
    last: str
    causes: tuple[LogCause, ...]
    samples: tuple[str, ...]
    """Some of the lines that are unknown or unread."""
