"""The endpoints as a table, or one below the other where the terminal is too narrow for one."""

from __future__ import annotations

from collections.abc import Sequence

from mailproof.catalog.words import Words
from mailproof.model.attempt import Status, Step, Trouble
from mailproof.model.escape import printable
from mailproof.model.report import EndpointReport, StepReport, TlsReport
from mailproof.report.layout import cell_len, pad, table, wrap
from mailproof.report.style import Style, paint

_LOGIN = (Step.AUTH, Step.LOGIN)
# A refusal there is an answer, often the right one: a refused relay is what one wants, and CAPA may be unknown.
_MAY_BE_REFUSED = frozenset({Step.MAIL, Step.RCPT, Step.XCLIENT, Step.CAPABILITY})
# A login has its own column, and whoever hangs up on QUIT hurts nobody.
_TOLD_ELSEWHERE = frozenset({*_LOGIN, Step.QUIT})

COLUMNS = ("address", "tls", "certificate", "login", "time")
_ALWAYS = ("tls",)
_GAP = "  "


def endpoint_lines(endpoints: Sequence[EndpointReport], say: Words, color: bool, width: int) -> list[str]:
    """A heading and one line per endpoint; on a narrow terminal the same facts below each URL.

    A column in which there is nothing to say is left out. Where there is no room for the addresses they stand above,
    once for each host, if each has but one; then the times are left out, and then the names of the mechanisms. An
    endpoint whose conversation ended before its time says so instead of the rest.
    """
    if not endpoints:
        return []
    rows, brief = ([EndpointRow(item, say, named) for item in endpoints] for named in (True, False))
    hosts = _hosts(endpoints)
    above = [say("report.host-at", host=host, address=found[0]) for host, found in hosts.items() if len(found) == 1]
    layouts: list[tuple[Sequence[str], list[str]]] = [(COLUMNS, [])]
    if len(above) == len(hosts):
        layouts += [(COLUMNS[1:], above), (COLUMNS[1:-1], above)]
    else:
        layouts.append((COLUMNS[:-1], []))
    for told_rows in (rows, brief):
        for columns, lead in layouts:
            lines = _table(told_rows, columns, say)
            if max(map(cell_len, (*lead, *lines))) <= width:
                painted = [_paint(line, row.note, color) for line, row in zip(lines[1:], rows, strict=True)]
                return [*(paint(line, Style.DIM, color) for line in (*lead, lines[0])), *painted]
    out: list[str] = []
    between = "、" if say.lang == "ja" else ", "
    for row in rows:
        told = row.note or between.join(_labelled(say, column, fact) for column, fact in row.facts.items() if fact)
        lines = [*wrap(row.url, width), *wrap(told, width, _GAP)]
        out.extend(_paint(line, row.note, color) for line in lines)
    return out


class EndpointRow:
    """What there is to say of one endpoint: by column, empty for what was not seen."""

    def __init__(self, item: EndpointReport, say: Words, mechanisms: bool = True) -> None:
        self.url = printable(item.url)
        self.note = _note(item, say)
        """Where the conversation ended before its time, and when; empty if it did not."""
        self.facts = {
            "address": "" if _host(item.url) == item.address else printable(item.address),
            "tls": say("report.no-tls") if item.tls is None else printable(item.tls.version),
            "certificate": "" if item.tls is None else _certificate(item.tls, say),
            "login": _login(item, say, mechanisms),
            "time": _time(item, say),
        }


def _table(rows: list[EndpointRow], columns: Sequence[str], say: Words) -> list[str]:
    """Heading and rows; a note stands in the place of all that comes after the address."""
    kept = [column for column in columns if column in _ALWAYS or any(row.facts[column] for row in rows)]
    places = [column for column in kept if column == "address"]
    left = [(say("report.endpoint"), *(say(f"report.{column}") for column in places))]
    left += [(row.url, *(row.facts[column] for column in places)) for row in rows]
    told = [column for column in kept if column not in places]
    right = table(
        [
            tuple(say(f"report.{column}") for column in told),
            *(tuple(row.facts[column] or say("report.untried") for column in told) for row in rows),
        ]
    )
    right[1:] = [row.note or line for row, line in zip(rows, right[1:], strict=True)]
    lefts = table(left)
    room = max(map(cell_len, lefts))
    return [pad(start, room) + _GAP + end for start, end in zip(lefts, right, strict=True)]


def _hosts(endpoints: Sequence[EndpointReport]) -> dict[str, list[str]]:
    """The addresses of each host that is a name, in the order in which they were dialled."""
    found: dict[str, list[str]] = {}
    for item in endpoints:
        host = _host(item.url)
        if item.address and host != item.address and item.address not in found.setdefault(host, []):
            found[host].append(item.address)
    return found


def _host(url: str) -> str:
    """`mail.example.com` of `imap://mail.example.com:10143`, `2001:db8::1` of `imaps://[2001:db8::1]`."""
    place = url.partition("://")[2]
    return place[1:].partition("]")[0] if place.startswith("[") else place.partition(":")[0]


def _certificate(tls: TlsReport, say: Words) -> str:
    """`verified 2027-01-31`: the last day of the server's own certificate."""
    return f"{say('report.verified' if tls.verified else 'report.not-verified')} {tls.not_after[:10]}".rstrip()


def _labelled(say: Words, column: str, fact: str) -> str:
    """`login: accepted`; an address, the version of TLS and the time speak for themselves."""
    label = say(f"report.{column}")
    return fact if fact.startswith(label) or column in ("address", "time") else f"{label}: {fact}"


def _time(item: EndpointReport, say: Words) -> str:
    return say("report.seconds", seconds=f"{sum(step.seconds for step in item.steps):.2f}")


_NO_REPLY = {
    Trouble.CLOSED: "closed",
    Trouble.RESET: "closed",
    Trouble.TLS_FAILED: "closed",
    Trouble.TIMEOUT: "no-answer",
}


# Mechanisms that a cell names before it only counts them.
_NAMED = 2


def _login(item: EndpointReport, say: Words, mechanisms: bool) -> str:
    """`accepted (PLAIN)`."""
    told = _outcome(item.steps, say)
    if not told or not mechanisms or not item.mechanisms:
        return told
    names = tuple(map(printable, item.mechanisms))
    hidden = len(names) - _NAMED
    shown = names[:_NAMED] if hidden > 0 else names
    key = "report.login-more" if hidden > 0 else "report.login-with"
    return say(key, outcome=told, mechanisms=shown, n=max(hidden, 0))


def _outcome(steps: Sequence[StepReport], say: Words) -> str:
    tried = [step for step in steps if step.step in _LOGIN and step.status is not Status.SKIPPED]
    if not tried:
        return ""
    if any(step.status is Status.OK for step in tried):
        return say("report.accepted")
    silent = [_NO_REPLY[step.trouble] for step in tried if step.trouble in _NO_REPLY]
    return say(f"report.{silent[-1]}" if len(silent) == len(tried) else "report.refused")


def _note(item: EndpointReport, say: Words) -> str:
    failed = next((step for step in item.steps if _broke_off(step)), None)
    return "" if failed is None else say("report.failed-at", step=say(f"steps.{failed.step}"), time=_time(item, say))


def _broke_off(step: StepReport) -> bool:
    if step.status is not Status.FAILED or step.step in _TOLD_ELSEWHERE:
        return False
    return step.step not in _MAY_BE_REFUSED or step.trouble not in (Trouble.REJECTED, None)


def _paint(line: str, note: str, color: bool) -> str:
    return paint(line, Style.WARN, color and bool(note))
