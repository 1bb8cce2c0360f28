"""Rspamd 1.9 to 3: the one line for each message that its log_format makes, and the rest of its log."""

from __future__ import annotations

import re

from mailproof.model.log import Fact, LogLine, Routine, Trouble
from mailproof.model.log_filter import Scanned

_LINE = re.compile(r"(?:\((\w+)\) )?(?:<([^>]{0,64})>; ?)?([^;]{0,64}); ?([\w.:~<>-]{0,64})(?:: | )(.*)")
_TASK = re.compile(r"id: <([^>]*)>,?")
_FIELD = {
    "queue_id": re.compile(r" qid: <([^>]*)>"),
    "client": re.compile(r" ip: ([^,\s]+)"),
    "user": re.compile(r" user: ([^,]*),"),
    "sender": re.compile(r" from: <([^>]*)>"),
}
_VERDICT = re.compile(r" \(\S+: (\w) \(([^()]*)\): \[([^\]]*)\] \[([^\n]*?)(?:\]\),|\Z)")
_SIZE = re.compile(r" len: (\d{1,18})")
_TIME = re.compile(r" time: ([\d.]{1,20})(ms|s)?")
_RECIPIENTS = re.compile(r", rcpts: <([^>]*)>")
_TROUBLE = ("cannot ", "error ", "failed ", "fatal ", "cannot", "unable to ", "connection to ", "got error", "Can't ")


def rspamd_fact(line: LogLine) -> Fact | None:
    """None for a line that is not known yet."""
    found = _LINE.match(line.text)
    if found is None:
        return None
    text = found[5]
    if found[4].rstrip(":").endswith("task_write_log"):
        return _scanned(text)
    return Trouble("warning", text) if text.startswith(_TROUBLE) else Routine()


def _scanned(text: str) -> Scanned | None:
    task, verdict = _TASK.match(text), _VERDICT.search(text)
    if task is None or verdict is None:
        return None
    found = ((name, pattern.search(text, 0, verdict.start())) for name, pattern in _FIELD.items())
    fields = {name: each[1] for name, each in found if each}
    size, time = _SIZE.search(text, verdict.end() - 1), _TIME.search(text, verdict.end() - 1)
    recipients = _RECIPIENTS.search(text, verdict.end() - 1)
    seconds = float(time[1]) if time and time[1].replace(".", "", 1).isdecimal() else None
    return Scanned(
        fields.get("queue_id", ""),
        verdict[2],
        verdict[3].partition("/")[0],
        fields.get("client", ""),
        fields.get("sender", ""),
        tuple(recipients[1].split(",")) if recipients else (),
        f"<{task[1]}>",
        size=int(size[1]) if size else 0,
        milliseconds=None if seconds is None else seconds * (1000 if time and time[2] == "s" else 1),
        symbols=verdict[4],
        user=fields.get("user", ""),
    )
