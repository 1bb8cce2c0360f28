"""The endpoints as a table, or one below the other where the terminal is too narrow for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len

from mailproof.catalog.words import Words
from mailproof.model.attempt import Status, Step
from mailproof.model.escape import printable
from mailproof.model.report import EndpointReport, StepReport
from mailproof.report.layout import pad, table, wrap
from mailproof.report.style import Style, paint

_LOGIN = (Step.AUTH, Step.LOGIN)
# A refusal there is an answer, often the right one: a login has its own column, a refused relay is what one wants.
_MAY_BE_REFUSED = frozenset({*_LOGIN, Step.MAIL, Step.RCPT, Step.XCLIENT})

_COLUMNS = ("tls", "certificate", "login", "time")
_GAP = "  "


def endpoint_lines(endpoints: Sequence[EndpointReport], say: Words, color: bool, width: int) -> list[str]:
    """A heading and one line per endpoint; on a narrow terminal the same facts below each URL.

    A column in which there is nothing to say is left out. An endpoint whose conversation ended before its time says
    so instead of the rest.
    """
    if not endpoints:
        return []
    urls = _urls(endpoints)
    facts = [_facts(item, say) for item in endpoints]
    kept = [i for i, key in enumerate(_COLUMNS) if key in ("tls", "time") or any(row[i] for row in facts)]
    heads = tuple(say(f"report.{_COLUMNS[i]}") for i in kept)
    cells = [tuple(row[i] or say("report.untried") for i in kept) for row in facts]
    notes = [_note(item, say) for item in endpoints]

    room = max(map(cell_len, (say("report.endpoint"), *urls)))
    right = table([heads, *cells])
    right[1:] = [note or line for note, line in zip(notes, right[1:], strict=True)]
    left = [pad(text, room) for text in (say("report.endpoint"), *urls)]
    lines = [_GAP.join(pair) for pair in zip(left, right, strict=True)]
    if max(map(cell_len, lines)) <= width:
        painted = [_paint(line, note, color) for line, note in zip(lines[1:], notes, strict=True)]
        return [paint(lines[0], Style.DIM, color), *painted]

    out: list[str] = []
    between = "、" if say.lang == "ja" else ", "
    for url, row, note in zip(urls, facts, notes, strict=True):
        told = note or between.join(_labelled(say, i, row[i]) for i in kept if row[i])
        out.extend(_paint(line, note, color) for line in [*wrap(url, width), *wrap(told, width, _GAP)])
    return out


def _urls(endpoints: Sequence[EndpointReport]) -> list[str]:
    """With the address where a URL stands for several."""
    count = Counter(item.url for item in endpoints)
    return [printable(item.url + (f" ({item.address})" if count[item.url] > 1 else "")) for item in endpoints]


def _facts(item: EndpointReport, say: Words) -> tuple[str, str, str, str]:
    """In the order of the columns; empty for what was not seen."""
    trust = ""
    if item.tls is not None:
        trust = say("report.verified" if item.tls.verified else "report.not-verified")
    version = say("report.no-tls") if item.tls is None else printable(item.tls.version)
    return version, trust, _login(item.steps, say), _time(item, say)


def _labelled(say: Words, column: int, fact: str) -> str:
    """`login: accepted`; the version of TLS, and the time, speak for themselves."""
    label = say(f"report.{_COLUMNS[column]}")
    return fact if fact.startswith(label) or _COLUMNS[column] == "time" else f"{label}: {fact}"


def _time(item: EndpointReport, say: Words) -> str:
    return say("report.seconds", seconds=f"{sum(step.seconds for step in item.steps):.2f}")


def _login(steps: Sequence[StepReport], say: Words) -> str:
    tried = [step.status for step in steps if step.step in _LOGIN and step.status is not Status.SKIPPED]
    if not tried:
        return ""
    return say("report.accepted" if Status.OK in tried else "report.refused")


def _note(item: EndpointReport, say: Words) -> str:
    """Where the conversation ended before its time, and when; empty if it did not."""
    failed = next((s for s in item.steps if s.status is Status.FAILED and s.step not in _MAY_BE_REFUSED), None)
    return "" if failed is None else say("report.failed-at", step=say(f"steps.{failed.step}"), time=_time(item, say))


def _paint(line: str, note: str, color: bool) -> str:
    return paint(line, Style.WARN, color and bool(note))
