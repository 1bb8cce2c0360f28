"""One line and performance data for Nagios and its kin (Monitoring Plugins Development Guidelines)."""

from __future__ import annotations

from mailproof.model.attempt import Status
from mailproof.model.escape import printable
from mailproof.model.report import EndpointReport, Report, Verdict
from mailproof.report.build import most_telling

EXIT_CODES = {Verdict.PASS: 0, Verdict.WARN: 1, Verdict.FAIL: 2, Verdict.UNKNOWN: 3}
_WORDS = {Verdict.PASS: "OK", Verdict.WARN: "WARNING", Verdict.FAIL: "CRITICAL", Verdict.UNKNOWN: "UNKNOWN"}

# Nagios keeps 8 KiB of a plugin's output (MAX_PLUGIN_OUTPUT_LENGTH), perfdata included.
_LONGEST = 4096


def line(report: Report) -> tuple[str, int]:
    """The line, without its newline and in English, and the exit code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."""
    text = f"MAIL {_WORDS[report.verdict]} - {_sentence(report)}"
    data = [f"time={report.seconds:.3f}s;;;0", *_per_endpoint(report.endpoints)]
    # A bar begins the performance data and can stand nowhere else.
    return f"{printable(text).replace('|', '/')[:_LONGEST]} | {' '.join(data)}", EXIT_CODES[report.verdict]


def _sentence(report: Report) -> str:
    if report.verdict is Verdict.UNKNOWN:
        item = most_telling(report)
        return "nothing was proven" if item is None else f"could not tell: {item.what}: {item.why}"
    if report.causes:
        first = report.causes[0]
        place = f" at {', '.join(first.endpoints)}" if first.endpoints else ""
        more = f" (and {len(report.causes) - 1} more)" if len(report.causes) > 1 else ""
        return f"{first.name}: {first.message.removesuffix('.')}{place}{more}"
    return f"{len(report.endpoints)} endpoints, {len(report.passed)} checks passed"


def _per_endpoint(endpoints: tuple[EndpointReport, ...]) -> list[str]:
    """Seconds by endpoint; a label that comes twice (two addresses of a name) carries its address."""
    urls = [item.url for item in endpoints]
    data = []
    for item in endpoints:
        label = item.url if urls.count(item.url) == 1 else f"{item.url} {item.address}"
        seconds = sum(step.seconds for step in item.steps)
        # `U`: no value could be had (guidelines, section 2.6).
        failed = any(step.status is Status.FAILED for step in item.steps[:1])
        quoted = printable(label).replace("'", "").replace("=", "").replace("|", "/")
        data.append(f"'{quoted}'=" + ("U" if failed else f"{seconds:.3f}s;;;0"))
    return data
