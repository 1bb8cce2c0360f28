"""`mailproof log summary`: the log in numbers."""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from mailproof.cli.log.period import period
from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.model.log_summary import LogSummary
    from mailproof.run.log.period import Between

FORMATS = ("text", "json", "html", "prometheus")
_NOTHING = 3


def summarise(
    terminal: Terminal,
    files: tuple[str, ...],
    shape: str,
    *,
    since: str | None,
    until: str | None,
    top: int,
    jobs: int | None,
    verbose: bool,
    mask: bool,
) -> int:
    """Write it; 3 where there is no line of a mail server, else 0. Raises Complaint."""
    summary = _counted(terminal, files, period(terminal, since, until), top, jobs)
    if mask:
        summary = _masked(summary)
    if shape == "json":
        from mailproof.report.json import text_of

        terminal.write(text_of(summary))
    elif shape == "html":
        from mailproof.report.log_summary_html import render_summary_page

        terminal.write(render_summary_page(summary, terminal.lang))
    elif shape == "prometheus":
        from mailproof.report.log_prometheus import render_metrics

        terminal.write(render_metrics(summary))
    else:
        from mailproof.report.log_summary import render_summary

        text = render_summary(summary, terminal.lang, terminal.color, terminal.width, everything=verbose)
        terminal.write(text)
    return 0 if summary.mail else _NOTHING


def _masked(summary: LogSummary) -> LogSummary:
    """Of its tables, the names of senders, recipients and hosts can be single words."""
    from mailproof.cli.masked import masked

    users = [each.name for each in (*summary.senders, *summary.recipients)]
    hosts = [each.name for each in summary.hosts]
    hosts += [each.name for each in summary.sender_domains] + [each.domain for each in summary.recipient_domains]
    hosts += [each.name for each in (*summary.refused_clients, *summary.failed_clients)]
    hosts += [each.name for each in summary.slowest]
    return masked(summary, True, users=users, hosts=hosts)


def _counted(
    terminal: Terminal, files: tuple[str, ...], between: Between | None, top: int, jobs: int | None
) -> LogSummary:
    from mailproof.cli.log_lines import reading, unreadable
    from mailproof.run.log.summary import (
        PartUnreadError,
        processes,
        summary_of_files,
        summary_of_lines,
        summary_of_stream,
    )

    today = datetime.now().date()
    if files == ("-",):
        with reading(terminal, "-") as file:
            return summary_of_stream(file, today, between, top)
    if "-" in files:
        raise Complaint(terminal.say("cli.input-alone"))
    if not files:
        from mailproof.host.here import Here
        from mailproof.run.log.files import journal, usual_logs

        usual = usual_logs(Here())
        if not usual:
            lines = journal()
            first = next(lines, None)
            if first is None:
                raise Complaint(terminal.say("cli.no-log"))
            return summary_of_lines(chain((first,), lines), today, between, top)
        files = tuple(usual)
    try:
        return summary_of_files([Path(name) for name in files], jobs or processes(), between, top)
    except PartUnreadError as error:
        raise unreadable(terminal, str(error.path), error.__cause__) from None
