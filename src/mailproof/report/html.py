"""One self-contained page: the report as an administrator attaches it to a ticket.

No script, nothing loaded from anywhere; a Content-Security-Policy says so to the browser as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from markdown_it import MarkdownIt

from mailproof.catalog.page import HEADINGS
from mailproof.catalog.pages import load
from mailproof.catalog.words import Words, words
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.report import EndpointReport, Judged, PassedItem, Report
from mailproof.model.transcript import Transcript
from mailproof.report.build import message
from mailproof.report.html_page import page, section, text
from mailproof.report.message_way import way
from mailproof.report.proof import shown_lines
from mailproof.report.remedies import remedy_parts
from mailproof.report.servers import on_servers
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

_TURN = re.compile(r"transcript (\d+), turn (\d+)")


def render(report: Report, lang: str) -> str:
    """The page, with a final newline. Everything that a server said is escaped."""
    say = words(lang)
    heading = title(report, say)
    body = [
        _head(report, heading, say),
        section(say("report.endpoints"), _endpoints(report.endpoints, say)),
        section(say("report.causes"), "".join(_cause(report, item, say) for item in report.causes)),
        section(say("report.consequences"), _list(_following(report, item, say) for item in consequences(report))),
        section(say("report.notes"), _list(_brief(item, say) for item in notes(report))),
        *(section(say("report.way-heading"), _list(map(text, way(each, say)))) for each in report.messages),
        section(say("report.not-tested"), _list(_not_tested(report, say))),
        section(say("report.passed"), _passed(report.passed, say)),
        section(say("report.transcripts"), "".join(_transcripts(report, say))),
        f"<footer>{text(made(report, say))}</footer>",
    ]
    return page(heading, body, lang)


def _head(report: Report, heading: str, say: Words) -> str:
    word = say(f"verdict.{report.verdict}")
    return (
        f'<header class="{report.verdict}">\n<h1>{text(heading)}</h1>\n'
        f'<p class="answer"><span class="badge {report.verdict}">{word}</span> {text(sentence(report, say))}</p>\n'
        "</header>"
    )


def _list(items: Iterable[str]) -> str:
    lines = "".join(f"<li>{item}</li>\n" for item in items)
    return f"<ul>\n{lines}</ul>" if lines else ""


def _endpoints(endpoints: Sequence[EndpointReport], say: Words) -> str:
    if not endpoints:
        return ""
    rows = [EndpointRow(item, say) for item in endpoints]
    kept = [column for column in COLUMNS if any(row.facts[column] for row in rows)]
    heads = "".join(f'<th scope="col">{escape(say(f"report.{column}"))}</th>' for column in ("endpoint", *kept))
    lines = []
    for row in rows:
        first = f'<th scope="row"><code>{text(row.url)}</code></th>'
        if row.note:
            cells = f'<td class="note" colspan="{len(kept)}">{text(row.note)}</td>'
        else:
            cells = "".join(_cell(column, row.facts[column], say) for column in kept)
        lines.append(f"<tr>{first}{cells}</tr>\n")
    return (
        f'<div class="wide"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{"".join(lines)}</tbody></table></div>'
    )


def _cell(column: str, fact: str, say: Words) -> str:
    """With the heading of its column, which is shown beside it where the screen has no room for a table."""
    name = escape(say(f"report.{column}"))
    empty = "" if fact else ' class="none"'
    return f'<td data-name="{name}"{empty}>{text(fact or say("report.untried"))}</td>'


def _cause(report: Report, item: Judged, say: Words) -> str:
    places = between(say).join(f"<code>{text(url)}</code>" for url in item.endpoints)
    where = escape(say("report.at", where="")) + (places or escape(say("report.whole-server")))
    mend = dict(HEADINGS[say.lang])["mend"]
    return (
        f'<article class="{item.severity}">\n'
        f'<h3><span class="badge {item.severity}">{escape(say(f"severity.{item.severity}"))}</span> '
        f"{text(message(item, say.lang))}</h3>\n"
        f'<pre class="proof">{_proof(item.evidence)}</pre>\n'
        f'<p class="where">{where}</p>\n'
        f"{_change(item, say)}"
        f"<details>\n<summary>{escape(mend)}</summary>\n{_remedy(item.name, say.lang)}"
        f'<p class="where"><code>{escape(say("report.explain", name=item.name))}</code></p>\n</details>\n'
        f"{_conversations(report, item.evidence, say)}</article>\n"
    )


def _change(item: Judged, say: Words) -> str:
    return "".join(
        f"<p>{text(heading)}</p>\n<pre>{escape(chr(10).join(lines))}</pre>\n"
        for heading, lines in remedy_parts(item.remedy, say)
    )


def _proof(evidence: Sequence[Evidence]) -> str:
    return "\n".join(_marked(line) for line in shown_lines(evidence, verbose=False))


def _marked(line: str) -> str:
    """A line of a session, with the one who speaks it in a colour of his own."""
    kinds = {"C:": "sent", "S:": "received", "* ": "event"}
    kind = kinds.get(line[:2])
    return text(line) if kind is None else f'<span class="{kind}">{text(line)}</span>'


def _remedy(name: str, lang: str) -> str:
    """How to mend it, from the page of the finding: our own words, and still no HTML in them is taken as such."""
    told = load(name, lang).sections["mend"]
    if others := on_servers(name, lang):
        told += f"\n\n#### {words(lang)('explain.servers')}\n\n{others}"
    return str(MarkdownIt("commonmark", {"html": False}).render(told))


def _conversations(report: Report, evidence: Sequence[Evidence], say: Words) -> str:
    """Folded: each transcript that the evidence is from, with the turns that show it marked."""
    shown: dict[int, set[int]] = {}
    for piece in evidence:
        if piece.kind is EvidenceKind.TURN and (found := _TURN.match(piece.where)):
            shown.setdefault(int(found[1]), set()).add(int(found[2]))
    return "".join(
        _transcript(number, report.transcripts[number - 1], say, turns)
        for number, turns in shown.items()
        if number <= len(report.transcripts)
    )


def _transcripts(report: Report, say: Words) -> Iterable[str]:
    return (_transcript(number, transcript, say) for number, transcript in enumerate(report.transcripts, 1))


def _transcript(number: int, transcript: Transcript, say: Words, telling: Iterable[int] = ()) -> str:
    marked = set(telling)
    lines = []
    for turn, (at, mark, line) in _numbered(transcript):
        told = f'<span class="at">{at:8.3f}</span>  {_marked(f"{mark} {line}")}'
        lines.append(f"<mark>{told}</mark>" if turn in marked else told)
    if transcript.truncated:
        lines.append(escape(say("report.cut")))
    heading = text(transcript_title(number, transcript, say))
    return f"<details>\n<summary>{heading}</summary>\n<pre>{chr(10).join(lines)}</pre>\n</details>\n"


def _numbered(transcript: Transcript) -> Iterable[tuple[int, tuple[float, str, str]]]:
    for number, turn in enumerate(transcript.turns, 1):
        for line in spoken(Transcript(transcript.endpoint, transcript.address, transcript.purpose, (turn,))):
            yield number, line


def _brief(item: Judged, say: Words) -> str:
    by = f" ({escape(say('report.explained-by', names=item.explained_by))})" if item.explained_by else ""
    word = escape(say(f"severity.{item.severity}"))
    return (
        f'<span class="badge {item.severity}">{word}</span> <code>{escape(item.name)}</code>{by} '
        f"{text(message(item, say.lang))}"
    )


def _following(report: Report, item: Judged, say: Words) -> str:
    return _brief(item, say) + _conversations(report, item.evidence, say)


def _not_tested(report: Report, say: Words) -> Iterable[str]:
    for why, groups in untested(report, say):
        told = []
        for subjects, places in groups:
            where = between(say).join(f"<code>{text(url)}</code>" for url in places)
            if everywhere(report, places):
                where = escape(say("report.everywhere"))
            told.append(text(between(say).join(subjects)) + aside(where, say))
        yield f"{between(say).join(told)}: {text(why)}"


def _passed(passed: Sequence[PassedItem], say: Words) -> str:
    if not passed:
        return ""
    places: dict[str, list[str]] = {}
    for item in passed:
        places.setdefault(say.subject(item.name), []).append(item.endpoint or say("report.whole-server"))
    n = len(passed)
    count = escape(say("report.passed-one" if n == 1 else "report.passed-many", n=n))
    listed = _list(f"{text(name)}: <small>{text(between(say).join(urls))}</small>" for name, urls in places.items())
    return f"<details>\n<summary>{count}</summary>\n{listed}\n</details>"
