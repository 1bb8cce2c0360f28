"""One line and performance data for Nagios and its kin (Monitoring Plugins Development Guidelines)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from mailproof.model.attempt import Status
from mailproof.model.escape import printable
from mailproof.model.report import EndpointReport, Report, Verdict
from mailproof.report.build import most_telling

EXIT_CODES = {Verdict.PASS: 0, Verdict.WARN: 1, Verdict.FAIL: 2, Verdict.UNKNOWN: 3}
_WORDS = {Verdict.PASS: "OK", Verdict.WARN: "WARNING", Verdict.FAIL: "CRITICAL", Verdict.UNKNOWN: "UNKNOWN"}
_WORST_FIRST = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.WARN, Verdict.PASS)

# Nagios keeps 8 KiB of a plugin's output (MAX_PLUGIN_OUTPUT_LENGTH), perfdata included; in bytes.
_KEPT = 8192
_LONGEST = 4096


class Slow(msgspec.Struct, frozen=True):
    """Seconds in all from which on a check is slow: `-w` and `-c` of check_smtp, check_imap and check_pop."""

    warning: float | None = None
    critical: float | None = None

    def says(self, seconds: float) -> Verdict:
        """FAIL, WARN or PASS. A limit is passed when it is exceeded; as there, either may be the smaller one."""
        if self.critical is not None and seconds > self.critical:
            return Verdict.FAIL
        return Verdict.WARN if self.warning is not None and seconds > self.warning else Verdict.PASS


def state(report: Report, slow: Slow) -> Verdict:
    """The verdict, or a worse one for the time it took; what could not be told is worse than a warning."""
    return min(report.verdict, slow.says(report.seconds), key=_WORST_FIRST.index)


def line(report: Report, soon: int, slow: Slow = Slow()) -> tuple[str, int]:  # noqa: B008 - frozen
    """The line, without its newline and in English, and the exit code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.

    `soon` are the days before the end of a certificate from which on the profile warns. The performance data are the
    seconds in all, with the limits of `slow`, and by endpoint, as check_smtp, check_imap and check_pop have them, and
    the days that certificates still have; what would be more than Nagios keeps is left off.
    """
    verdict = state(report, slow)
    late = f"; took {report.seconds:.3f} s" if slow.says(report.seconds) is not Verdict.PASS else ""
    text = f"MAIL {_WORDS[verdict]} - {_sentence(report)}{late}"
    # A bar begins the performance data and can stand nowhere else.
    text = printable(text).replace("|", "/").encode()[:_LONGEST].decode(errors="ignore") + " |"
    data = (
        f"time={report.seconds:.3f}s;{_limit(slow.warning)};{_limit(slow.critical)};0",
        *_times(report.endpoints),
        *_days(report, soon),
    )
    for item in data:
        if len(text.encode()) + len(item.encode()) + 1 >= _KEPT:
            break
        text += f" {item}"
    return text, EXIT_CODES[verdict]


def _limit(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.3f}"


def _sentence(report: Report) -> str:
    if report.verdict is Verdict.UNKNOWN:
        item = most_telling(report)
        return "nothing was proven" if item is None else f"could not tell: {item.what}: {item.why}"
    if report.causes:
        first = report.causes[0]
        place = f" at {', '.join(first.endpoints)}" if first.endpoints else ""
        more = f" (and {len(report.causes) - 1} more)" if len(report.causes) > 1 else ""
        return f"{first.name}: {first.message.removesuffix('.')}{place}{more}"
    return f"{_counted(len(report.endpoints), 'endpoint')}, {_counted(len(report.passed), 'check')} passed"


def _counted(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _times(endpoints: tuple[EndpointReport, ...]) -> Iterator[str]:
    """Seconds by endpoint."""
    for label, item in _labelled(endpoints):
        seconds = sum(step.seconds for step in item.steps)
        # `U`: no value could be had (guidelines, section 2.6).
        failed = any(step.status is Status.FAILED for step in item.steps[:1])
        yield f"'{label}'=" + ("U" if failed else f"{seconds:.3f}s;;;0")


def _days(report: Report, soon: int) -> Iterator[str]:
    """Whole days by endpoint until its certificate ends; a range `14:` warns of less, below 0 it has ended."""
    now = datetime.fromisoformat(report.started)
    for label, item in _labelled(report.endpoints):
        if item.tls is not None and item.tls.not_after:
            left = (datetime.fromisoformat(item.tls.not_after) - now).days
            yield f"'days {label}'={left};{soon}:;0:"


def _labelled(endpoints: tuple[EndpointReport, ...]) -> Iterator[tuple[str, EndpointReport]]:
    """A label that comes twice (two addresses of a name) carries its address."""
    urls = [item.url for item in endpoints]
    for item in endpoints:
        label = item.url if urls.count(item.url) == 1 else f"{item.url} {item.address}"
        yield printable(label).replace("'", "").replace("=", "").replace("|", "/"), item
