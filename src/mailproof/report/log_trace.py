"""What `log trace` says: the story of each message, as text, and as JSON."""

from __future__ import annotations

import msgspec

from mailproof.catalog.words import words
from mailproof.model.log import LogLeg, LogTrace
from mailproof.report.json import text_of
from mailproof.report.layout import wrap
from mailproof.report.style import Style, paint

_STYLES = {"delivered": Style.PASS, "deferred": Style.WARN, "open": Style.UNKNOWN}


def traces_as_json(traces: tuple[LogTrace, ...]) -> str:
    return text_of({"messages": msgspec.to_builtins(traces)})


def render_traces(traces: tuple[LogTrace, ...], lang: str, color: bool, width: int) -> str:
    """A paragraph for each message: a line for each leg, with the seconds since the first."""
    say = words(lang)
    lines: list[str] = []
    for trace in traces:
        outcome = paint(say(f"log.outcome-{trace.outcome}"), _STYLES.get(trace.outcome, Style.FAIL), color)
        lines += ["", f"{' -> '.join(trace.queue_ids) or 'NOQUEUE'}  {outcome}"]
        for leg in trace.legs:
            after = "" if leg.after is None else f"+{leg.after:g}"
            lines += wrap(_sentence(leg, lang), width, f"  {leg.time} {after:>6}  ", "    ")
    return "\n".join(lines[1:] or wrap(say("log.no-such-message"), width)) + "\n"


def _sentence(leg: LogLeg, lang: str) -> str:
    say = words(lang)
    if "status" in leg.params:
        return say("log.leg-delivery", **leg.params)
    if leg.kind == "arrived":
        key = "arrived-user" if leg.params["user"] else "arrived-client" if leg.params["client"] else "arrived-local"
        return say(f"log.leg-{key}", **leg.params)
    return say(f"log.leg-{leg.kind}", **leg.params)
