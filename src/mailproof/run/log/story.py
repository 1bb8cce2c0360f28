"""What happened under one queue id."""

from __future__ import annotations

from typing import NamedTuple

from mailproof.model.log import (
    Accepted,
    Addressed,
    Arrived,
    Delivered,
    Expired,
    Fact,
    Identified,
    Notified,
    Queued,
    Refused,
    Removed,
    Sieved,
    Stored,
    Trouble,
)
from mailproof.model.log_connection import (
    Answered,
    Certificated,
    Connected,
    Dropped,
    NoConnection,
    TlsFailed,
    TlsOpened,
)
from mailproof.model.log_filter import DkimSaid, Greylisted, Scanned
from mailproof.model.log_service import Managed
from mailproof.parse.log.peer import peer

OF_MESSAGES = (
    *(Accepted, Addressed, Answered, Arrived, Delivered, DkimSaid, Dropped, Expired, Greylisted, Identified, Managed),
    *(Notified, Queued, Refused, Removed, Scanned, Trouble),
)
OF_SESSIONS = (Certificated, Connected, NoConnection, TlsFailed, TlsOpened)
OF_MAILBOXES = (Sieved, Stored)
_WITH_SENDER = ("MAIL", "RCPT", "DATA", "BDAT", "END-OF-MESSAGE", "header", "body", "mime", "nested")


class Event(NamedTuple):
    at: int
    """The number of the line, over all files."""
    time: str
    fact: Fact


class Story:
    """The events of one queue id; a queue id that is used again begins a story of its own."""

    def __init__(self, queue_id: str) -> None:
        self.queue_id, self.events, self.removed = queue_id, list[Event](), False
        self.message_id = ""
        self.sender: str | None = None
        """None where no line tells."""
        self.recipients, self.clients = dict[str, None](), set[str]()
        self.children: dict[str, Event] = {}
        """Queue ids that the message got later, and the line that said so."""
        self.reports: set[str] = set()
        """Of the children those that are reports about it."""
        self.parents: set[str] = set()
        """Queue ids that it had before, where its own lines say so."""
        self.is_report = False
        """Whether it began as a report about its parent (Exim's `R=`)."""
        self._lines: set[int] = set()

    @property
    def began(self) -> int:
        return self.events[0].at

    def add(self, event: Event) -> None:
        """A line that is in it already is left out."""
        if event.at in self._lines:
            return
        self._lines.add(event.at)
        self.events.append(event)
        fact = event.fact
        self.message_id = getattr(fact, "message_id", "").strip("<>") or self.message_id
        if (sender := _sender(fact)) is not None:
            self.sender = self.sender or sender.lower()
        for recipient in _recipients(fact):
            self.recipients[recipient.lower()] = None
        if client := getattr(fact, "client", ""):
            self.clients.add(address_of(client))
        self.removed |= isinstance(fact, Removed)
        self._kin(event)

    def _kin(self, event: Event) -> None:
        fact = event.fact
        if isinstance(fact, (Delivered, Scanned, Accepted, Notified)) and fact.child:
            self.children.setdefault(fact.child, event)
            if isinstance(fact, Notified) and fact.why != "clone":
                self.reports.add(fact.child)
        if isinstance(fact, Arrived) and fact.original:
            self.parents.add(fact.original)
            self.is_report = not fact.sender and not fact.client


def address_of(client: str) -> str:
    """`192.0.2.9` of `unknown[192.0.2.9]:4711`, `(helo) [192.0.2.9]`, or as it is."""
    return peer(client).address or client.rpartition("[")[2].partition("]")[0] or client


def _sender(fact: Fact) -> str | None:
    """Empty where the line says that it is the null sender; None where it does not tell."""
    if not isinstance(fact, (Arrived, Queued, Refused, Addressed, Expired, Scanned, Greylisted)):
        return None
    match fact:
        case Queued() | Expired() | Addressed():
            told = True
        case Refused():
            # Postfix writes both, or neither.
            told = bool(fact.protocol) and fact.stage in _WITH_SENDER
        case Arrived():
            # Of Postfix's pickup, of Exim and sendmail; smtpd's line has only the client.
            told = bool(fact.uid or fact.message_id or (fact.original and not fact.client))
        case _:
            told = False
    return fact.sender if told or fact.sender else None


def _recipients(fact: Fact) -> list[str]:
    if isinstance(fact, Scanned):
        return list(fact.recipients)
    if isinstance(fact, Delivered):
        # sendmail has several in one line.
        return [each for each in (*fact.recipient.split(","), fact.original) if each]
    recipient = getattr(fact, "recipient", "")
    return [recipient] if recipient else []
