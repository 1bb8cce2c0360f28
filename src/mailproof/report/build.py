"""From a record and its judgement to the report: the words, the endpoints, the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from mailproof.catalog.log_messages import log_message
from mailproof.catalog.pages import load
from mailproof.catalog.words import fill, words
from mailproof.model.finding import Severity, Untold
from mailproof.model.followed import Followed
from mailproof.model.policy import Policy
from mailproof.model.record import SCHEMA, Record, Sighting
from mailproof.model.report import Judged, MessageReport, NotTested, PassedItem, Report, Verdict
from mailproof.report.endpoints import endpoint_reports


class Judgement(Protocol):
    """What `diagnose` hands over; named here by its shape, for reports may not import judgement."""

    @property
    def findings(self) -> tuple[Judged, ...]: ...
    @property
    def causes(self) -> tuple[Judged, ...]: ...
    @property
    def passed(self) -> tuple[PassedItem, ...]: ...
    @property
    def untold(self) -> tuple[Untold, ...]: ...


def build(record: Record, judgement: Judgement, policy: Policy) -> Report:
    """The report of a judged record.

    Raises NoSuchPage for a finding, KeyError for a reason, that the catalogue has no words for: our mistake.
    """
    findings = tuple(_told(item) for item in judgement.findings)
    not_tested = _not_tested(record, judgement.untold)
    return Report(
        mailproof=record.mailproof,
        schema=SCHEMA,
        started=_utc(record.started),
        seconds=round(record.seconds, 3),
        verdict=_verdict(findings, judgement.passed, not_tested),
        causes=tuple(_told(item) for item in judgement.causes),
        findings=findings,
        passed=judgement.passed,
        not_tested=not_tested,
        endpoints=endpoint_reports(record, findings),
        transcripts=record.transcripts(),
        profile=policy.name,
        targets=tuple(target.text for target in record.targets),
        vantage=record.vantage,
        proxy=record.asked.proxy,
        messages=tuple(_message(sighting) for sighting in record.seen(Followed)),
    )


def message(item: Judged, lang: str) -> str:
    """The sentence of a finding in a language, filled with its parameters.

    Where a line of the log tells it, and not all that the sentence asks for, it is that of the log's message.
    """
    page = load(item.name, lang)
    if not page.parameters <= item.params.keys():
        return log_message(item.name).meaning[lang]
    return fill(page.message, page.called(item.params), lang)


# These only follow from something that is told beside them.
_FOLLOWING = frozenset(
    {
        "earlier-refusal",
        "already-logged-in",
        "not-reached",
        "not-submitted",
        "mailbox-not-read",
        "no-mailbox-endpoint",
    }
)


def most_telling(report: Report) -> NotTested | None:
    """Of what was asked and could not be told, what says most of why: the server's own words, if there are any.

    None where nothing that was asked is open.
    """

    def telling(item: NotTested) -> int:
        return 2 if item.reason in _FOLLOWING else 0 if "reply" in item.params else 1

    return min((item for item in report.not_tested if item.asked), key=telling, default=None)


def _message(sighting: Sighting[Followed]) -> MessageReport:
    fact = sighting.fact
    return MessageReport(sighting.url, fact.recipient, fact.trace, fact.waiting, fact.entries)


def _told(item: Judged) -> Judged:
    return msgspec.structs.replace(item, message=message(item, "en"))


def _utc(moment: datetime) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _not_tested(record: Record, untold: Iterable[Untold]) -> tuple[NotTested, ...]:
    """What was not tried, then what the record does not tell; each once, and of each file."""
    english = words("en")
    found: dict[tuple[str, str | None, str, str], NotTested] = {}

    def add(what: str, reason: str, endpoint: str | None, asked: bool, params: dict[str, str]) -> None:
        key = (what, endpoint, reason, params.get("file", ""))
        if key in found and (found[key].asked or not asked):
            return
        why = english.reason(reason, params)
        found[key] = NotTested(what, why, endpoint, reason, dict(params), asked)

    for attempt in record.attempts:
        for skipped in attempt.skipped:
            add(skipped.what, skipped.why, skipped.endpoint, skipped.asked, skipped.params)
    for item in untold:
        add(item.name, item.why, item.endpoint, item.asked, item.params)
    return tuple(found.values())


def _verdict(findings: Sequence[Judged], passed: Sequence[PassedItem], not_tested: Iterable[NotTested]) -> Verdict:
    """fail if a finding is, else unknown if something asked could not be tried, else warn, else pass.

    Where nothing was found and nothing proven, nothing is known.
    """
    severities = {item.severity for item in findings}
    if Severity.FAIL in severities:
        return Verdict.FAIL
    if any(item.asked for item in not_tested) or not (findings or passed):
        return Verdict.UNKNOWN
    return Verdict.WARN if Severity.WARN in severities else Verdict.PASS
