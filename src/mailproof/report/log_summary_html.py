"""A summary of a log as one page: charts, then the tables. No script; nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from mailproof.catalog.words import Words, words
from mailproof.model.log_summary import LogSummary
from mailproof.report.chart import lying_bars, stacked_bars
from mailproof.report.html_page import page, section, text
from mailproof.report.log_summary import Table, answer, duration, number, span, tables

_SERIES = ("delivered", "deferrals", "bounced", "rejected")
# Long tables are folded, and opened by a click.
_OPEN = 12
_BARS = 10


def render_summary_page(summary: LogSummary, lang: str) -> str:
    """The page, with a final newline. Everything out of the log is escaped."""
    say = words(lang)
    heading = say("summary.heading", first=summary.first[:10], last=summary.last[:10])
    body = [
        f'<header class="info">\n<h1>{text(heading)}</h1>\n<p class="answer">{text(answer(summary, say))}</p>\n'
        f'<p class="where">{text(span(summary, say))}</p></header>',
        *_charts(summary, say),
        *(section(table.title, _table(table, say)) for table in tables(summary, say)),
    ]
    if summary.folded:
        body.append(f'<p class="where">{text(say("summary.folded"))}</p>')
    if summary.unknown or summary.unread:
        told = say("summary.not-known", unknown=summary.unknown, unread=summary.unread)
        body.append(f'<p class="where">{text(told)}</p>')
    return page(heading, body, lang)


def _charts(summary: LogSummary, say: Words) -> Iterator[str]:
    for name in ("days", "hours"):
        lines = getattr(summary, name)
        if len(lines) < 2:
            continue
        series = [
            (say(f"summary.column-{column}"), column, [getattr(line, column) for line in lines]) for column in _SERIES
        ]
        names = [line.name[5:] if name == "days" else line.name for line in lines]
        title = say(f"summary.chart-{name}")
        yield section(title, stacked_bars(title, names, series))
    if summary.delays is not None:
        title = say("summary.chart-delays")
        yield section(title, lying_bars(title, _buckets(summary, say)))
    if summary.slowest:
        title = say("summary.title-slowest")
        rows = [
            (line.name, line.connecting + line.sending, duration(line.connecting + line.sending, say))
            for line in summary.slowest[:_BARS]
        ]
        yield section(title, lying_bars(title, rows, "deferrals"))
    if summary.tls:
        title = say("summary.chart-tls")
        yield section(title, lying_bars(title, _versions(summary, say), "received"))


def _buckets(summary: LogSummary, say: Words) -> list[tuple[str, float, str]]:
    """Deliveries by their delay: how many in each stretch, down to the last that has any."""
    rows: list[tuple[str, float, str]] = []
    before = 0
    delays = summary.delays
    for limit, reached in delays.buckets if delays is not None else ():
        rows.append((say("summary.up-to", time=duration(limit, say)), reached - before, number(reached - before)))
        before = reached
    while rows and not rows[-1][1]:
        rows.pop()
    return rows


def _versions(summary: LogSummary, say: Words) -> list[tuple[str, float, str]]:
    totals: dict[tuple[str, str], int] = {}
    for line in summary.tls:
        totals[line.direction, line.version] = totals.get((line.direction, line.version), 0) + line.connections
    return [
        (f"{say(f'summary.direction-{direction}')} {version}", count, number(count))
        for (direction, version), count in sorted(totals.items())
    ]


def _table(table: Table, say: Words) -> str:
    heads = "".join(
        f'<th scope="col"{_kind(table, column)}>{text(head)}</th>' for column, head in enumerate(table.heads)
    )
    rows = "".join(_row(table, row) for row in table.rows)
    head = f"<thead><tr>{heads}</tr></thead>\n" if any(table.heads) else ""
    whole = f'<div class="wide"><table class="numbers">\n{head}<tbody>\n{rows}</tbody></table></div>'
    if len(table.rows) <= _OPEN or table.name in ("totals", "hours"):
        return whole
    return f"<details>\n<summary>{text(say('summary.rows', n=len(table.rows)))}</summary>\n{whole}\n</details>"


def _kind(table: Table, column: int) -> str:
    return "" if column < table.texts else ' class="n"'


def _row(table: Table, row: tuple[str, ...]) -> str:
    cells = [f'<th scope="row">{text(row[0])}</th>']
    for column, cell in enumerate(row[1:], 1):
        cells.append(f'<td{_kind(table, column)} data-name="{text(table.heads[column])}">{text(cell)}</td>')
    return f"<tr>{''.join(cells)}</tr>\n"
