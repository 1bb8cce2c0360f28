"""The messages of a run, followed through what the server tells: its log, its queue, the tables that it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Protocol

import msgspec

from mailproof.checks.postfix.configured import Configured, configured_of
from mailproof.emulate.postfix.rewrite import envelope_recipient, envelope_sender, generic, way_of, written
from mailproof.model.configuration import PostfixFiles
from mailproof.model.connection import Connection
from mailproof.model.envelope import Submitted
from mailproof.model.escape import printable
from mailproof.model.followed import EntryUsed, Followed, Waiting
from mailproof.model.log import Delivered, Queued, Refused
from mailproof.model.log_trace import LogTrace
from mailproof.model.postfix import Client, Kind, Outcome, Place, Step
from mailproof.model.record import Attempt, Record
from mailproof.model.reply import ReplyClass
from mailproof.model.secret import Secrets
from mailproof.model.server_log import LogQuote, LogRead
from mailproof.net.interface import Net
from mailproof.parse.postfix.addresses import unquote
from mailproof.parse.vantage import address
from mailproof.run.beside.join import quote_of
from mailproof.run.beside.sessions import Line
from mailproof.run.log.kin import Kin
from mailproof.run.log.legs import events_of, told
from mailproof.run.log.story import Story
from mailproof.run.log.trace import LogTracer

# Lines of one message, and a report shows them all. One that is tried again each minute has more in a day.
_MOST_LEGS = 100
# A local delivery takes a tenth of a second; each look reads what was written since the run began.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 4.0


def accepted(record: Record) -> Iterator[Submitted]:
    """Messages that a server took."""
    for sighting in record.seen(Submitted):
        if sighting.fact.final is not None and sighting.fact.final.kind is ReplyClass.POSITIVE:
            yield sighting.fact


class Watch(Protocol):
    """A log, or the journal, since the run began."""

    def read(self, today: date) -> tuple[list[Line], list[Line], LogRead] | None: ...


async def await_last_word(net: Net, watch: Watch, record: Record, today: date, patience: float) -> None:
    """Until the log tells how each message that was taken ended, or for `patience` seconds."""
    deadline, pause = net.now() + patience, _FIRST_PAUSE
    while net.now() < deadline:
        read = watch.read(today)
        if read is None or not _open_still(record, read[0]):
            return
        await net.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _open_still(record: Record, lines: Sequence[Line]) -> bool:
    """Whether the log has no last word yet on a message that was taken."""
    messages = list(accepted(record))
    if not messages:
        return False
    tracer = _traced(lines)
    kin = tracer.kin()
    return any(
        not (families := list(tracer.families(kin, _is_of(each)))) or told(families[0], kin).outcome == "open"
        for each in messages
    )


def with_followed(
    record: Record, lines: Sequence[Line], secrets: Secrets, queue: Callable[[str], Sequence[Waiting]]
) -> Record:
    """The record with what became of each message that was taken; where nothing tells, there is nothing.

    `queue` looks for a queue id in the queue of the server.
    """
    if not any(True for _ in accepted(record)):
        return record
    tracer = _traced(lines)
    kin = tracer.kin()

    def with_own(attempt: Attempt) -> Attempt:
        found = []
        for message in _taken(attempt):
            if (fact := _followed(message, tracer, kin, lines, secrets, queue)) is not None:
                entries = _entries(record, attempt, message, fact.trace)
                found.append(msgspec.structs.replace(fact, entries=entries))
        return msgspec.structs.replace(attempt, observations=(*attempt.observations, *found)) if found else attempt

    return msgspec.structs.replace(record, attempts=tuple(map(with_own, record.attempts)))


def _traced(lines: Sequence[Line]) -> LogTracer:
    tracer = LogTracer()
    tracer.take(each.line for each in lines)
    return tracer


def _taken(attempt: Attempt) -> list[Submitted]:
    facts = [fact for fact in attempt.observations if isinstance(fact, Submitted)]
    return [fact for fact in facts if fact.final is not None and fact.final.kind is ReplyClass.POSITIVE]


def _is_of(message: Submitted) -> Callable[[Story], bool]:
    """By the queue id that we were told, else by the token in the Message-ID."""
    if message.queue_id:
        return lambda story: story.queue_id == message.queue_id
    return lambda story: bool(message.token) and message.token in story.message_id


def _followed(
    message: Submitted,
    tracer: LogTracer,
    kin: Kin,
    lines: Sequence[Line],
    secrets: Secrets,
    queue: Callable[[str], Sequence[Waiting]],
) -> Followed | None:
    family = next(tracer.families(kin, _is_of(message)), None)
    waiting = tuple(queue(message.queue_id)) if message.queue_id else ()
    if family is None and not waiting:
        return None
    trace, quotes = LogTrace((message.queue_id,), "deferred", ()), tuple[LogQuote, ...]()
    if family is not None:
        family += _thrown_away_before(message, family, tracer, kin)
        trace = told(family, kin)
        quotes = tuple(quote_of(lines[event.at - 1], secrets) for _, event in events_of(family, kin))
    if waiting and trace.outcome == "open":
        held = any(each.queue in ("hold", "frozen") for each in waiting)
        trace = msgspec.structs.replace(trace, outcome="held" if held else "deferred")
    legs = tuple(
        msgspec.structs.replace(leg, params={key: secrets.mask_text(value) for key, value in leg.params.items()})
        for leg in trace.legs[-_MOST_LEGS:]
    )
    trace = msgspec.structs.replace(trace, legs=legs)
    turns = (message.final.turn,) if message.final is not None else ()
    return Followed(message.recipient, trace, quotes[-_MOST_LEGS:], waiting, turns=turns)


def _thrown_away_before(message: Submitted, family: list[Story], tracer: LogTracer, kin: Kin) -> list[Story]:
    """What an access table throws away has its line before there is a queue id: known by the envelope, and nearest.

    It gets an id all the same, and is told of no more.
    """
    own = family[0]

    if any(isinstance(event.fact, (Queued, Delivered)) for event in own.events):
        return []

    def is_it(story: Story) -> bool:
        about = story.sender == message.sender.lower() and message.recipient.lower() in story.recipients
        return about and not story.queue_id

    thrown = [
        event
        for found in tracer.families(kin, is_it)
        for story in found
        for event in story.events
        if isinstance(event.fact, Refused) and event.fact.action == "discard" and event.at <= own.events[-1].at
    ]
    if not thrown:
        return []
    nearest = Story("")
    nearest.add(max(thrown, key=lambda event: event.at))
    return [nearest]


def _entries(record: Record, attempt: Attempt, message: Submitted, trace: LogTrace) -> tuple[EntryUsed, ...]:
    """Which lines of Postfix's tables make others of its addresses, as this client hands it in.

    Only where the log has what they make of them: what is computed of a copy or of other files proves nothing here.
    """
    connection = next((fact for fact in attempt.observations if isinstance(fact, Connection)), None)
    client = str(address(connection.client) or "") if connection is not None else ""
    user = record.asked.user if message.logged_in else ""
    who = Client(Kind.LOGIN if message.logged_in else Kind.ADDRESS, client, user)
    port = str(attempt.endpoint.port) if attempt.endpoint is not None else ""
    delivered = {leg.params["recipient"].lower() for leg in trace.legs if "relay" in leg.params}
    found: dict[EntryUsed, None] = {}
    for sighting in record.seen(PostfixFiles):
        configured = configured_of(sighting.fact)
        way = way_of(configured.postfix, who, port)
        recipients, steps = envelope_recipient(way, written(message.recipient))
        if {unquote(each).lower() for each in recipients} & delivered:
            found |= dict.fromkeys(_used(configured, steps))
        senders, steps = envelope_sender(way, written(message.sender))
        if any(unquote(each).lower() == (trace.sender or "").lower() for each in senders):
            found |= dict.fromkeys(_used(configured, steps))
            if any("[" in leg.params.get("relay", "") for leg in trace.legs):
                for each in senders:
                    found |= dict.fromkeys(
                        _used(configured, generic(configured.postfix, each, Place.ENVELOPE_SENDER).steps)
                    )
    return tuple(found)


def _used(configured: Configured, steps: Sequence[Step]) -> Iterator[EntryUsed]:
    for step in steps:
        if step.outcome is Outcome.WON and "table" in step.params and step.file and step.line:
            line = configured.line(step.file, step.line)
            before = step.params.get("before") or step.params.get("address", "")
            after = step.params.get("after") or step.params.get("value", "")
            texts = (step.params.get("parameter", ""), unquote(before), unquote(after), line.where, line.text)
            yield EntryUsed(*map(printable, texts))
