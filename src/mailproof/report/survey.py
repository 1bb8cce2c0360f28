"""The endpoints as a table, or one below the other where the terminal is too narrow for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len

from mailproof.catalog.words import Words
from mailproof.model.attempt import Status, Step
from mailproof.model.escape import printable
from mailproof.model.report import EndpointReport, StepReport
from mailproof.report.layout import table, wrap
from mailproof.report.style import Style, paint

_LOGIN = (Step.AUTH, Step.LOGIN)


def endpoint_lines(endpoints: Sequence[EndpointReport], say: Words, color: bool, width: int) -> list[str]:
    """A heading and one line per endpoint; on a narrow terminal the same facts below each URL."""
    if not endpoints:
        return []
    twice = {url for url, count in Counter(item.url for item in endpoints).items() if count > 1}
    rows = [_row(item, say, item.url in twice) for item in endpoints]
    heads = tuple(say(f"report.{key}") for key in ("endpoint", "tls", "certificate", "login", "time"))
    lines = table([heads, *rows])
    if max(map(cell_len, lines)) <= width:
        return [
            paint(lines[0], Style.DIM, color),
            *(_marked(line, item, color) for line, item in zip(lines[1:], endpoints, strict=True)),
        ]
    out: list[str] = []
    for row, item in zip(rows, endpoints, strict=True):
        facts = ", ".join(
            f"{head} {fact}" for head, fact in zip(heads[1:], row[1:], strict=True) if fact != _dash(say)
        )
        out.extend(_marked(line, item, color) for line in wrap(row[0], width, "", "  "))
        out.extend(wrap(facts, width, "  "))
    return out


def _row(item: EndpointReport, say: Words, with_address: bool) -> tuple[str, ...]:
    tls = item.tls
    trust = _dash(say) if tls is None else say("report.verified" if tls.verified else "report.not-verified")
    time = say("report.seconds", seconds=f"{sum(step.seconds for step in item.steps):.2f}")
    failed = _failed(item.steps)
    return (
        printable(item.url + (f" ({item.address})" if with_address else "")),
        say("report.no-tls") if tls is None else printable(tls.version),
        trust,
        _login(item.steps, say),
        time if failed is None else f"{time}  {say('report.failed-at', step=say(f'steps.{failed.step}'))}",
    )


def _login(steps: Sequence[StepReport], say: Words) -> str:
    tried = [step.status for step in steps if step.step in _LOGIN and step.status is not Status.SKIPPED]
    if not tried:
        return _dash(say)
    return say("report.accepted" if Status.OK in tried else "report.refused")


def _failed(steps: Sequence[StepReport]) -> StepReport | None:
    """Where it ended; a login that was refused has its own column."""
    return next((step for step in steps if step.status is Status.FAILED and step.step not in _LOGIN), None)


def _marked(line: str, item: EndpointReport, color: bool) -> str:
    return paint(line, Style.WARN, color and _failed(item.steps) is not None)


def _dash(say: Words) -> str:
    return say("report.untried")
