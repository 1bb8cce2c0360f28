"""Does POP3 call each message by one name, at every look, and no two by the same?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from mailproof.checks.survey import place, url
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import ReplyClass
from mailproof.model.retrieval import NamedMessage, UidsListed

NAME = "uids-kept"
NEEDS = (UidsListed,)
KINDS = (
    FindingKind(
        "uidl-changed",
        Layer.RETRIEVAL,
        params=("how", "uids"),
        gathered=("uids",),
        references=("RFC 1939 section 7", "RFC 6856 section 2.2", "Dovecot manual: pop3_uidl_format"),
    ),
)

_Look = Sighting[UidsListed]


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    mailboxes: dict[tuple[str, str], list[_Look]] = defaultdict(list)
    for look in record.seen(UidsListed):
        if look.attempt.endpoint is not None and look.evidence():
            mailboxes[look.endpoint.host, look.fact.user].append(look)
    for looks in mailboxes.values():
        yield from _judged(looks)


def _judged(looks: list[_Look]) -> Iterator[Answer]:
    for look in looks:
        if doubled := _doubled(look.fact.messages):
            one, other = doubled
            uids = f"{one.number} = {other.number} = {one.uid}"
            yield Finding("uidl-changed", look.evidence(), **place(look), params={"how": "doubled", "uids": uids})
            return
    first, *others = looks
    compared: list[tuple[_Look, NamedMessage, NamedMessage]] = [
        (later, before, now)
        for later in others
        for before, now in _same_messages(first.fact.messages, later.fact.messages)
    ]
    for later, before, now in compared:
        if before.uid != now.uid:
            uids = f"{before.number}: {before.uid} -> {now.uid}"
            evidence = first.evidence() + later.evidence()
            yield Finding("uidl-changed", evidence, **place(later), params={"how": "changed", "uids": uids})
            return
    if compared:
        later = compared[-1][0]
        yield Passed(NAME, first.evidence() + later.evidence(), url(later))
        return
    refused = first.fact.reply.kind is not ReplyClass.POSITIVE
    why = "uidl-refused" if refused else "seen-once" if first.fact.messages else "no-messages"
    yield Untold(NAME, why, url(first), params={"reply": first.fact.reply.line} if refused else {})


def _doubled(messages: Iterable[NamedMessage]) -> tuple[NamedMessage, NamedMessage] | None:
    """Two messages with one name that differ in size: copies may share it (RFC 1939 section 7)."""
    seen: dict[str, NamedMessage] = {}
    for message in messages:
        other = seen.setdefault(message.uid, message)
        if other.octets is not None and message.octets is not None and other.octets != message.octets:
            return other, message
    return None


def _same_messages(
    before: Iterable[NamedMessage], now: Iterable[NamedMessage]
) -> Iterator[tuple[NamedMessage, NamedMessage]]:
    """Pairs that are certainly one message: header and size are the same, and no other has them."""
    earlier, later = _by_header(before), _by_header(now)
    for key, messages in later.items():
        if len(messages) == len(earlier.get(key, ())) == 1:
            yield earlier[key][0], messages[0]


def _by_header(messages: Iterable[NamedMessage]) -> dict[tuple[str, int | None], list[NamedMessage]]:
    found: dict[tuple[str, int | None], list[NamedMessage]] = defaultdict(list)
    for message in messages:
        if message.header:
            found[message.header, message.octets].append(message)
    return found
