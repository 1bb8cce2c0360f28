"""Puts what the server wrote into its log beside what else shows the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Finding
from mailproof.model.record import Record
from mailproof.model.server_log import LogSaid


def lines_by_turn(record: Record) -> dict[str, tuple[Evidence, ...]]:
    """The lines of the log that are the other side of a turn, by the place of that turn."""
    found: dict[str, tuple[Evidence, ...]] = {}
    for sighting in record.seen(LogSaid):
        quoted = tuple(Evidence(EvidenceKind.LOG, line.where, line.text) for line in sighting.fact.lines)
        for turn in sighting.evidence():
            found[turn.where] = (*found.get(turn.where, ()), *quoted)
    return found


def with_lines(finding: Finding, lines: Mapping[str, tuple[Evidence, ...]]) -> Finding:
    """The finding with the lines that stand beside its evidence."""
    more = (line for piece in finding.evidence for line in lines.get(piece.where, ()))
    evidence = tuple(dict.fromkeys((*finding.evidence, *more)))
    return finding if evidence == finding.evidence else msgspec.structs.replace(finding, evidence=evidence)


def told_once(findings: Sequence[Finding]) -> list[Finding]:
    """A fault that the log tells, and that something else shows too, is one finding: with what that knows of it."""
    shown = {finding.name for finding in findings if not _is_of_log(finding)}
    told = [finding for finding in findings if finding.name in shown and _is_of_log(finding)]
    out: list[Finding] = []
    for finding in findings:
        if finding in told:
            continue
        more = tuple(piece for other in told if other.name == finding.name for piece in other.evidence)
        evidence = tuple(dict.fromkeys((*finding.evidence, *more)))
        out.append(msgspec.structs.replace(finding, evidence=evidence) if more else finding)
    return _as_shown(out)


def _as_shown(findings: Sequence[Finding]) -> list[Finding]:
    """A fault of a certificate that a client was shown, and that lies in a file, is one: with file and remedy."""
    shown = {(each.name, each.params.get("id")) for each in findings if not _is_of_file(each)}
    told = [each for each in findings if _is_of_file(each) and (each.name, each.params["id"]) in shown]
    out: list[Finding] = []
    for each in findings:
        if each in told:
            continue
        same = [other for other in told if (other.name, other.params["id"]) == (each.name, each.params.get("id"))]
        evidence = tuple(dict.fromkeys((*each.evidence, *(piece for other in same for piece in other.evidence))))
        remedy = each.remedy or next((other.remedy for other in same if other.remedy is not None), None)
        out.append(msgspec.structs.replace(each, evidence=evidence, remedy=remedy) if same else each)
    return out


def _is_of_file(finding: Finding) -> bool:
    return finding.params.get("seen") == "file" and "id" in finding.params


def _is_of_log(finding: Finding) -> bool:
    return finding.evidence[0].kind is EvidenceKind.LOG
