"""What `postfix lint`, `dovecot lint` and `exim lint` share: their options, and the way from files to a report.

Exit codes: 0 sound; 1 a finding at or above --fail-on; 2 wrong usage; 3 could not tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import click

from mailproof.cli.command import Option, not_empty, one_of
from mailproof.cli.reading import must_be_texts
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.host.hostname import hostname
from mailproof.model.finding import Severity

if TYPE_CHECKING:
    from mailproof.model.report import Report
    from mailproof.run.lint import NoConfiguration

_OPTIONS = {"postfix": "--postfix-dir", "dovecot": "--dovecot-conf", "exim": "--exim-conf"}
_THERE = {
    "unreadable": "unreadable",
    "directory": "directory",
    "other": "other",
    "socket": "other",
    "too-large": "too-large",
}
FORMATS = ("text", "json", "sarif", "github")


def lint_options(terminal: Terminal, *others: str) -> list[click.Parameter]:
    """Shared by all; `others` names the option for the other server's configuration."""
    metavars = {"postfix-dir": "DIR", "dovecot-conf": "FILE"}
    return [
        *(
            Option(
                f"--{name}",
                metavar=metavars[name],
                section="lint",
                words=f"lint-{name}",
                callback=not_empty(terminal),
            )
            for name in others
        ),
        Option("--profile", metavar="default|hosted|strict|FILE", default="default", section="lint"),
        Option("--fail-on", default="fail", section="lint", **one_of(("warn", "fail"), terminal)),
        Option("--format", "shape", default="text", words="lint-format", **one_of(FORMATS, terminal)),
        Option("-v", "--verbose", is_flag=True, words="lint-verbose"),
        Option("--mask", is_flag=True),
    ]


def lint(
    terminal: Terminal,
    server: str,
    words: Sequence[str],
    shape: str,
    profile: str,
    fail_on: str,
    verbose: bool,
    mask: bool = False,
    postfix_dir: str | None = None,
    dovecot_conf: str | None = None,
    exim_conf: str = "",
    **_: Any,
) -> int:
    """Read, judge, show; the exit code. Raises NoConfiguration. `server` is the command: postfix, dovecot, exim."""
    from mailproof.catalog.profiles import load_profile
    from mailproof.checks import all_checks
    from mailproof.cli.verdict import exit_code
    from mailproof.diagnose.judge import judge
    from mailproof.host.here import Here
    from mailproof.model.configuration import PostfixFiles
    from mailproof.report.build import build
    from mailproof.run.lint import Files, read_configurations

    if words:
        raise Complaint(terminal.say("cli.lint-words", words=tuple(words), option=_OPTIONS[server]))
    policy = load_profile(profile)
    here = Here()
    machine = {"myhostname": hostname(here)}
    now = datetime.now(UTC)
    record = read_configurations(here, now, machine, postfix_dir or "", dovecot_conf or "", exim_conf=exim_conf)
    for attempt in record.attempts:
        for fact in attempt.observations:
            if isinstance(fact, Files):
                consists = ("main.cf", "master.cf") if isinstance(fact, PostfixFiles) else fact.included
                must_be_texts(terminal, {each.path: each.data for each in fact.files if each.name in consists})
    named = {"postfix": postfix_dir, "dovecot": dovecot_conf, "exim": exim_conf}
    subjects = [*(subject for subject, path in named.items() if path), "certificate"]
    report = build(record, judge(record, policy, all_checks(*subjects)), policy)
    if mask:
        from mailproof.report.mask import Mask

        report = Mask(record, (), report).apply(report)
    terminal.write(_rendered(report, shape, terminal, verbose))
    return exit_code(report, "text", Severity(fail_on))


def no_configuration(terminal: Terminal, none: NoConfiguration) -> int:
    """3 where it is there and cannot be read. Raises Complaint where there is none."""
    from mailproof.host.here import Here
    from mailproof.model.configuration import FileState

    option = _OPTIONS[none.server]
    if none.state is FileState.MISSING:
        directory = PurePosixPath(none.path).parent
        if none.server == "postfix" and Here().look(str(directory)).state is FileState.FILE:
            raise Complaint(terminal.say("cli.lint-file", path=str(directory), directory=str(directory.parent)))
        raise Complaint(terminal.say("cli.lint-nothing", path=none.path, option=option))
    terminal.tell("mailproof: " + terminal.say(f"cli.lint-{_THERE[none.state]}", path=none.path, option=option))
    return 3


def _rendered(report: Report, shape: str, terminal: Terminal, verbose: bool) -> str:
    match shape:
        case "json":
            from mailproof.report import json

            return json.encode(report)
        case "sarif":
            from mailproof.report import sarif

            return sarif.render(report)
        case "github":
            from mailproof.report import github

            return github.render(report, terminal.lang)
        case _:
            from mailproof.report import lint

            return lint.render(report, terminal.lang, terminal.color, terminal.width, verbose)
