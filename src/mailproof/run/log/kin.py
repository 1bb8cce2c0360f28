"""Which stories are of one message: behind a content filter, forwarded, reported, greylisted and come again."""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Iterator

from mailproof.model.log import Arrived, Delivered, Fact, Refused, Sieved, Stored
from mailproof.model.log_filter import DkimSaid, Greylisted, Scanned
from mailproof.parse.log.peer import peer
from mailproof.run.log.clock import instant
from mailproof.run.log.story import Event, Story

# A message that Sieve sends on is handed in at once; Dovecot gives its sendmail thirty seconds.
_SENT_ON = 120.0
# RFC 5321 section 4.5.4.1: a client gives up after four to five days.
_COMES_AGAIN = 5 * 86400.0
# A list that makes a message of its own for each member hands in so many at once (Mailman: 500 recipients a time).
_HANDED_IN = 500
# Lines of processes can be written out of order; a child can begin after the line that names it (Postfix 3.11).
_LATE = 500
# Dovecot counts the transactions of a connection and the recipients of each: `…:T2:R3`.
_SESSION = re.compile(r" ([A-Za-z0-9+/]{16,32}(?::[A-Z]\d{1,6}){0,4}) Saved")
_TEMPORARY = re.compile(r"4\d\d\b")


class Kin:
    """Answers who belongs to a story. `stories` are all of a log, in its order."""

    def __init__(self, stories: list[Story], mailboxes: list[Event]) -> None:
        self._by_id: dict[str, list[Story]] = {}
        self._by_message: dict[str, list[Story]] = {}
        for story in stories:
            if story.queue_id:
                self._by_id.setdefault(story.queue_id, []).append(story)
            if story.message_id:
                self._by_message.setdefault(story.message_id, []).append(story)
        self._of_session: dict[str, list[Event]] = {}
        self._of_message: dict[str, list[Event]] = {}
        for event in mailboxes:
            if isinstance(event.fact, (Sieved, Stored)):
                self._of_session.setdefault(event.fact.session, []).append(event)
                self._of_message.setdefault(event.fact.message_id.strip("<>"), []).append(event)
        self._next: dict[int, list[Story]] = {}
        self._before: dict[int, list[Story]] = {}
        self._reports: set[int] = set()
        self._handed: set[int] = set()
        for story in stories:
            for child in self._children(story):
                self._link(story, child)
        for same_id in self._by_id.values():
            for said, story in _of_a_filter_alone(same_id):
                self._link(story, said)
        for again, refused in _come_again(stories):
            self._link(refused, again)

    def family(self, story: Story) -> list[Story]:
        """The story and all that belong to it, itself first."""
        found = {id(story): story}
        waiting = [story]
        while waiting:
            one = waiting.pop()
            for kin in (*self._next.get(id(one), ()), *self._before.get(id(one), ())):
                if id(kin) not in found:
                    found[id(kin)] = kin
                    waiting.append(kin)
        return list(found.values())

    def is_handed_on(self, event: Event) -> bool:
        """Whether the delivery was to a program of this server that has handed the message in again."""
        return event.at in self._handed

    def is_report(self, story: Story) -> bool:
        """Whether the story is a report about another message, and no part of its way."""
        return id(story) in self._reports

    def mailboxes(self, family: list[Story]) -> Iterator[Event]:
        """What Dovecot did with it: by the session that stands in the reply of its LMTP, else by the Message-ID."""
        facts = (event.fact for story in family for event in story.events)
        replies = (_SESSION.search(fact.reason) for fact in facts if isinstance(fact, Delivered))
        sessions = {found[1] for found in replies if found}
        for session in sessions:
            yield from self._of_session.get(session, ())
        if not any(session in self._of_session for session in sessions):
            for name in {story.message_id for story in family if story.message_id}:
                yield from self._of_message.get(name, ())

    def _link(self, story: Story, child: Story) -> None:
        self._next.setdefault(id(story), []).append(child)
        self._before.setdefault(id(child), []).append(story)

    def _children(self, story: Story) -> Iterator[Story]:
        for queue_id, event in story.children.items():
            if (child := self._child(story, queue_id, event)) is not None:
                if queue_id in story.reports:
                    self._reports.add(id(child))
                yield child
        for queue_id in story.parents:
            before = [each for each in self._by_id.get(queue_id, ()) if each.began <= story.began + _LATE]
            if before and before[-1] is not story:
                self._link(before[-1], story)
                if story.is_report:
                    self._reports.add(id(story))
        if story.message_id in self._of_message:
            yield from self._copies(story)
        yield from self._come_back(story)

    def _child(self, story: Story, queue_id: str, event: Event) -> Story | None:
        """The story that the queue id began; not one that happens to have the id that another server gave."""
        for child in self._by_id.get(queue_id, ()):
            if child is story or child.events[-1].at < story.began or child.began > event.at + _LATE:
                continue
            same = child.message_id == story.message_id
            if (
                same
                or queue_id in story.reports
                or not isinstance(event.fact, Delivered)
                or _is_near(event.fact.relay)
            ):
                return child
        return None

    def _come_back(self, story: Story) -> Iterator[Story]:
        """What a program handed in again without telling the queue id: a filter by pipe, a list, procmail."""
        same = self._by_message.get(story.message_id, [])
        handed = [event for event in story.events if _is_handed_over(event.fact)] if len(same) > 1 else []
        if not handed:
            return
        after = bisect_right(same, story.began, key=lambda each: each.began)
        for other in same[after : after + _HANDED_IN]:
            began, first = instant(story.events[0].time), instant(other.events[0].time)
            late = began is not None and first is not None and first - began > _COMES_AGAIN
            if not late and _is_from_here(other):
                self._handed |= {event.at for event in handed}
                yield other
                if any(_is_handed_over(event.fact) for event in other.events):
                    # What comes after it is its own.
                    return

    def _copies(self, story: Story) -> Iterator[Story]:
        """What a Sieve script of the mailbox sent on: the same Message-ID, handed in a moment later."""
        for event in self._of_message[story.message_id]:
            if not isinstance(event.fact, Sieved) or event.fact.action != "forwarded":
                continue
            began = instant(event.time)
            for other in self._by_message.get(story.message_id, ()):
                first = instant(other.events[0].time)
                if other is story or began is None or first is None or other.began < story.began:
                    continue
                # The stamp of one log can have no fraction of the second.
                if -1 <= first - began <= _SENT_ON and not other.children.keys() & {story.queue_id}:
                    yield other


