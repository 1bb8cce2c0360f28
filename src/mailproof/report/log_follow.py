"""A line of a growing log, as it is shown: its queue id in a colour of its own, a note below what means something."""

from __future__ import annotations

from typing import Any

import msgspec

from mailproof.catalog.words import Words, words
from mailproof.model.escape import printable, safe_json
from mailproof.model.log import LogLine
from mailproof.report.layout import wrap
from mailproof.report.log import prompt_in, words_of
from mailproof.report.style import Style, paint

# Of ECMA-48 section 8.3.117: those that are legible on black and on white, and mean no verdict here.
_HUES = ("34", "35", "36", "94", "95", "96", "1;34", "1;35", "1;36")
_BY_RANK = {1: Style.FAIL, 2: Style.FAIL, 3: Style.WARN, 4: Style.WARN, 5: Style.DIM}


class Note(msgspec.Struct, frozen=True):
    """What a line means, by the table of messages."""

    name: str
    rank: int
    page: str
    params: dict[str, str]


class Shown(msgspec.Struct, frozen=True):
    """A line to be shown. Nothing in it is safe to print yet."""

    raw: bytes
    line: LogLine | None
    fact: msgspec.Struct | None
    queue_id: str
    note: Note | None


def line_as_text(shown: Shown, say: Words, color: bool, width: int, *, with_host: bool) -> str:
    """The line, and below it what it means and what to do; with a final newline."""
    if shown.line is None:
        return f"{printable(shown.raw.decode('utf-8', 'replace'))}\n"
    line = shown.line
    host = f"{line.host} " if with_host and line.host else ""
    pid = f"[{line.pid}]" if line.pid else ""
    head = paint(printable(f"{line.time[11:19]} {host}{line.tag}{pid}:"), Style.DIM, color)
    text = printable(line.text)
    note = shown.note
    if color and shown.queue_id and (hue := _hue(shown.queue_id)):
        text = text.replace(shown.queue_id, f"\x1b[{hue}m{shown.queue_id}\x1b[0m", 1)
    if note is None:
        return f"{head} {text}\n"
    lines = [f"{head} {text}"]
    meaning, mend = words_of(note, say)
    for sentence, mark in ((meaning, "# "), (mend, "-> "), (prompt_in(line.text, say), "# ")):
        if sentence:
            style = _BY_RANK[note.rank]
            lines += [paint(each, style, color) for each in wrap(sentence, width, f"         {mark}")]
    return "\n".join(lines) + "\n"


def line_as_json(shown: Shown) -> str:
    """One object in one line. `fact` has a field `type`, and what that kind of line tells.

    What it means is said in English in every language.
    """
    line = shown.line
    data: dict[str, Any] = {"raw": shown.raw.decode("utf-8", "replace")} if line is None else {}
    if line is not None:
        data |= msgspec.to_builtins(line)
        data["queue_id"] = shown.queue_id
        data["fact"] = msgspec.to_builtins(shown.fact) if shown.fact is not None else None
        data["note"] = None
    if shown.note is not None:
        meaning, mend = words_of(shown.note, words("en"))
        data["note"] = {**msgspec.to_builtins(shown.note), "meaning": meaning, "mend": mend}
    return safe_json(msgspec.json.encode(data).decode()) + "\n"


def _hue(queue_id: str) -> str:
    """The same for the same id, in every run."""
    return _HUES[sum(map(ord, queue_id)) % len(_HUES)] if queue_id.isalnum() else ""
