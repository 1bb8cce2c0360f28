"""Are all logs that a database needs there, sound, its own, and in one row?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from mailproof.checks.ese.shown import called, header_lines, log_lines, names, spans
from mailproof.emulate.ese.situation import Situation, Span, gaps, logs_of, situations, usable
from mailproof.model.attempt import Job
from mailproof.model.ese import EseDatabase, EseLog, LogFlaw, LogLink
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "ese-logs-whole"
NEEDS = (EseLog,)
KINDS = (
    FindingKind(
        "ese-log-damaged",
        Layer.DATABASE,
        params=("files", "how", "need"),
        references=(
            "Extensible-Storage-Engine dev/ese/src/ese/_log/logread.cxx ErrLGCheckReadLastLogRecordFF",
            "learn.microsoft.com: Eseutil /ML file dump mode",
        ),
    ),
    FindingKind(
        "ese-log-missing",
        Layer.DATABASE,
        params=("logs", "need"),
        references=("Extensible-Storage-Engine dev/ese/src/ese/_log/logdump.cxx ErrDUMPLog",),
    ),
    FindingKind(
        "ese-log-foreign",
        Layer.DATABASE,
        params=("files", "need"),
        references=("Extensible-Storage-Engine dev/ese/src/ese/_log/logdump.cxx JET_errBadLogSignature",),
    ),
)
Name = Callable[[str], str]
"""How a file is called in a sentence."""


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    name = called(record)
    for situation in situations(record):
        yield from _of_database(situation, name)
    for attempt in record.attempts:
        if attempt.job is Job.EXAMINE and not any(isinstance(fact, EseDatabase) for fact in attempt.observations):
            yield from _of_logs_alone(logs_of(attempt), name)


def _of_database(situation: Situation, name: Name) -> Iterator[Answer]:
    """Of a clean database the logs tell nothing of it: what is wrong with them is worth knowing."""
    logs = situation.own
    if not (logs or situation.foreign):
        yield Untold(NAME, "ese-no-logs", asked=situation.dirty)
        return
    findings = [*_damaged(logs, situation.need, name), *_missing(situation), *_foreign(situation, name)]
    yield from findings
    unread = [log for log in logs if log.flaw is LogFlaw.UNVERIFIED]
    if unread:
        yield _untold(unread[0], name, asked=any(situation.need(log) != "no" for log in unread))
    elif not findings:
        yield Passed(NAME, (*header_lines(situation.database), *log_lines(_ends(logs))))


def _untold(log: EseLog, name: Name, asked: bool) -> Untold:
    params = {"version": log.version.partition(".")[0] or "?", "file": name(log.file)}
    return Untold(NAME, "ese-log-version", asked=asked, params=params)


def _of_logs_alone(logs: Sequence[EseLog], name: Name) -> Iterator[Answer]:
    if not logs:
        return
    own = [log for log in logs if log.link is not LogLink.OTHER_SIGNATURE]
    findings = [*_damaged(own, _unknown, name), *_gaps(gaps([log for log in own if log.stem]), own, "unknown")]
    foreign = [log for log in logs if log.link is LogLink.OTHER_SIGNATURE]
    if foreign:
        params: dict[str, Param] = {"files": names(foreign, name), "need": "unknown"}
        findings.append(Finding("ese-log-foreign", log_lines(foreign), params=params))
    yield from findings
    unread = [log for log in own if log.flaw is LogFlaw.UNVERIFIED]
    if unread:
        yield _untold(unread[0], name, asked=True)
    elif not findings:
        yield Passed(NAME, log_lines(_ends(logs)))


def _unknown(log: EseLog) -> str:
    return "unknown"


def _damaged(logs: Iterable[EseLog], need: Callable[[EseLog], str], name: Name) -> Iterator[Finding]:
    """One finding for each kind of damage, and for whether the logs are needed."""
    groups: dict[tuple[str, str], list[EseLog]] = defaultdict(list)
    for log in logs:
        if log.flaw not in (LogFlaw.NONE, LogFlaw.UNVERIFIED):
            groups[str(log.flaw), need(log)].append(log)
        elif not usable(log):
            groups[str(log.link), need(log)].append(log)
    for (how, needed), members in groups.items():
        params: dict[str, Param] = {"files": names(members, name), "how": how, "need": needed}
        yield Finding("ese-log-damaged", log_lines(members), params=params)


def _missing(situation: Situation) -> Iterator[Finding]:
    database, logs = situation.database, situation.own
    needed = (("required", situation.required_missing), ("committed", situation.committed_missing))
    for need, found in needed:
        yield from _gaps(found, logs, need, header_lines(database))
    named = {span for _, found in needed for span in found}
    rest = [span for span in gaps(logs) if span not in named and not _overlaps(span, situation)]
    yield from _gaps(rest, logs, "no")


def _overlaps(span: Span, situation: Situation) -> bool:
    """Part of what is missing is told already, for the database needs it."""
    every = (*situation.required_missing, *situation.committed_missing)
    return any(span[0] <= last and first <= span[1] for first, last in every)


def _gaps(
    found: Sequence[Span], logs: Sequence[EseLog], need: str, evidence: tuple[Evidence, ...] = ()
) -> Iterator[Finding]:
    if not found:
        return
    edges = {edge for first, last in found for edge in (first - 1, last + 1)}
    around = [log for log in logs if log.known in edges]
    params: dict[str, Param] = {"logs": spans(found), "need": need}
    yield Finding("ese-log-missing", (*evidence, *log_lines(around)), params=params)


def _foreign(situation: Situation, name: Name) -> Iterator[Finding]:
    """Beside a clean database they are left over, which another check says."""
    if not (situation.dirty and situation.foreign):
        return
    needed = not situation.own or any(situation.need(log) != "no" for log in situation.foreign)
    params: dict[str, Param] = {"files": names(situation.foreign, name), "need": "required" if needed else "no"}
    yield Finding("ese-log-foreign", log_lines(situation.foreign), params=params)


def _ends(logs: Sequence[EseLog]) -> tuple[EseLog, ...]:
    return tuple(dict.fromkeys((logs[0], logs[-1]))) if logs else ()
