"""The story of one message, told: its legs in the order of time, and how it ended."""

from __future__ import annotations

import re

from mailproof.model.escape import printable
from mailproof.model.log import Delivered, Fact, Refused, Sieved, Stored
from mailproof.model.log_service import Managed
from mailproof.model.log_trace import LogLeg, LogTrace
from mailproof.parse.log.peer import delays
from mailproof.run.log.clock import instant
from mailproof.run.log.kin import Kin
from mailproof.run.log.story import Event, Story

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ENDED = ("bounced", "expired", "force-expired", "undeliverable")
_GOOD = ("sent", "deliverable")
# What restrictions, checks and milters can do beside refusing lets the message go on.
_REFUSING = ("reject", "discard", "hangup", "abort", "defer")
_BY_FILTER = re.compile(r"25\d (?:2\.\d\.\d )?(?:Ok, discarded\b|Virus Detected; Discarded)", re.IGNORECASE)
_HOLDING = ("hold", "quarantine")


def events_of(family: list[Story], kin: Kin) -> list[tuple[str, Event]]:
    """All that happened to one message, each with its queue id, in the order of time: a leg each."""
    # A connection that brought several of the family's messages is told once.
    unique: dict[int, tuple[str, Event]] = {}
    for story in family:
        for event in story.events:
            unique.setdefault(event.at, (story.queue_id, event))
    for event in kin.mailboxes(family):
        unique.setdefault(event.at, ("", event))
    return _in_order(list(unique.values()))


def told(family: list[Story], kin: Kin, recipient: str = "") -> LogTrace:
    """All that is known of one message; with a recipient, how it ended for that one where it was refused."""
    events = events_of(family, kin)
    first = events[0][1].time
    legs = tuple(
        LogLeg(event.time, _seconds(first, event.time), printable(queue_id), *_leg(event.fact))
        for queue_id, event in events
    )
    # A report has a sender and recipients of its own.
    way = [story for story in family if not kin.is_report(story)] or family
    last = [event.time for _, event in events if isinstance(event.fact, (Delivered, Stored, Refused))]
    return LogTrace(
        tuple(dict.fromkeys(leg.queue_id for leg in legs if leg.queue_id)),
        "refused" if _turned_away(way, recipient) else _outcome(way, [event.fact for _, event in events], kin),
        legs,
        message_id=printable(next((story.message_id for story in way if story.message_id), "")),
        sender=_sender(way),
        recipients=tuple(map(printable, dict.fromkeys(each for story in way for each in story.recipients))),
        seconds=_seconds(first, last[-1]) if last else None,
    )


def _in_order(events: list[tuple[str, Event]]) -> list[tuple[str, Event]]:
    """By time where all have one, for Dovecot's log can be another file; within a second as the lines stood."""
    times = [instant(event.time) for _, event in events]
    if any(time is None for time in times):
        return sorted(events, key=lambda each: each[1].at)
    exact = all("." in event.time for _, event in events)

    def place(each: tuple[str, Event]) -> tuple[float, int]:
        time = instant(each[1].time) or 0.0
        return (time if exact else float(int(time)), each[1].at)

    return sorted(events, key=place)


def _leg(fact: Fact) -> tuple[str, dict[str, str]]:
    kind = fact.status if isinstance(fact, Delivered) else _CAMEL.sub("-", type(fact).__name__).lower()
    params = {}
    for name in fact.__struct_fields__:
        value = getattr(fact, name)
        if name != "queue_id":
            text = ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
            params[name] = printable(text)
    if isinstance(fact, Delivered) and (parts := delays(fact.delays)) is not None:
        params |= {name: f"{seconds:g}" for name, seconds in parts._asdict().items()}
    return printable(kind), params


def _outcome(way: list[Story], all_facts: list[Fact], kin: Kin) -> str:
    """The last word for each recipient, the worst of them; handing on to a filter of this server is no last word."""
    ids = {story.queue_id for story in way}
    last = {
        fact.recipient: fact
        for story in way
        for event in story.events
        if isinstance(fact := event.fact, Delivered)
        and (fact.child not in ids or not fact.child)
        and not kin.is_handed_on(event)
    }
    if any(fact.status in _ENDED for fact in last.values()):
        return "bounced"
    if any(fact.status not in _GOOD for fact in last.values()):
        return "deferred"
    if last:
        return "discarded" if all(map(_thrown_away, last.values())) else _in_mailbox(all_facts)
    facts = [event.fact for story in way for event in story.events]
    held = ""
    for fact in facts:
        if isinstance(fact, Refused) and fact.action in _HOLDING:
            held = "held"
        elif isinstance(fact, Managed):
            held = {"placed on hold": "held", "released from hold": ""}.get(fact.action, held)
    if held:
        return held
    done = {fact.action for fact in facts if isinstance(fact, Refused) and fact.action in _REFUSING}
    return "discarded" if done == {"discard"} else "refused" if done else "open"


def _turned_away(way: list[Story], recipient: str) -> bool:
    """The message may have gone to others: this one was refused, and nothing was tried for him."""
    facts = [event.fact for story in way for event in story.events]
    tried = {
        name.lower() for fact in facts if isinstance(fact, Delivered) for name in (fact.recipient, fact.original)
    }
    if not recipient or recipient in tried:
        return False
    refused = [fact for fact in facts if isinstance(fact, Refused) and fact.recipient.lower() == recipient]
    return any(fact.stage == "RCPT" and fact.action in _REFUSING for fact in refused)


def _thrown_away(fact: Delivered) -> bool:
    """discard(8) alone calls sent what went nowhere; error(8) bounces, and the others name who took it.

    A filter that throws a message away takes it, and says so: amavis (D_DISCARD), clamsmtp.
    """
    return fact.status == "sent" and (fact.relay == "none" or _BY_FILTER.match(fact.reason) is not None)


def _in_mailbox(facts: list[Fact]) -> str:
    """What the Sieve script of a mailbox did with what was delivered to it."""
    actions = {fact.action for fact in facts if isinstance(fact, Sieved)}
    if any(isinstance(fact, Stored) for fact in facts) or "forwarded" in actions:
        return "delivered"
    return "discarded" if "discarded" in actions else "bounced" if "rejected" in actions else "delivered"


def _sender(way: list[Story]) -> str | None:
    """The first that is told: a filter may hand a message in anew."""
    told = [story.sender for story in way if story.sender is not None]
    return printable(next(filter(None, told), "")) if told else None


def _seconds(first: str, time: str) -> float | None:
    begin, end = instant(first), instant(time)
    return None if begin is None or end is None else round(end - begin, 6)
