"""Markdown for an issue or a pull request (GitHub Flavored Markdown)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from mailproof.catalog.words import Words, words
from mailproof.model.escape import printable
from mailproof.model.report import EndpointReport, Judged, Report
from mailproof.report.build import message
from mailproof.report.message_way import way
from mailproof.report.proof import shown_lines
from mailproof.report.remedies import remedy_parts
from mailproof.report.survey import COLUMNS, EndpointRow
from mailproof.report.telling import (
    aside,
    between,
    consequences,
    everywhere,
    made,
    notes,
    sentence,
    spoken,
    title,
    transcript_title,
    untested,
)

_SPECIAL = re.compile(r"[\\`*_\[\]|~!]")
_TICKS = re.compile("`+")
# Where text would call a person or name an issue: an invisible joiner (U+2060) behind the mark takes it apart.
_CALLS = re.compile(r"(?<![\w])([@#])(?=\w)")
_LINKS = re.compile(
    r"(?<=http):(?=//)|(?<=https):(?=//)|(?<=ftp):(?=//)|(?<=www)\.|(?<=\w)@(?=\w)|(?<=mailto):|(?<=xmpp):",
    re.IGNORECASE,
)


def render(report: Report, lang: str) -> str:
    """The report with its proof and, folded, its transcripts; with a final newline.

    Nothing that a server said can leave its place: no markup, no link, no mention.
    """
    say = words(lang)
    blocks = [
        f"## {quoted(title(report, say))}",
        f"**{say(f'verdict.{report.verdict}')}**: {quoted(sentence(report, say))}",
        *_endpoints(report.endpoints, say),
    ]
    for number, item in enumerate(report.causes, 1):
        blocks += _cause(number, item, say)
    blocks += _listed(say("report.consequences"), (_brief(item, say) for item in consequences(report)))
    blocks += _listed(say("report.notes"), (_brief(item, say) for item in notes(report)))
    for followed in report.messages:
        blocks += _listed(say("report.way-heading"), map(quoted, way(followed, say)))
    blocks += _listed(say("report.not-tested"), _not_tested(report, say))
    n = len(report.passed)
    if n:
        blocks.append(say("report.passed-one" if n == 1 else "report.passed-many", n=n))
    blocks += _transcripts(report, say)
    blocks.append(quoted(made(report, say)))
    return "\n\n".join(blocks) + "\n"


def quoted(text: str) -> str:
    """Text of any origin that reads as it is written, in a paragraph or in a cell of a table."""
    safe = html.escape(printable(text), quote=False)
    safe = _SPECIAL.sub(r"\\\g<0>", safe)
    safe = _LINKS.sub(r"\\\g<0>", safe)
    return _CALLS.sub("\\1\u2060", safe)


def code(text: str) -> str:
    """A code span, in whose fence no run of backticks of the text is as long."""
    safe = printable(text)
    ticks = "`" * (_longest_run(safe) + 1)
    space = " " if safe.startswith("`") or safe.endswith("`") else ""
    return f"{ticks}{space}{safe}{space}{ticks}"


def fenced(lines: Iterable[str]) -> str:
    """A block of code, likewise."""
    return _block([printable(line) for line in lines], "text")


def _block(safe: Sequence[str], language: str) -> str:
    ticks = "`" * max(3, max(map(_longest_run, safe), default=0) + 1)
    return "\n".join([f"{ticks}{language}", *safe, ticks])


def _longest_run(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)


def _cause(number: int, item: Judged, say: Words) -> list[str]:
    where = between(say).join(map(code, item.endpoints)) or say("report.whole-server")
    return [
        f"### {number}. {say(f'severity.{item.severity}')}: {quoted(message(item, say.lang))}",
        fenced(shown_lines(item.evidence, verbose=False)),
        *(
            part
            for heading, lines in remedy_parts(item.remedy, say)
            for part in (quoted(heading), _block(lines, "diff"))
        ),
        f"{say('report.at', where='')}{where}  \n{code(say('report.explain', name=item.name))}",
    ]


def _brief(item: Judged, say: Words) -> str:
    by = f" ({say('report.explained-by', names=item.explained_by)})" if item.explained_by else ""
    return f"{say(f'severity.{item.severity}')} {code(item.name)}{by}: {quoted(message(item, say.lang))}"


def _not_tested(report: Report, say: Words) -> Iterable[str]:
    for why, groups in untested(report, say):
        told = []
        for subjects, places in groups:
            where = say("report.everywhere") if everywhere(report, places) else between(say).join(map(code, places))
            told.append(quoted(between(say).join(subjects)) + aside(where, say))
        yield f"{between(say).join(told)}: {quoted(why)}"


def _listed(heading: str, items: Iterable[str]) -> list[str]:
    lines = [f"- {item}" for item in items]
    return [f"### {heading}", "\n".join(lines)] if lines else []


def _endpoints(endpoints: Sequence[EndpointReport], say: Words) -> list[str]:
    if not endpoints:
        return []
    rows = [EndpointRow(item, say) for item in endpoints]
    kept = [column for column in COLUMNS if any(row.facts[column] for row in rows)]
    lines = [
        _row([say("report.endpoint"), *(say(f"report.{column}") for column in kept)]),
        _row(["---"] * (len(kept) + 1)),
    ]
    for row in rows:
        facts = [quoted(row.facts[column]) for column in kept]
        if row.note:  # the conversation ended before its time, and that is what there is to say
            facts[-1] = quoted(row.note)
        lines.append(_row([code(row.url).replace("|", "\\|"), *facts]))
    return ["\n".join(lines)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _transcripts(report: Report, say: Words) -> list[str]:
    if not report.transcripts:
        return []
    blocks = [f"<details>\n<summary>{html.escape(say('report.transcripts'))}</summary>"]
    for number, transcript in enumerate(report.transcripts, 1):
        lines = [f"{at:8.3f}  {mark} {line}" for at, mark, line in spoken(transcript)]
        if transcript.truncated:
            lines.append(say("report.cut"))
        blocks += [quoted(transcript_title(number, transcript, say)), fenced(lines)]
    return [*blocks, "</details>"]
