"""What `log trace` says: the story of each message, as text, and as JSON."""

from __future__ import annotations

import msgspec

from mailproof.catalog.words import Words, words
from mailproof.model.log_trace import LogLeg, LogTrace
from mailproof.report.json import text_of
from mailproof.report.layout import wrap
from mailproof.report.style import Style, paint

_STYLES = {"delivered": Style.PASS, "deferred": Style.WARN, "open": Style.UNKNOWN}


def traces_as_json(traces: tuple[LogTrace, ...], gaps: int = 0) -> str:
    """`gaps` is how often the log says that lines of it are lost."""
    return text_of({"messages": msgspec.to_builtins(traces), "gaps": gaps})


def render_traces(
    traces: tuple[LogTrace, ...], lang: str, color: bool, width: int, *, gaps: int = 0, mail: int = 1
) -> str:
    """A paragraph for each message: how it ended, whose it is, and a line for each leg with the seconds until it.

    `mail` is how many lines of a mail server there are.
    """
    say = words(lang)
    lines: list[str] = []
    for trace in traces:
        outcome = paint(say(f"log.outcome-{trace.outcome}"), _STYLES.get(trace.outcome, Style.FAIL), color)
        took = "" if trace.seconds is None else " " + say("log.took", seconds=f"{trace.seconds:.6g}")
        lines += ["", f"{' -> '.join(trace.queue_ids) or 'NOQUEUE'}  {outcome}{took}"]
        if trace.recipients:
            lines += wrap(_envelope(trace, say), width, "  ", "  ")
        for leg in trace.legs:
            lines += wrap(sentence(leg, say), width, f"  {moment(leg)}  ", "    ")
    if gaps:
        lines += ["", *wrap(say.counted("log.gaps", gaps), width)]
    nothing = "log.no-such-message" if mail else "log.no-mail"
    return "\n".join(lines[1:] or wrap(say(nothing), width)) + "\n"


def _envelope(trace: LogTrace, say: Words) -> str:
    """`<>` is the sender of a report; that the log tells of none is another matter."""
    recipients = ", ".join(trace.recipients)
    if trace.sender is None:
        return say("log.between-unknown", recipients=recipients)
    return say("log.between", sender=trace.sender, recipients=recipients)


def moment(leg: LogLeg) -> str:
    """When it happened, and how long after the first leg."""
    after = "" if leg.after is None else f"+{leg.after:.6g}"
    return f"{leg.time} {after:>6}"


def sentence(leg: LogLeg, say: Words) -> str:
    """What happened, in words."""
    params = leg.params
    if "status" in params and "relay" in params:
        times = say("log.leg-times", **params) if "sending" in params else ""
        return say("log.leg-delivery", **params) + times
    if leg.kind == "arrived":
        return say(f"log.leg-{_arrival(params)}", **params)
    kind = leg.kind
    if kind == "answered" and not params["reply"]:
        kind = "answered-not"
    return say(f"log.leg-{kind}", **params)


def _arrival(params: dict[str, str]) -> str:
    return "arrived-user" if params["user"] else "arrived-client" if params["client"] else "arrived-local"
