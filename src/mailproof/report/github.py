"""Annotations of GitHub Actions: workflow commands that show findings beside a run.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from mailproof.catalog.words import words
from mailproof.model.escape import printable
from mailproof.model.evidence import EvidenceKind
from mailproof.model.finding import Severity
from mailproof.model.report import Judged, Report, Verdict
from mailproof.report.build import message
from mailproof.report.lint import place_of
from mailproof.report.proof import shown_lines
from mailproof.report.remedies import remedy_parts
from mailproof.report.telling import between, made, sentence

_COMMANDS = {Severity.FAIL: "error", Severity.WARN: "warning", Severity.INFO: "notice"}
_ANSWERS = {Verdict.FAIL: "error", Verdict.WARN: "warning", Verdict.UNKNOWN: "warning", Verdict.PASS: "notice"}
# What an annotation shows before it is folded.
_LINES = 20


def render(report: Report, lang: str) -> str:
    """A line for the answer and one for each finding, each a whole command: no text of a server can begin another.

    Causes come as `error` or `warning`, what follows from them and what is only worth knowing as `notice`.
    """
    say = words(lang)
    answer = f"{sentence(report, say)}\n{made(report, say)}"
    lines = [_command(_ANSWERS[report.verdict], f"mailproof: {say(f'verdict.{report.verdict}')}", answer)]
    for item in report.findings:
        kind = "notice" if item.explained_by else _COMMANDS[item.severity]
        lines.append(_command(kind, item.name, "\n".join(_told(item, lang)), _place(item)))
    return "\n".join(lines) + "\n"


def _told(item: Judged, lang: str) -> list[str]:
    say = words(lang)
    lines = [message(item, lang)]
    if item.explained_by:
        lines.append(say("report.explained-by", names=item.explained_by))
    if item.endpoints:
        lines.append(say("report.at", where=between(say).join(item.endpoints)))
    lines += shown_lines(item.evidence, verbose=False)[:_LINES]
    mend = [line for heading, part in remedy_parts(item.remedy, say) for line in (heading, *part)]
    return [*map(printable, lines), *mend, say("report.explain", name=item.name)]


def _place(item: Judged) -> str:
    """The file and line of a finding in a configuration, so that it is shown at the line."""
    if item.evidence[0].kind not in (EvidenceKind.CONFIG, EvidenceKind.FILE):
        return ""
    path, line = place_of(item.evidence[0])
    return f"file={_property(path)}," + (f"line={line}," if line else "")


def _command(kind: str, title: str, text: str, place: str = "") -> str:
    return f"::{kind} {place}title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
