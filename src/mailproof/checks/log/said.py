"""Does the server's log tell of nothing that is wrong?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.log.causes import CAUSES
from mailproof.checks.survey import place
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, Param, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.server_log import LogRead, LogSaid

NAME = "log-clean"
NEEDS = (LogRead, LogSaid)
KINDS = CAUSES

_KINDS = {kind.name: kind for kind in CAUSES}
# 1 the server does not work, 2 mail is stuck or lost: whoever it befell. What is refused to others is theirs.
_EVERYBODYS = 2


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    found = False
    for sighting in record.seen(LogSaid):
        fact = sighting.fact
        ours = sighting.attempt.endpoint is not None
        if fact.name not in _KINDS or not (ours or fact.rank <= _EVERYBODYS):
            continue
        found = True
        evidence = (*_quoted(sighting), *sighting.evidence())
        if ours:
            yield Finding(fact.name, evidence, **place(sighting), params=_params(fact))
        else:
            yield Finding(fact.name, evidence, params=_params(fact))
    for read in record.seen(LogRead):
        for reason in read.fact.unread:
            yield Untold(NAME, "log-not-read", asked=True, params={"reason": reason})
        if not found and not read.fact.unread:
            looked = f"{read.fact.lines} lines, {read.fact.joined} of this run"
            yield Passed(NAME, (Evidence(EvidenceKind.LOG, ", ".join(read.fact.files), looked),))


def _quoted(sighting: Sighting[LogSaid]) -> tuple[Evidence, ...]:
    return tuple(Evidence(EvidenceKind.LOG, line.where, line.text) for line in sighting.fact.lines)


def _params(fact: LogSaid) -> dict[str, Param]:
    return {name: fact.params.get(name, "-") for name in _KINDS[fact.name].params}
