"""What `mailproof postfix route` says: where the mail goes, and every decision with its file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mailproof.catalog.words import Words, words
from mailproof.model.postfix import Hop, NextHost, Outcome, Route, Routes, Step
from mailproof.report.json import text_of
from mailproof.report.layout import table, wrap
from mailproof.report.style import Style, paint

_STYLES = {Outcome.WON: Style.PASS, Outcome.LOST: Style.WARN, Outcome.UNTOLD: Style.UNKNOWN, Outcome.NOTE: Style.INFO}


def render_routes(routes: Routes, lang: str, color: bool, width: int) -> str:
    """The answer first, then the decisions in their order."""
    say = words(lang)
    lines = []
    for route in routes.routes:
        lines += [paint(_answer(routes, route, say), Style.HEADING, color)]
        lines += [f"  {line}" for line in table(_rows(route, say))]
        lines.append("")
    if not routes.told:
        lines += [*wrap(say("postfix.not-told"), width), ""]
    if routes.steps:
        lines += [*step_lines(routes.steps, say("postfix.before"), say, color, width, "rewrite-mark"), ""]
    for route in routes.routes:
        lines += [
            *step_lines(route.steps, say("postfix.decisions", address=sayable(route.recipient)), say, color, width),
            "",
        ]
    return "\n".join(lines).rstrip("\n") + "\n"


def routes_as_json(routes: Routes) -> str:
    """The same in every language: messages are English."""
    say = words("en")
    return text_of(
        all_sayable(
            {
                "sender": routes.sender,
                "recipient": routes.recipient,
                "envelope_sender": routes.envelope,
                "told": routes.told,
                "steps": [step_data(step, say) for step in routes.steps],
                "routes": [
                    {
                        "recipient": route.recipient,
                        "class": route.domain_class,
                        "transport": route.transport,
                        "nexthop": route.nexthop,
                        "hosts": _hosts_data(route.hosts),
                        "master_line": route.service_line,
                        "filter": _filter_data(route.filter),
                        "steps": [step_data(step, say) for step in route.steps],
                    }
                    for route in routes.routes
                ],
            }
        )
    )


def _hosts_data(hosts: Sequence[NextHost]) -> list[dict[str, Any]]:
    return [{"host": host.host, "port": host.port, "mx": host.mx} for host in hosts]


def _filter_data(hop: Hop | None) -> dict[str, Any] | None:
    if hop is None:
        return None
    return {
        "transport": hop.transport,
        "nexthop": hop.nexthop,
        "hosts": _hosts_data(hop.hosts),
        "master_line": hop.service_line,
    }


def step_data(step: Step, say: Words) -> dict[str, Any]:
    """For JSON."""
    return {
        "name": step.name,
        "outcome": step.outcome,
        "file": step.file,
        "line": step.line,
        "params": step.params,
        "message": sentence_of(step, say),
    }


def _answer(routes: Routes, route: Route, say: Words) -> str:
    sender = routes.envelope or "<>"
    if not route.transport:
        return say("postfix.no-transport", sender=sayable(sender), recipient=sayable(route.recipient))
    named = {
        "sender": sayable(sender),
        "recipient": sayable(route.recipient),
        "transport": sayable(route.transport),
        "nexthop": sayable(route.nexthop),
    }
    if route.filter is None:
        return say("postfix.answer", **named)
    hop = f"{route.filter.transport}:{route.filter.nexthop}"
    return say("postfix.answer-filter", **named, filter=sayable(hop))


def _rows(route: Route, say: Words) -> list[tuple[str, str]]:
    rows = [(say("postfix.class"), say(f"postfix.class-{route.domain_class}"))]
    if route.filter is not None:
        rows += [(say("postfix.filter"), _service(route.filter.transport, route.filter.service_line, say))]
        rows += [(say("postfix.filter-host"), _host(host, say)) for host in route.filter.hosts]
    if route.transport:
        rows += [(say("postfix.transport"), _service(route.transport, route.service_line, say))]
    rows.append((say("postfix.nexthop"), say("postfix.text", text=sayable(route.nexthop))))
    rows += [(say("postfix.host"), _host(host, say)) for host in route.hosts]
    return rows


def _service(transport: str, line: int | None, say: Words) -> str:
    if line is None:
        return say("postfix.text", text=sayable(transport))
    service = say("postfix.service", line=line) if line else say("postfix.no-service")
    return say("postfix.transport-of", transport=sayable(transport), service=service)


def _host(host: NextHost, say: Words) -> str:
    port = str(host.port) if host.port else "?"
    return say("postfix.host-mx" if host.mx else "postfix.host-address", host=sayable(host.host), port=port)


def configuration_lines(steps: Sequence[Step], say: Words, color: bool, width: int) -> list[str]:
    """What Postfix refuses of its files, or could not be read of them."""
    return [*step_lines(steps, say("postfix.configuration"), say, color, width), ""] if steps else []


def step_lines(
    steps: Sequence[Step], heading: str, say: Words, color: bool, width: int, marks: str = "mark"
) -> list[str]:
    """Each with its mark, file and line. `marks` is the beginning of the words for the outcomes."""
    lines = [paint(heading, Style.HEADING, color)]
    for step in steps:
        place = place_of(step, say)
        mark = say(f"postfix.{marks}-{step.outcome}")
        placed = step.file or "parameter" in step.params
        key = "postfix.line" if placed else "postfix.line-without-place"
        text = say(key, mark=mark, sentence=sentence_of(step, say), place=sayable(place))
        first, *rest = wrap(text, width, "  ", "    ")
        style = _STYLES.get(step.outcome)
        lines += [first if style is None else first.replace(mark, paint(mark, style, color), 1), *rest]
    return lines


def place_of(step: Step, say: Words) -> str:
    """File and line, as far as they are known."""
    return f"{step.file}:{step.line}" if step.file and step.line else step.file or say("postfix.default")


def sentence_of(step: Step, say: Words) -> str:
    """What a step says."""
    return say(f"postfix.step-{step.name}", **{name: sayable(value) for name, value in step.params.items()})


def all_sayable(data: Any) -> Any:
    """For JSON."""
    if isinstance(data, Mapping):
        return {name: all_sayable(value) for name, value in data.items()}
    if isinstance(data, list):
        return [all_sayable(each) for each in data]
    return sayable(data) if isinstance(data, str) else data


def sayable(text: str) -> str:
    """A byte of a file that is no UTF-8 has its replacement character here; JSON has no word for it."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
