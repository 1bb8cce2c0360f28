"""The way of a message that the server took, by its log, its queue and its tables: a sentence for each leg."""

from __future__ import annotations

from mailproof.catalog.words import Words
from mailproof.model.report import MessageReport
from mailproof.report.log_trace import moment, sentence


def way(message: MessageReport, say: Words) -> list[str]:
    """How it ended, each leg with its time, whose entries rewrote it, and why it still waits. Safe to print."""
    trace = message.trace
    told = trace.outcome == "delivered" and trace.seconds is not None
    took = " " + say("log.took", seconds=f"{trace.seconds:.6g}") if told else ""
    lines = [say("report.way", outcome=say(f"log.outcome-{trace.outcome}"), recipient=message.recipient) + took]
    lines += [f"{moment(leg)}  {sentence(leg, say)}" for leg in trace.legs]
    for entry in message.entries:
        params = {"before": entry.before, "after": entry.after, "parameter": entry.parameter}
        lines.append(say("report.way-entry", where=entry.where, text=entry.text, **params))
    for each in message.waiting:
        key = "report.way-waiting-why" if each.reason else "report.way-waiting"
        lines.append(say(key, queue=each.queue, recipient=each.recipient, reason=each.reason))
    return lines
