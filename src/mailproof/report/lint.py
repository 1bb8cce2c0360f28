"""What the linters say: the answer first, then every finding with its file and line, the worst first."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailproof.catalog.words import Words, words
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Severity
from mailproof.model.report import Judged, Report, Verdict
from mailproof.report.build import message
from mailproof.report.frame import headed, proof_lines, remedy_lines
from mailproof.report.layout import wrap
from mailproof.report.style import Style, paint
from mailproof.report.telling import between, untested

_STYLES = {Severity.FAIL: Style.FAIL, Severity.WARN: Style.WARN, Severity.INFO: Style.INFO}
_ANSWERS = {
    Verdict.PASS: Style.PASS,
    Verdict.WARN: Style.WARN,
    Verdict.FAIL: Style.FAIL,
    Verdict.UNKNOWN: Style.UNKNOWN,
}
_PLACE = re.compile(r"(.*):(\d+)\Z")


def render(report: Report, lang: str, color: bool = False, width: int = 80, verbose: bool = False) -> str:
    """Lines of at most `width` cells, but for those of a remedy. `verbose` adds what is sound."""
    say = words(lang)
    word = say(f"verdict.{report.verdict}")
    lines = headed(word, _ANSWERS[report.verdict], _sentence(report, say), say, color, width)
    for item in in_order(report.findings):
        lines += ["", *_finding(item, say, color, width, verbose)]
    lines += _not_read(report, say, color, width)
    if verbose and report.passed:
        names = between(say).join(dict.fromkeys(say.subject(item.name) for item in report.passed))
        lines += ["", paint(say("lint.sound"), Style.HEADING, color), *wrap(names, width, "  ")]
    if report.findings:
        lines += ["", *(paint(line, Style.DIM, color) for line in wrap(say("lint.explain"), width))]
    return "\n".join(lines) + "\n"


def in_order(findings: Iterable[Judged]) -> list[Judged]:
    """The worst first; of the same severity by file and line."""
    grave = list(Severity)
    return sorted(findings, key=lambda item: (grave.index(item.severity), place_of(item.evidence[0])))


def place_of(evidence: Evidence) -> tuple[str, int]:
    """File and line, from 1; 0 where the file as a whole is meant."""
    found = _PLACE.match(evidence.where)
    return (found[1], int(found[2])) if found else (evidence.where, 0)


def _sentence(report: Report, say: Words) -> str:
    if not report.findings:
        return say("lint.unknown" if report.verdict is Verdict.UNKNOWN else "lint.none")
    counts = [sum(item.severity is severity for item in report.findings) for severity in Severity]
    words_of = [say(f"lint.count-{severity}", n=n) for severity, n in zip(Severity, counts, strict=True) if n]
    return say("lint.found", counts=tuple(words_of))


def _finding(item: Judged, say: Words, color: bool, width: int, verbose: bool) -> list[str]:
    word = say(f"severity.{item.severity}")
    lines = wrap(f"{message(item, say.lang)} [{item.name}]", width, f"{word}  ")
    lines[0] = lines[0].replace(word, paint(word, _STYLES[item.severity], color), 1)
    lines += proof_lines(item.evidence, say, width, verbose)
    lines += remedy_lines(item, say, color, width)
    if item.explained_by:
        lines += wrap(say("report.explained-by", names=item.explained_by), width, "  ")
    return lines


def _not_read(report: Report, say: Words, color: bool, width: int) -> list[str]:
    reasons = dict.fromkeys(why for why, _ in untested(report, say))
    if not reasons:
        return []
    lines = ["", paint(say("lint.not-read"), Style.HEADING, color)]
    for why in reasons:
        lines += wrap(why, width, "  ", "    ")
    return lines