def _of_a_filter_alone(same_id: list[Story]) -> Iterator[tuple[Story, Story]]:
    """What only a filter said under a queue id, where it has another host (a container), and the message itself."""
    if len(same_id) < 2:
        return
    whole = [story for story in same_id if not all(isinstance(event.fact, _OF_FILTERS) for event in story.events)]
    for said in same_id:
        if said not in whole and (near := [each for each in whole if said.message_id in ("", each.message_id)]):
            yield said, min(near, key=lambda each: abs(each.began - said.began))


def _is_handed_over(fact: Fact) -> bool:
    """To a program, or to a server on this machine or beside it that answers without a queue id (Mailman's LMTP)."""
    if not isinstance(fact, Delivered) or fact.status != "sent" or fact.child:
        return False
    if fact.reason.startswith(("delivered via ", "delivered to command")):
        return True
    # Dovecot's LMTP is the end of the way.
    return "[" in fact.relay and not peer(fact.relay).path and _is_near(fact.relay) and " Saved" not in fact.reason


def _is_from_here(story: Story) -> bool:
    """Handed in by a user of this machine, or from it or beside it."""
    arrived = next((event.fact for event in story.events if isinstance(event.fact, Arrived)), None)
    return arrived is not None and bool(arrived.uid or ("[" in arrived.client and _is_near(arrived.client)))


def _is_near(relay: str) -> bool:
    """Whether the next hop is this machine or one beside it, as a filter is."""
    host = peer(relay)
    if host.path or relay in ("local", "virtual", "none", "") or "[" not in relay:
        return True
    try:
        address = ipaddress.ip_address(host.address)
    except ValueError:
        return False
    # Not is_private: the addresses of documentation are that too.
    return address.is_loopback or any(address in network for network in _NEAR if network.version == address.version)


_OF_FILTERS = (DkimSaid, Greylisted, Scanned)
_NEAR = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


def _come_again(stories: list[Story]) -> Iterator[tuple[Story, Story]]:
    """A message that was taken, and the story of its refusal for the time being: the same client and envelope."""
    refused: dict[tuple[str, str | None, str], Story] = {}
    for story in stories:
        keys = [(client, story.sender, to) for client in story.clients for to in story.recipients]
        if not story.queue_id:
            last = story.events[-1].fact
            if isinstance(last, Refused) and _TEMPORARY.match(last.reply):
                refused.update(dict.fromkeys(keys, story))
            continue
        for key in keys:
            if (before := refused.get(key)) is not None and story.began > before.began:
                del refused[key]
                first, then = instant(before.events[-1].time), instant(story.events[0].time)
                if first is None or then is None or then - first < _COMES_AGAIN:
                    yield story, before
