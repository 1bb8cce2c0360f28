"""Does a delivered message lie where new mail is looked for?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed, Scope
from mailproof.model.observation import Retrieved
from mailproof.model.policy import Policy
from mailproof.model.record import Record

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
            yield Finding("filtered-into-folder", evidence, **place(search), params=params)
