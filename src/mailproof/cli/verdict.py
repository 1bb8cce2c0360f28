"""What becomes of a record: the report, how it is shown, and the exit code (docs/guide.md: the result)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailproof.cli.terminal import Terminal
from mailproof.model.finding import Severity
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.report import Report, Verdict

if TYPE_CHECKING:
    from mailproof.report.nagios import Slow

SOUND, FOUND, COULD_NOT_TELL = 0, 1, 3
FORMATS = ("text", "json", "nagios", "junit", "github", "markdown", "html")


def report_on(record: Record, policy: Policy) -> Report:
    """The record, judged and put in words."""
    from mailproof.diagnose.judge import judge
    from mailproof.report.build import build

    return build(record, judge(record, policy), policy)


def show(
    report: Report,
    policy: Policy,
    shape: str,
    terminal: Terminal,
    *,
    verbose: bool = False,
    fail_on: Severity = Severity.FAIL,
    slow: Slow | None = None,
) -> None:
    """Write the report to standard output in one of `FORMATS`; for people in the language of the terminal.

    `policy` is the one by which it was judged; `slow` counts for Nagios alone.
    """
    terminal.write(_rendered(report, policy, shape, terminal, verbose, fail_on, slow))


def _rendered(
    report: Report,
    policy: Policy,
    shape: str,
    terminal: Terminal,
    verbose: bool,
    fail_on: Severity,
    slow: Slow | None,
) -> str:
    match shape:
        case "json":
            from mailproof.report import json

            return json.encode(report)
        case "nagios":
            from mailproof.report import nagios

            return nagios.line(report, policy.thresholds.expires_soon_days, slow or nagios.Slow())[0] + "\n"
        case "junit":
            from mailproof.report import junit

            return junit.render(report, fail_on)
        case "github":
            from mailproof.report import github

            return github.render(report, terminal.lang)
        case "markdown":
            from mailproof.report import markdown

            return markdown.render(report, terminal.lang)
        case "html":
            from mailproof.report import html

            return html.render(report, terminal.lang)
        case _:
            from mailproof.report import text

            return text.render(report, terminal.lang, terminal.color, terminal.width, verbose)


def exit_code(report: Report, shape: str, fail_on: Severity, slow: Slow | None = None) -> int:
    """Of `check`. A finding at or above `fail_on` weighs more than that something else could not be told."""
    if shape == "nagios":
        from mailproof.report.nagios import EXIT_CODES, Slow, state

        return EXIT_CODES[state(report, slow or Slow())]
    grave = (Severity.FAIL,) if fail_on is Severity.FAIL else (Severity.FAIL, Severity.WARN)
    if any(finding.severity in grave for finding in report.findings):
        return FOUND
    return COULD_NOT_TELL if report.verdict is Verdict.UNKNOWN else SOUND


def schema_text() -> str:
    """The JSON Schema of the report."""
    from mailproof.model.report import schema
    from mailproof.report.json import text_of

    return text_of(schema())
