"""Is a message that the server says it stored found where its user looks?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.delivery.one_mailbox import KINDS as ONE_MAILBOX
from mailproof.checks.survey import place
from mailproof.model.envelope import Submitted
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.retrieval import Retrieved
from mailproof.model.server_log import LogStored

NAME = "stored-where-it-is-read"
NEEDS = (LogStored, Submitted, Retrieved)
KINDS = ONE_MAILBOX

_INBOX = "INBOX"


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for stored in record.seen(LogStored):
        handed_in = next((fact for fact in stored.attempt.observations if isinstance(fact, Submitted)), None)
        searches = [s for s in record.seen(Retrieved) if handed_in and s.fact.token == handed_in.token]
        looked = [s for s in searches if s.fact.trouble is None]
        line = Evidence(EvidenceKind.LOG, stored.fact.line.where, stored.fact.line.text)
        if any(s.fact.found for s in looked):
            yield Passed(NAME, (line,), stored.url)
        elif looked and stored.fact.folder.upper() == _INBOX:
            evidence = (*looked[-1].evidence(), line)
            where = f"{stored.fact.folder} ({stored.fact.user})"
            yield Finding("delivered-elsewhere", evidence, **place(looked[-1]), params={"seen_at": where})
