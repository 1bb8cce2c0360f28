"""`mailproof log`: the mail log, read.

Exit codes: 0 nothing wrong in it; 1 something is; 2 wrong usage; 3 there is no line of a mail server in it.
With trace: 0 delivered; 1 not, or not yet; 3 no such message. With summary and follow 0, or 2 and 3 as above.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import click

from mailproof.cli.actions import actions_of, must_be_action, refuse_others
from mailproof.cli.command import Command, Option, converted, one_of
from mailproof.cli.log.follow import follow
from mailproof.cli.log.period import period
from mailproof.cli.log.summary import FORMATS, summarise
from mailproof.cli.log_lines import lines as log_lines
from mailproof.cli.log_lines import named
from mailproof.cli.masked import masked
from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.model.log import LogLine
    from mailproof.run.log.period import Between

# As run/log/choice.py has it, which is not read for `--help`.
_ONLY = ("trouble", "delivery", "login")


def command(terminal: Terminal) -> Command:
    params: list[click.Parameter] = [
        click.Argument(["action"], metavar="|".join(actions_of("log"))),
        click.Argument(["files"], nargs=-1, metavar="[FILE|-]…"),
        Option("--queue-id", metavar="ID", section="log"),
        Option("--message-id", metavar="ID", section="log", words="log-message-id"),
        Option("--from", "sender", metavar="ADDRESS", section="log", words="log-from"),
        Option("--to", "recipient", metavar="ADDRESS", section="log", words="log-to"),
        Option("--client", metavar="IP", section="log", words="log-client"),
        Option("--status", metavar="STATUS", section="log", words="log-status"),
        Option("--since", metavar="TIME", section="log", words="log-since"),
        Option("--until", metavar="TIME", section="log", words="log-until"),
        Option(
            "--top", metavar="N", default="10", section="log-summary", words="log-top", callback=_whole(0, terminal)
        ),
        Option("--jobs", metavar="N", section="log-summary", words="log-jobs", callback=_whole(1, terminal)),
        Option("--only", section="log-follow", words="log-only", **one_of(_ONLY, terminal)),
        Option(
            "-n",
            "--lines",
            metavar="N",
            default="10",
            section="log-follow",
            words="log-lines",
            callback=_whole(0, terminal),
        ),
        Option("--format", "shape", default="text", words="log-format", **one_of(FORMATS, terminal)),
        Option("--rotated", is_flag=True, words="log-rotated"),
        Option("-v", "--verbose", is_flag=True, words="log-verbose"),
        Option("--mask", is_flag=True),
    ]
    return Command("log", terminal, partial(_log, terminal), params)


def _log(
    terminal: Terminal,
    action: str,
    files: tuple[str, ...],
    shape: str,
    rotated: bool,
    verbose: bool,
    mask: bool,
    since: str | None,
    until: str | None,
    top: int,
    jobs: int | None,
    only: str | None,
    lines: int,
    **wish: str | None,
) -> int:
    must_be_action(terminal, "log", action)
    refuse_others(terminal, "log", action)
    words = {name: value or "" for name, value in wish.items()}
    if action == "summary":
        files = named(files, rotated)
        return summarise(
            terminal, files, shape, since=since, until=until, top=top, jobs=jobs, verbose=verbose, mask=mask
        )
    if action == "follow":
        from mailproof.run.log.choice import Wish

        chosen = Wish(words["queue_id"], words["sender"], words["recipient"], only or "")
        return follow(terminal, files, shape, chosen, lines, mask=mask)
    if action == "trace":
        return _trace(
            terminal, log_lines(terminal, files, rotated), shape, words, period(terminal, since, until), mask
        )
    from mailproof.report.log import explained_as_json, render_explained
    from mailproof.run.log.explain import LogExplainer

    explainer = LogExplainer()
    explainer.take(log_lines(terminal, files, rotated))
    result = masked(explainer.result(), mask)
    if shape == "json":
        terminal.write(explained_as_json(result))
    else:
        terminal.write(render_explained(result, terminal.lang, terminal.color, terminal.width, everything=verbose))
    if not result.mail:
        return 3
    return int(any(cause.rank < 5 for cause in result.causes))


def _trace(
    terminal: Terminal,
    lines: Iterator[LogLine | bytes],
    shape: str,
    wish: dict[str, str],
    between: Between | None,
    mask: bool,
) -> int:
    from mailproof.report.log_trace import render_traces, traces_as_json
    from mailproof.run.log.trace import LogTracer, Wanted

    wanted = Wanted(**wish, period=between)
    if not any(wanted):
        raise Complaint(terminal.say("cli.trace-what"))
    tracer = LogTracer()
    tracer.take(lines)
    traces = masked(tracer.traces(wanted), mask)
    if shape == "json":
        terminal.write(traces_as_json(traces, tracer.gaps))
    else:
        shown = render_traces(
            traces, terminal.lang, terminal.color, terminal.width, gaps=tracer.gaps, mail=tracer.mail
        )
        terminal.write(shown)
    if not traces:
        return 3
    return int(any(trace.outcome != "delivered" for trace in traces))


def _whole(least: int, terminal: Terminal) -> Callable[[click.Context, click.Parameter, str | None], int | None]:
    def convert(value: str) -> int:
        if not (value.isascii() and value.isdigit()) or len(value) > 9 or int(value) < least:
            raise ValueError(terminal.say("cli.no-whole-number", least=least, most=10**9 - 1, value=value))
        return int(value)

    return converted(convert)
