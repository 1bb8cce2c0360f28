"""One message from submission to mailbox: what a log says of it, over re-injection, reports and the mailbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from mailproof.model.log import Accepted, Arrived, Delivered, Fact, Identified, LogLine, Refused
from mailproof.model.log_connection import Connected, Disconnected
from mailproof.model.log_filter import Greylisted
from mailproof.model.log_trace import LogTrace
from mailproof.parse.log.facts import fact_of, is_mail
from mailproof.run.log.kin import Kin
from mailproof.run.log.legs import told
from mailproof.run.log.period import Between
from mailproof.run.log.story import OF_MAILBOXES, OF_MESSAGES, OF_SESSIONS, Event, Story, address_of

# As many lines of one connection belong to the message that it brings.
_OF_A_SESSION = 20
# What a table or a restriction does beside refusing (access(5)): the message goes on.
_GOES_ON = ("filter", "warn", "info", "bcc", "delay", "redirect", "prepend", "replace", "reject_warning", "hold")
_SESSIONS = 20_000
# journald's RateLimitBurst and rsyslog's imuxsock say so when they leave lines out.
_GAPS = ("Suppressed ", "messages lost due to rate-limiting", "begin to drop messages")


class Wanted(NamedTuple):
    """What the message must have; what is empty is free. Addresses in any case, a message id with or without <>."""

    queue_id: str = ""
    message_id: str = ""
    sender: str = ""
    recipient: str = ""
    client: str = ""
    """The IP address that it came from."""
    status: str = ""
    """The outcome, or the status of one of its deliveries."""
    period: Between | None = None
    """In which one of its lines lies."""


class LogTracer:
    """Takes the lines of a log; keeps the facts of all messages in it, so memory grows with their number."""

    def __init__(self) -> None:
        self._stories: list[Story] = []
        self._open: dict[tuple[str, ...], Story] = {}
        self._latest: dict[tuple[str, str], Story] = {}
        self._refused: dict[tuple[str, ...], Story] = {}
        self._sessions: dict[tuple[str, str, str], list[Event]] = {}
        self._mailboxes: list[Event] = []
        self._at = 0
        self.mail = 0
        self.gaps = 0
        """Lines that say that the system left out others."""

    def take(self, lines: Iterable[LogLine | bytes]) -> None:
        for line in lines:
            if isinstance(line, bytes):
                continue
            if not is_mail(line):
                if line.program in ("systemd-journald", "rsyslogd") and any(sign in line.text for sign in _GAPS):
                    self.gaps += 1
                continue
            self.mail += 1
            self._at += 1
            fact = fact_of(line)
            if fact is None:
                continue
            event = Event(self._at, line.time, fact)
            if isinstance(fact, OF_MAILBOXES):
                self._mailboxes.append(event)
            elif isinstance(fact, OF_SESSIONS):
                self._of_session(line, event)
            elif isinstance(fact, Disconnected):
                self._sessions.pop((line.host, line.tag, line.pid), None)
            elif isinstance(fact, OF_MESSAGES):
                self._of_message(line, event)

    def traces(self, wanted: Wanted) -> tuple[LogTrace, ...]:
        """Every message that is as wanted, in the order of the log."""
        kin = self.kin()
        traces = []
        for family in self.families(kin, lambda story: _is_wanted(story, wanted)):
            trace = told(family, kin, wanted.recipient.lower().strip("<>"))
            if wanted.status in ("", trace.outcome) or any(leg.kind == wanted.status for leg in trace.legs):
                traces.append(trace)
        return tuple(traces)

    def kin(self) -> Kin:
        """Who belongs together, of all that was taken so far."""
        return Kin(self._stories, self._mailboxes)

    def families(self, kin: Kin, is_wanted: Callable[[Story], bool]) -> Iterator[list[Story]]:
        """The stories of each message that has one that is wanted, that one first."""
        seen: set[int] = set()
        for story in self._stories:
            if id(story) in seen or not is_wanted(story):
                continue
            family = kin.family(story)
            seen |= {id(each) for each in family}
            yield family

    def _of_session(self, line: LogLine, event: Event) -> None:
        key = (line.host, line.tag, line.pid)
        if isinstance(event.fact, Connected) or key not in self._sessions:
            if len(self._sessions) >= _SESSIONS:
                self._sessions.pop(next(iter(self._sessions)))
            self._sessions[key] = []
        self._sessions[key].append(event)
        del self._sessions[key][:-_OF_A_SESSION]

    def _of_message(self, line: LogLine, event: Event) -> None:
        queue_id = getattr(event.fact, "queue_id", "")
        if not queue_id and not isinstance(event.fact, (Refused, Accepted, Greylisted)):
            return
        if not queue_id and isinstance(event.fact, Refused) and event.fact.action in _GOES_ON and line.pid:
            # `NOQUEUE: filter: RCPT …`: the queue id comes in the next line of the same process.
            self._of_session(line, event)
            return
        story = self._story(line, queue_id, event.fact)
        if line.pid and isinstance(event.fact, (Arrived, Delivered, Refused)):
            before = self._sessions.get((line.host, line.tag, line.pid), [])
            for each in before:
                # One connection can bring several messages; each has it in its story.
                story.add(each)
            if isinstance(event.fact, Delivered):
                before.clear()
        story.add(event)

    def _story(self, line: LogLine, queue_id: str, fact: Fact) -> Story:
        if not queue_id:
            return self._before_the_queue(fact)
        # Several instances on one machine; filters know only the id.
        instance = line.tag.partition("/")[0] if "/" in line.tag else ""
        key = (line.host, instance, queue_id)
        story = self._open.get(key) if instance else self._latest.get((line.host, queue_id))
        if story is None or (story.removed and isinstance(fact, (Arrived, Identified))):
            story = Story(queue_id)
            self._stories.append(story)
            self._open[key] = story
        self._latest[line.host, queue_id] = story
        return story

    def _before_the_queue(self, fact: Fact) -> Story:
        """One story for all that a client tried with one envelope."""
        names = [getattr(fact, name, "") for name in ("sender", "recipient")]
        key = (address_of(getattr(fact, "client", "")), *map(str.lower, names))
        if (story := self._refused.get(key)) is None or not any(names):
            story = self._refused[key] = Story("")
            self._stories.append(story)
        return story


def _is_wanted(story: Story, wanted: Wanted) -> bool:
    return (
        wanted.queue_id in ("", story.queue_id)
        and wanted.message_id.strip("<>") in ("", story.message_id)
        and (not wanted.sender or wanted.sender.lower().strip("<>") == story.sender)
        and (not wanted.recipient or wanted.recipient.lower().strip("<>") in story.recipients)
        and (not wanted.client or wanted.client in story.clients)
        and (wanted.period is None or any(wanted.period.place(event.time) == 0 for event in story.events))
    )
