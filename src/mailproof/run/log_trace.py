"""One message from submission to mailbox: what a log says of it, over re-injection, reports and the mailbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from mailproof.model.escape import printable
from mailproof.model.log import (
    Arrived,
    Delivered,
    Fact,
    Identified,
    LogLeg,
    LogLine,
    LogTrace,
    Notified,
    Queued,
    Refused,
    Removed,
    Stored,
)
from mailproof.parse.log.facts import fact_of, is_mail


class Wanted(NamedTuple):
    """What the message must have; what is empty is free. Addresses in any case, a message id with or without <>."""

    queue_id: str = ""
    message_id: str = ""
    sender: str = ""
    recipient: str = ""


class _Story:
    """What happened under one queue id; a queue id that is used again begins a story of its own."""

    def __init__(self, queue_id: str) -> None:
        self.queue_id, self.events, self.removed = queue_id, list[tuple[int, str, Fact]](), False
        self.message_id, self.senders, self.recipients, self.children = "", set[str](), set[str](), set[str]()

    def add(self, at: int, time: str, fact: Fact) -> None:
        self.events.append((at, time, fact))
        if isinstance(fact, Identified):
            self.message_id = fact.message_id.strip("<>")
        elif isinstance(fact, (Queued, Refused)):
            self.senders.add(fact.sender.lower())
        if isinstance(fact, Refused):
            self.recipients.add(fact.recipient.lower())
        elif isinstance(fact, Delivered):
            self.recipients |= {fact.recipient.lower(), fact.original.lower()}
            self.children.add(fact.child)
        elif isinstance(fact, Notified):
            self.children.add(fact.child)
        self.removed |= isinstance(fact, Removed)

    def is_wanted(self, wanted: Wanted) -> bool:
        return (
            wanted.queue_id in ("", self.queue_id)
            and wanted.message_id.strip("<>") in ("", self.message_id)
            and (not wanted.sender or wanted.sender.lower().strip("<>") in self.senders)
            and (not wanted.recipient or wanted.recipient.lower().strip("<>") in self.recipients)
        )


class LogTracer:
    """Takes the lines of a log; keeps the facts of all messages in it, so memory grows with their number."""

    def __init__(self) -> None:
        self._stories: list[_Story] = []
        self._open: dict[str, _Story] = {}
        self._stored: dict[str, list[tuple[int, str, Fact]]] = {}
        self._at = 0
        self.mail = 0

    def take(self, lines: Iterable[LogLine | bytes]) -> None:
        for line in lines:
            if isinstance(line, bytes) or not is_mail(line):
                continue
            self.mail += 1
            self._at += 1
            fact = fact_of(line)
            if isinstance(fact, Stored):
                self._stored.setdefault(fact.message_id.strip("<>"), []).append((self._at, line.time, fact))
            elif isinstance(fact, (Arrived, Identified, Queued, Removed, Delivered, Refused, Notified)):
                self._story(fact).add(self._at, line.time, fact)

    def traces(self, wanted: Wanted) -> tuple[LogTrace, ...]:
        """Every message that is as wanted, in the order of the log."""
        by_id: dict[str, list[_Story]] = {}
        for story in self._stories:
            by_id.setdefault(story.queue_id, []).append(story)
        parents: dict[int, list[_Story]] = {}
        for story in self._stories:
            for child in _children(story, by_id):
                parents.setdefault(id(child), []).append(story)
        told: set[int] = set()
        traces = []
        for story in self._stories:
            if id(story) in told or not story.is_wanted(wanted):
                continue
            family = {id(story): story}
            waiting = [story]
            while waiting:
                one = waiting.pop()
                for kin in (*_children(one, by_id), *parents.get(id(one), ())):
                    if id(kin) not in family:
                        family[id(kin)] = kin
                        waiting.append(kin)
            told |= family.keys()
            traces.append(self._told(list(family.values())))
        return tuple(traces)

    def _story(self, fact: Arrived | Identified | Queued | Removed | Delivered | Refused | Notified) -> _Story:
        story = self._open.get(fact.queue_id) if fact.queue_id else None
        if story is None or (story.removed and isinstance(fact, (Arrived, Identified))):
            story = _Story(fact.queue_id)
            self._stories.append(story)
            self._open[fact.queue_id] = story
        return story

    def _told(self, family: list[_Story]) -> LogTrace:
        events = [(at, time, story.queue_id, fact) for story in family for at, time, fact in story.events]
        for name in {story.message_id for story in family if story.message_id}:
            events += [(at, time, "", fact) for at, time, fact in self._stored.get(name, ())]
        # Dovecot's log can be another file: by time where all have one.
        events.sort(key=lambda each: (each[1], each[0]) if all(e[1] for e in events) else ("", each[0]))
        first = events[0][1]
        legs = tuple(
            LogLeg(time, _seconds(first, time), printable(queue_id), *_leg(fact))
            for _, time, queue_id, fact in events
        )
        ids = tuple(dict.fromkeys(printable(leg.queue_id) for leg in legs if leg.queue_id))
        return LogTrace(ids, _outcome([fact for *_, fact in events]), legs)


def _children(story: _Story, by_id: dict[str, list[_Story]]) -> list[_Story]:
    """The first story of each child that begins after this one did."""
    began = story.events[0][0]
    found = []
    for child in story.children - {"", story.queue_id}:
        later = [each for each in by_id.get(child, ()) if each.events[-1][0] >= began]
        found += later[:1]
    return found


def _leg(fact: Fact) -> tuple[str, dict[str, str]]:
    kind = fact.status if isinstance(fact, Delivered) else type(fact).__name__.lower()
    names = [name for name in fact.__struct_fields__ if name != "queue_id"]
    return printable(kind), {name: printable(str(getattr(fact, name))) for name in names}


def _outcome(facts: list[Fact]) -> str:
    """The last word for each recipient, the worst of them."""
    last = {fact.recipient: fact.status for fact in facts if isinstance(fact, Delivered)}
    if any(status in ("bounced", "expired", "force-expired") for status in last.values()):
        return "bounced"
    if any(status not in ("sent", "deliverable") for status in last.values()):
        return "deferred"
    if last:
        return "delivered"
    return "refused" if any(isinstance(fact, Refused) for fact in facts) else "open"


def _seconds(first: str, time: str) -> float | None:
    try:
        return (datetime.fromisoformat(time) - datetime.fromisoformat(first)).total_seconds()
    except (ValueError, TypeError):
        return None
