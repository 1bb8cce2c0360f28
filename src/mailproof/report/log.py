"""What `log explain` says: as text, and as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from mailproof.catalog.log_messages import log_message
from mailproof.catalog.words import Words, words
from mailproof.model.log import LogCause, LogExplained
from mailproof.report.json import text_of
from mailproof.report.layout import wrap
from mailproof.report.style import Style, paint

_STYLES = {1: Style.FAIL, 2: Style.FAIL, 3: Style.WARN, 4: Style.WARN, 5: Style.UNKNOWN}
_HARMLESS = 5
# Prompts of LOGIN, which Postfix logs as Cyrus SASL and old versions of Dovecot leave them.
_PROMPTS = {"UGFzc3dvcmQ6": "Password:", "VXNlcm5hbWU6": "Username:"}
_PROMPT = re.compile("|".join(_PROMPTS))


def explained_as_json(result: LogExplained) -> str:
    """The result with the words of each cause, in English in every language."""
    say = words("en")
    data: dict[str, Any] = msgspec.to_builtins(result)
    for cause, entry in zip(result.causes, data["causes"], strict=True):
        entry["meaning"], entry["mend"] = words_of(cause, say)
    return text_of(data)


def render_explained(result: LogExplained, lang: str, color: bool, width: int, *, everything: bool = False) -> str:
    """The causes, most telling first; with `everything` the harmless ones and lines that are not known too."""
    say = words(lang)
    shown = [cause for cause in result.causes if everything or cause.rank < _HARMLESS]
    numbers = {"lines": result.lines, "mail": result.mail}
    if result.first:
        lines = wrap(say.counted("log.summary", result.lines, first=result.first, last=result.last, **numbers), width)
    else:
        lines = wrap(say.counted("summary.timeless", result.lines, **numbers), width)
    if not result.mail:
        lines += wrap(say("log.no-mail"), width)
    elif not shown:
        lines += wrap(say("log.nothing-wrong"), width)
    for cause in shown:
        lines += ["", *_cause(cause, say, color, width)]
    lines += _left_out(result, len(result.causes) - len(shown), say, width, everything)
    return "\n".join(lines) + "\n"


def _cause(cause: LogCause, say: Words, color: bool, width: int) -> Iterator[str]:
    meaning, mend = words_of(cause, say)
    yield paint(cause.name, _STYLES[cause.rank], color) + "  " + say("log.times", n=cause.count)
    yield from wrap(meaning, width, "  ", "  ")
    span = cause.first if cause.first == cause.last else say("log.span", first=cause.first, last=cause.last)
    if cause.first:
        yield from wrap(span, width, "  ", "  ")
    yield from wrap(cause.example, width, "  > ", "    ")
    if cause.followed_by:
        yield from wrap(say.counted("log.followed", cause.followed_by), width, "  ", "  ")
    if mend:
        yield from wrap(mend, width, "  -> ", "     ")
    if prompt := prompt_in(cause.example, say):
        yield from wrap(prompt, width, "  ", "  ")
    if cause.page:
        yield f"  mailproof explain {cause.page}"


class Meant(Protocol):
    """A row of the table of messages and its parameters: a cause, or a note."""

    @property
    def name(self) -> str: ...
    @property
    def params(self) -> dict[str, str]: ...


def words_of(cause: Meant, say: Words) -> tuple[str, str]:
    """What it means, and what to do."""
    refusal = f"explained.{cause.params.get('refusal', '')}"
    if refusal in say:
        return say(f"log.{cause.name}-because", meaning=say(refusal)), say(f"{refusal}-mend")
    if f"log.{cause.name}" in say:
        return say(f"log.{cause.name}", **cause.params), say(f"log.{cause.name}-mend")
    row = log_message(cause.name)
    return row.meaning[say.lang], row.mend[say.lang]


def prompt_in(line: str, say: Words) -> str:
    """What the base64 is that Postfix logs behind a refused LOGIN; empty where there is none. It is no secret."""
    found = _PROMPT.search(line)
    return say("log.base64-prompt", base64=found[0], text=_PROMPTS[found[0]]) if found else ""


def _left_out(result: LogExplained, harmless: int, say: Words, width: int, everything: bool) -> Iterator[str]:
    if harmless or result.unknown or result.unread:
        yield ""
    if harmless:
        yield from wrap(say.counted("log.harmless", harmless), width)
    if result.unknown or result.unread:
        yield from wrap(say("log.not-known", unknown=result.unknown, unread=result.unread), width)
    if everything:
        for sample in result.samples:
            yield from wrap(sample, width, "  ? ", "    ")
