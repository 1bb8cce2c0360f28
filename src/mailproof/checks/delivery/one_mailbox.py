"""Do POP3 and IMAP show the user the same mailbox?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.retrieval import Retrieved

NAME = "one-mailbox"
NEEDS = (Retrieved,)
KINDS = (
    FindingKind(
        "delivered-elsewhere",
        Layer.RETRIEVAL,
        params=("seen_at",),
        explains=(Explains("not-delivered", Scope.SERVER),),
        references=("Dovecot manual: mail_location", "RFC 1939 section 5", "local(8) home_mailbox"),
    ),
)

# As many messages of a POP3 mailbox as are looked at: of a fuller one some have not been seen.
_ALL_SEEN = 20


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    searches = [s for s in record.seen(Retrieved) if s.fact.trouble is None and s.evidence() and url(s)]
    # What a filter put into another folder IMAP shows and POP3 cannot: `filtered-into-folder`.
    found = {s.fact.token: s for s in reversed(searches) if s.fact.found and s.fact.mailbox == "INBOX"}
    last = {(s.fact.token, url(s)): s for s in searches}
    for (token, _), search in last.items():
        where = found.get(token)
        if where is None or where.attempt.endpoint == search.attempt.endpoint:
            continue
        evidence = where.evidence() + search.evidence()
        if search.fact.found:
            yield Passed(NAME, evidence, url(search))
        elif search.fact.messages <= _ALL_SEEN:
            yield Finding("delivered-elsewhere", evidence, **place(search), params={"seen_at": where.url})
