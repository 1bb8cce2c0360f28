"""Does the server's own word on an accepted message say that it is in its mailbox?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.delivery.message_in_inbox import KINDS as IN_INBOX
from mailproof.checks.delivery.one_mailbox import KINDS as ONE_MAILBOX
from mailproof.checks.log.causes import cause_named
from mailproof.checks.survey import place
from mailproof.model.envelope import Submitted
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, Param, Passed
from mailproof.model.followed import Followed
from mailproof.model.log_trace import LogLeg
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.retrieval import Retrieved

NAME = "message-goes-through"
NEEDS = (Followed,)
KINDS = (
    *(cause_named(name) for name in ("delivery-bounced", "delivery-deferred", "mail-discarded")),
    *IN_INBOX,
    *ONE_MAILBOX,
)
_NAMED = {
    "bounced": "delivery-bounced",
    "deferred": "delivery-deferred",
    "discarded": "mail-discarded",
    "held": "delivery-deferred",
    "refused": "delivery-bounced",
}
_TELLING = {
    "bounced": ("bounced", "expired", "force-expired", "undeliverable", "notified", "sieved"),
    "deferred": ("deferred", "softbounce"),
    "discarded": ("refused", "sent", "sieved"),
    "held": ("refused", "managed"),
    "refused": ("refused",),
}
"""The legs that say why, by the outcome."""


_SORTED = ("stored", "sieved")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in record.seen(Followed):
        fact = sighting.fact
        searches = _searches(record, sighting)
        found = next((search for search in searches if search.fact.found), None)
        if found is not None:
            # Whatever else became of it (a copy that was sent on): it is where it should be, or in another folder.
            if found.fact.mailbox != "INBOX" and any(leg.kind in _SORTED for leg in fact.trace.legs):
                params: dict[str, Param] = {"folder": found.fact.mailbox, "use": found.fact.special_use}
                yield Finding("filtered-into-folder", _lines(fact, _SORTED), **place(found), params=params)
            yield Passed(NAME, (*sighting.evidence(), *_lines(fact), *_entries(fact)), sighting.url)
        elif (name := _NAMED.get(fact.trace.outcome)) is not None:
            kinds = _TELLING[fact.trace.outcome]
            evidence = (*sighting.evidence(), *_lines(fact, kinds), *_queue(fact), *_entries(fact))
            yield Finding(name, evidence, **place(sighting))
        elif fact.trace.outcome == "delivered":
            yield from _delivered(sighting, searches)


def _delivered(sighting: Sighting[Followed], searches: list[Sighting[Retrieved]]) -> Iterator[Answer]:
    """By the server's word, and not found where it was looked for."""
    fact = sighting.fact
    folders = [leg for leg in fact.trace.legs if leg.kind == "stored" and leg.params["folder"].upper() != "INBOX"]
    looked = [search for search in searches if search.fact.trouble is None]
    if folders and looked:
        params: dict[str, Param] = {"folder": folders[-1].params["folder"], "use": ""}
        evidence = (*looked[-1].evidence(), *_lines(fact, _SORTED))
        yield Finding("filtered-into-folder", evidence, **place(looked[-1]), params=params)
    elif looked and (elsewhere := _elsewhere(fact)) is not None:
        lines, seen = _lines(fact, ("sent", "sieved")), looked[-1].evidence()
        entries = _entries(fact)
        evidence = (*entries, *lines, *seen) if entries else (*seen, *lines)
        yield Finding("delivered-elsewhere", evidence, **place(looked[-1]), params={"seen_at": elsewhere})
    elif not looked:
        yield Passed(NAME, (*sighting.evidence(), *_lines(fact), *_entries(fact)), sighting.url)


def _elsewhere(fact: Followed) -> str | None:
    """Another address that it was delivered to, or that Sieve sent it on to; None where there is none."""
    for leg in reversed(fact.trace.legs):
        if leg.kind == "sieved" and leg.params["action"] == "forwarded":
            return leg.params["detail"]
        if leg.kind == "sent" and leg.params["recipient"].lower() != fact.recipient.lower():
            return f"{leg.params['recipient']} ({leg.params['relay']})"
    return None


def _searches(record: Record, sighting: Sighting[Followed]) -> list[Sighting[Retrieved]]:
    own = (seen for seen in sighting.attempt.observations if isinstance(seen, Submitted))
    tokens = {seen.token for seen in own if seen.recipient == sighting.fact.recipient}
    return [search for search in record.seen(Retrieved) if search.fact.token in tokens]


def _lines(fact: Followed, kinds: tuple[str, ...] = ()) -> tuple[Evidence, ...]:
    """Those of legs of these kinds; of all where there is none of them."""
    legs: list[LogLeg] = [leg for leg in fact.trace.legs if leg.kind.lower() in kinds]
    chosen = legs or fact.trace.legs
    lines = zip(fact.trace.legs, fact.lines, strict=False)
    return tuple(Evidence(EvidenceKind.LOG, line.where, line.text) for leg, line in lines if leg in chosen)


def _queue(fact: Followed) -> tuple[Evidence, ...]:
    shown = [(each, f"<{each.recipient}>" + (f": {each.reason}" if each.reason else "")) for each in fact.waiting]
    return tuple(Evidence(EvidenceKind.FILE, f"{each.where}, {each.queue}", text) for each, text in shown)


def _entries(fact: Followed) -> tuple[Evidence, ...]:
    return tuple(Evidence(EvidenceKind.CONFIG, each.where, each.text) for each in fact.entries)
