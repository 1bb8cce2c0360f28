"""From a record to a judgement: run the checks, weigh the findings, tell causes from consequences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from mailproof.checks import Check, all_checks, subjects_of
from mailproof.diagnose.arrows import LAYER_ORDER, holds, scheme_of, usable
from mailproof.diagnose.beside import lines_by_turn, told_once, with_lines
from mailproof.diagnose.same import identity, together
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Finding, FindingKind, Param, Passed, Severity, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import one_remedy
from mailproof.model.report import Judged, PassedItem

# Per place and in all: a report is read by people, and a finding at a hundred endpoints is seen at the first few.
# The transcripts hold the rest.
# Seven ports were tried where none answers.
EVIDENCE_PER_PLACE = 8
EVIDENCE_IN_ALL = 24

_WEIGHT = {Severity.FAIL: 0, Severity.WARN: 1, Severity.INFO: 2}


class Judgement(msgspec.Struct, frozen=True):
    findings: tuple[Judged, ...]
    """All of them, worst first; `message` is empty, for words are the report's business."""
    causes: tuple[Judged, ...]
    """Those of severity fail or warn that no other of severity fail or warn explains, most telling first."""
    passed: tuple[PassedItem, ...]
    untold: tuple[Untold, ...]


class _Weighed(msgspec.Struct, frozen=True):
    finding: Finding
    kind: FindingKind
    severity: Severity
    explained_by: tuple[str, ...] = ()


def judge(record: Record, policy: Policy, checks: Sequence[Check] | None = None) -> Judgement:
    """What the record amounts to by the standards of `policy`: by each check that can have an answer, or by these.

    Raises KeyError for a finding that its check does not declare or the policy does not know: our mistake.
    """
    chosen = all_checks(*subjects_of(record)) if checks is None else checks
    kinds = {kind.name: kind for check in chosen for kind in check.kinds}
    findings: list[Finding] = []
    passed: dict[PassedItem, None] = {}
    untold: list[Untold] = []
    for check in chosen:
        for answer in check.check(record, policy):
            if isinstance(answer, Finding):
                findings.append(answer)
            elif isinstance(answer, Passed):
                passed[PassedItem(answer.name, answer.endpoint, answer.evidence)] = None
            elif answer not in untold:
                untold.append(answer)
    lines = lines_by_turn(record)
    weighed = _explained([_weigh(with_lines(finding, lines), kinds, policy) for finding in told_once(findings)])
    judged = _grouped(weighed)
    return Judgement(_worst_first(judged, kinds), _causes(judged, kinds), tuple(passed), tuple(untold))


def _weigh(finding: Finding, kinds: dict[str, FindingKind], policy: Policy) -> _Weighed:
    severity = policy.severity(finding.name, scheme_of(finding.endpoint), finding.params)
    return _Weighed(finding, kinds[finding.name], severity)


def _explained(weighed: list[_Weighed]) -> list[_Weighed]:
    """Each with the names of what explains it, where it stands. What is only worth knowing explains nothing."""
    causes = [item for item in weighed if item.severity is not Severity.INFO]
    arrows = usable({item.kind.name: item.kind for item in weighed}.values())
    out: list[_Weighed] = []
    for item in weighed:
        by = {
            cause.kind.name
            for cause in causes
            for arrow in arrows[cause.kind.name]
            if cause is not item and holds(arrow, cause.finding, item.finding)
        }
        out.append(msgspec.structs.replace(item, explained_by=tuple(sorted(by))))
    return out


def _grouped(weighed: Iterable[_Weighed]) -> list[Judged]:
    """One fault with the same cause at several endpoints is one finding.

    Where it follows from something at one endpoint and stands alone at another, it is two: one is a consequence,
    the other a cause.
    """
    groups: dict[tuple[str, tuple[tuple[str, Param], ...], tuple[str, ...]], list[_Weighed]] = {}
    for item in weighed:
        key = (item.finding.name, identity(item.kind, item.finding.params), item.explained_by)
        groups.setdefault(key, []).append(item)
    return [_judged(members) for members in groups.values()]


def _judged(members: list[_Weighed]) -> Judged:
    first = members[0].finding
    places = dict.fromkeys(item.finding.endpoint for item in members)
    evidence: dict[Evidence, None] = {}
    for item in members:
        evidence.update(dict.fromkeys(item.finding.evidence[:EVIDENCE_PER_PLACE]))
    return Judged(
        name=first.name,
        severity=min((item.severity for item in members), key=_WEIGHT.__getitem__),
        endpoint=first.endpoint,
        address=first.address,
        endpoints=tuple(place for place in places if place is not None),
        params=together([item.finding.params for item in members]),
        message="",
        explained_by=members[0].explained_by,
        evidence=tuple(evidence)[:EVIDENCE_IN_ALL],
        remedy=one_remedy(item.finding.remedy for item in members),
    )


def _worst_first(judged: Iterable[Judged], kinds: dict[str, FindingKind]) -> tuple[Judged, ...]:
    return tuple(sorted(judged, key=lambda item: (_WEIGHT[item.severity], _layer(item, kinds), item.name)))


def _causes(judged: list[Judged], kinds: dict[str, FindingKind]) -> tuple[Judged, ...]:
    """The most telling first: the worse, then the earlier in the path, then what explains and touches more."""

    def telling(item: Judged) -> tuple[int, int, int, str]:
        explains = sum(item.name in other.explained_by for other in judged)
        return (_WEIGHT[item.severity], _layer(item, kinds), -explains - len(item.endpoints), item.name)

    free = (item for item in judged if not item.explained_by and item.severity is not Severity.INFO)
    return tuple(sorted(free, key=telling))


def _layer(item: Judged, kinds: dict[str, FindingKind]) -> int:
    return LAYER_ORDER.index(kinds[item.name].layer)
