"""`mailproof log`: the mail log, read.

Exit codes: 0 nothing wrong in it; 1 something is; 2 wrong usage; 3 there is no line of a mail server in it.
With trace: 0 delivered; 1 not, or not yet; 3 no such message.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailproof.cli.command import Command, Option, one_of
from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.model.log import LogLine

_ACTIONS = ("explain", "trace")


def command(terminal: Terminal) -> Command:
    params: list[click.Parameter] = [
        click.Argument(["action"], metavar="explain|trace"),
        click.Argument(["files"], nargs=-1, metavar="[FILE|-]…"),
        Option("--queue-id", metavar="ID", section="log"),
        Option("--message-id", metavar="ID", section="log", words="log-message-id"),
        Option("--from", "sender", metavar="ADDRESS", section="log", words="log-from"),
        Option("--to", "recipient", metavar="ADDRESS", section="log", words="log-to"),
        Option("--format", "shape", default="text", words="format", **one_of(("text", "json"), terminal)),
        Option("--rotated", is_flag=True, words="log-rotated"),
        Option("-v", "--verbose", is_flag=True, words="log-verbose"),
    ]
    return Command("log", terminal, partial(_log, terminal), params)


def _log(
    terminal: Terminal,
    action: str,
    files: tuple[str, ...],
    shape: str,
    rotated: bool,
    verbose: bool,
    **wish: str | None,
) -> int:
    from mailproof.report.log import explained_as_json, render_explained
    from mailproof.run.log_explain import LogExplainer

    if action not in _ACTIONS:
        raise Complaint(terminal.say("cli.not-one-of", option="log", choices=_ACTIONS, value=action))
    if action == "trace":
        lines = _lines(files, rotated, terminal)
        return _trace(terminal, lines, shape, {name: value or "" for name, value in wish.items()})
    explainer = LogExplainer()
    explainer.take(_lines(files, rotated, terminal))
    result = explainer.result()
    if shape == "json":
        terminal.write(explained_as_json(result, terminal.lang))
    else:
        terminal.write(render_explained(result, terminal.lang, terminal.color, terminal.width, everything=verbose))
    if not result.mail:
        return 3
    return int(any(cause.rank < 5 for cause in result.causes))


def _trace(terminal: Terminal, lines: Iterator[LogLine | bytes], shape: str, wish: dict[str, str]) -> int:
    from mailproof.report.log_trace import render_traces, traces_as_json
    from mailproof.run.log_trace import LogTracer, Wanted

    wanted = Wanted(**wish)
    if not any(wanted):
        raise Complaint(terminal.say("cli.trace-what"))
    tracer = LogTracer()
    tracer.take(lines)
    traces = tracer.traces(wanted)
    if shape == "json":
        terminal.write(traces_as_json(traces))
    else:
        terminal.write(render_traces(traces, terminal.lang, terminal.color, terminal.width))
    if not traces:
        return 3
    return int(any(trace.outcome != "delivered" for trace in traces))


def _lines(files: tuple[str, ...], rotated: bool, terminal: Terminal) -> Iterator[LogLine | bytes]:
    """Of all the files, those of one log in the order of time. Raises Complaint for one that cannot be read."""
    from mailproof.run.log_files import day_of, journal, lines_of, usual_log
    from mailproof.run.log_packed import DAMAGED, NoZstdError, pieces, raw_lines
    from mailproof.run.log_rotated import oldest_first, with_rotated

    today = datetime.now().date()
    if not files:
        usual = usual_log()
        if usual is None:
            lines = lines_of(journal(), today)
            if (first := next(lines, None)) is None:
                raise Complaint(terminal.say("cli.no-log"))
            yield first
            yield from lines
            return
        files = (str(usual),)
    for name in oldest_first(each for file in files for each in (with_rotated(file) if rotated else (file,))):
        if name == "-":
            yield from lines_of(pieces(sys.stdin.buffer), today)
            continue
        try:
            yield from lines_of(raw_lines(Path(name)), day_of(Path(name)))
        except NoZstdError:
            raise Complaint(terminal.say("cli.no-zstd", file=name)) from None
        except (*DAMAGED, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise Complaint(terminal.say("cli.unreadable", file=name, why=why)) from None
