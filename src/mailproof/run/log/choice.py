"""Which lines of a growing log are shown: those of one message or of some addresses, or only what is wrong."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from typing import NamedTuple

from mailproof.model.log import (
    Addressed,
    Arrived,
    Delivered,
    Fact,
    LoggedIn,
    LoginFailed,
    LogLine,
    Notified,
    Queued,
    Refused,
    Removed,
)
from mailproof.model.log_filter import Greylisted
from mailproof.parse.log.envelope import LineReader
from mailproof.parse.log.facts import fact_of, is_mail
from mailproof.parse.log.queue import QUEUE_ID
from mailproof.run.log.telling import Meaning, meant, told

ONLY = ("trouble", "delivery", "login")
# Messages that are not yet known to be wanted, and lines of each: smtpd serves a hundred clients by default.
_UNDECIDED = 1000
_HELD = 100
# And as many octets of each: 64 MB of all; a message has some five hundred a line.
_HELD_OCTETS = 1 << 16


class Followed(NamedTuple):
    """A line of a growing log and what is known of it. Nothing in it is safe to print."""

    raw: bytes
    line: LogLine | None
    fact: Fact | None
    queue_id: str
    meaning: Meaning | None


class Wish(NamedTuple):
    """What is shown; what is empty is free. Addresses in any case."""

    queue_id: str = ""
    sender: str = ""
    recipient: str = ""
    only: str = ""
    """trouble, delivery, login, or empty."""


class FollowedLines:
    """Reads lines as they come. A stamp without a year has that of the day on which it came."""

    def __init__(self) -> None:
        self._day, self._reader = date.min, LineReader(date.min)

    def read(self, raw: bytes, today: date) -> Followed:
        if today != self._day:
            self._day, self._reader = today, LineReader(today)
        line = self._reader.read(raw)
        if line is None or not is_mail(line):
            return Followed(raw, line, None, "", None)
        fact = fact_of(line)
        text = told(fact) if fact is not None else None
        found = QUEUE_ID.match(line.text)
        queue_id = getattr(fact, "queue_id", "") or (found[1] if found and found[1] != "NOQUEUE" else "")
        return Followed(raw, line, fact, queue_id, meant(text[:2000]) if text else None)


class Chooser:
    """Holds the lines of a message back until it is known whether it is wanted: the client comes first."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._sender, self._recipient = wish.sender.lower().strip("<>"), wish.recipient.lower().strip("<>")
        self._wanted: OrderedDict[str, None] = OrderedDict({wish.queue_id: None} if wish.queue_id else {})
        self._held: OrderedDict[str, _Held] = OrderedDict()

    def take(self, followed: Followed) -> list[Followed]:
        """Those that are to be shown now."""
        return [each for each in self._of_wanted(followed) if self._is_told(each)]

    def _of_wanted(self, followed: Followed) -> list[Followed]:
        queue_id = followed.queue_id
        if not (self._wish.queue_id or self._sender or self._recipient):
            return [followed]
        if queue_id in self._wanted:
            self._want_child(followed)
            return [followed]
        if self._wish.queue_id:
            return []
        if not queue_id:
            held = _Held()
            held.add(followed)
            return [followed] if held.fits(self._sender, self._recipient) else []
        return self._decide(queue_id, followed)

    def _decide(self, queue_id: str, followed: Followed) -> list[Followed]:
        held = self._held.pop(queue_id, None) or _Held()
        held.add(followed)
        if held.fits(self._sender, self._recipient):
            self._want(queue_id)
            for each in held.lines:
                self._want_child(each)
            return held.lines
        if not isinstance(followed.fact, Removed):
            self._held[queue_id] = held
            if len(self._held) > _UNDECIDED:
                self._held.popitem(last=False)
        return []

    def _want_child(self, followed: Followed) -> None:
        """What came of it is the same message."""
        if isinstance(followed.fact, (Delivered, Notified)) and followed.fact.child:
            self._want(followed.fact.child)

    def _want(self, queue_id: str) -> None:
        self._wanted[queue_id] = None
        if len(self._wanted) > 10 * _UNDECIDED:
            self._wanted.popitem(last=False)

    def _is_told(self, followed: Followed) -> bool:
        match self._wish.only:
            case "trouble":
                return followed.meaning is not None
            case "delivery":
                return isinstance(followed.fact, Delivered)
            case "login":
                by_login = isinstance(followed.fact, Arrived) and bool(followed.fact.method)
                return by_login or isinstance(followed.fact, (LoggedIn, LoginFailed))
            case _:
                return True


class _Held:
    """The lines of a message, and whom it is from and to."""

    def __init__(self) -> None:
        self.lines: list[Followed] = []
        self._octets = 0
        self._senders, self._recipients = set[str](), set[str]()

    def add(self, followed: Followed) -> None:
        self._octets += len(followed.raw)
        if len(self.lines) < _HELD and self._octets <= _HELD_OCTETS:
            self.lines.append(followed)
        fact = followed.fact
        if isinstance(fact, (Queued, Refused, Addressed, Greylisted)) or (isinstance(fact, Arrived) and fact.sender):
            self._senders.add(fact.sender.lower())
        if isinstance(fact, (Refused, Addressed, Greylisted)):
            self._recipients.add(fact.recipient.lower())
        elif isinstance(fact, Delivered):
            self._recipients |= {fact.recipient.lower(), fact.original.lower()}

    def fits(self, sender: str, recipient: str) -> bool:
        return (not sender or sender in self._senders) and (not recipient or recipient in self._recipients)
