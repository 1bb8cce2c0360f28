"""Does a delivered message lie where new mail is looked for?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.sending_side import beside, results
from mailproof.checks.survey import place, url
from mailproof.model.envelope import Submitted
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.retrieval import Retrieved
from mailproof.parse.junk import is_junk

NAME = "message-in-inbox"
NEEDS = (Retrieved,)
KINDS = (
    FindingKind(
        "filtered-into-folder",
        Layer.RETRIEVAL,
        params=("folder", "use"),
        explains=(Explains("not-delivered", Scope.SERVER),),
        references=("RFC 6154 section 2", "RFC 5228 section 4.1", "RFC 5804 section 2.6"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for search in record.seen(Retrieved):
        fact, evidence = search.fact, search.evidence()
        if not fact.found or not evidence:
            continue
        if fact.mailbox == "INBOX":
            yield Passed(NAME, evidence, url(search))
        else:
            params: dict[str, Param] = {"folder": fact.mailbox, "use": fact.special_use}
            if is_junk(fact.mailbox, fact.special_use):
                evidence += (*results(search), *_sending_side(record, search))
            yield Finding("filtered-into-folder", evidence, **place(search), params=params)


def _sending_side(record: Record, search: Sighting[Retrieved]) -> tuple[Evidence, ...]:
    """As it was met where the message was handed in."""
    handed_in = (each for each in record.seen(Submitted) if each.fact.token == search.fact.token)
    return tuple(piece for each in handed_in for piece in beside(record, each.attempt.endpoint))
