"""What `explain` says of a text that was pasted: on a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from mailproof.catalog.pages import load, names
from mailproof.catalog.words import Words, words
from mailproof.model.bounce import Action
from mailproof.model.explained import Explained, Explanation, Leg, Pasted
from mailproof.model.log import LogCause, LogExplained
from mailproof.report.explained_database import database_blocks
from mailproof.report.json import text_of
from mailproof.report.layout import wrap
from mailproof.report.log import words_of
from mailproof.report.style import Style, paint

# The longest reply that is shown whole; of a longer one the beginning.
_SHOWN = 600


def explained_text_as_json(explanation: Explanation, log: LogExplained | None) -> str:
    """The explanation with the words of each cause, in English in every language: `cause`, `mend`, `note`."""
    say = words("en")
    data: dict[str, Any] = msgspec.to_builtins(explanation)
    for cause, entry in zip(explanation.causes, data["causes"], strict=True):
        entry["cause"], entry["mend"] = _words(cause, log, say)
        entry["note"] = _note(cause, say)
    return text_of({"known": is_known(explanation), **data})


def is_known(explanation: Explanation) -> bool:
    """Whether anything at all could be made of the text."""
    if explanation.pasted is Pasted.MESSAGE:
        return bool(explanation.legs or explanation.verdicts or explanation.causes)
    return any(cause.name != "unknown" for cause in explanation.causes)


def render_explained_text(
    explanation: Explanation, log: LogExplained | None, lang: str, color: bool, width: int
) -> str:
    """The causes in the order of the text, each with its side, what was said, and what to do."""
    say = words(lang)
    blocks = [list(_cause(cause, log, say, color, width)) for cause in explanation.causes]
    if not explanation.causes:
        blocks.append(_without_cause(explanation, say, width))
    if explanation.pasted is Pasted.MESSAGE:
        blocks.append(list(_way(explanation, say, width)))
    if explanation.pasted is Pasted.DATABASE:
        blocks += database_blocks(explanation, say, width)
    if closing := list(_closing(explanation, say, width)):
        blocks.append(closing)
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _cause(cause: Explained, log: LogExplained | None, say: Words, color: bool, width: int) -> Iterator[str]:
    text, mend = _words(cause, log, say)
    head = _head(cause, text, say)
    style = Style.FAIL if cause.action is Action.FAILED or cause.action is None else Style.WARN
    if cause.name in ("delivered", "accepted", "database-sound", "certificate-verified"):
        style = Style.PASS
    yield from (paint(line, style, color) for line in wrap(head, width))
    if cause.count > 1:
        yield "  " + say("log.times", n=cause.count)
    where = "side-in-log" if log is not None else "side"
    yield from wrap(say("explained.side", side=say(f"explained.{where}-{cause.side}")), width, "  ", "  ")
    if cause.text:
        if heading := _speaker(cause, say):
            yield from wrap(heading, width, "  ", "  ")
        yield from wrap(cause.text[:_SHOWN], width, "  > ", "    ")
    if cause.action is Action.FAILED and cause.code.startswith("4"):
        yield from wrap(say("explained.gave-up"), width, "  ", "  ")
    if note := _note(cause, say):
        yield from wrap(note, width, "  ", "  ")
    if mend:
        yield from wrap(mend, width, "  -> ", "     ")
    if cause.page in names():
        yield f"  mailproof explain {cause.page}"
    if cause.reference:
        yield from wrap(say("explained.reference", url=cause.reference), width, "  ", "  ")


def _head(cause: Explained, text: str, say: Words) -> str:
    name = "" if cause.name == "unknown" else f" ({cause.name})"
    if cause.action is Action.FAILED:
        return say("explained.head-failed", recipient=cause.recipient, cause=text) + name
    if cause.action is Action.DELAYED:
        return say("explained.head-delayed", recipient=cause.recipient, cause=text) + name
    if cause.action is not None:
        return say("explained.head-good", recipient=cause.recipient, cause=text)
    return (text[:1].upper() + text[1:] if say.lang == "en" else text) + name


def _words(cause: Explained, log: LogExplained | None, say: Words) -> tuple[str, str]:
    if log is not None:
        row = next((each for each in log.causes if _is_of(each, cause)), None)
        if row is not None:
            return words_of(row, say)
    first = (cause.code or cause.status)[:1]
    if cause.name == "unknown" and first in ("4", "5"):
        return say(f"explained.unknown-{'permanent' if first == '5' else 'transient'}"), ""
    if f"explained.{cause.name}" in say:
        # Of a delay on the way the server and the seconds stand in the sentence.
        params = {"server": cause.server, **cause.params}
        mend = f"explained.{cause.name}-mend"
        return say(f"explained.{cause.name}", **params), say(mend) if mend in say else ""
    return (load(cause.name, say.lang).title if cause.name in names() else cause.name) + (
        "." if say.lang == "en" else "。"
    ), ""


def _is_of(row: LogCause, cause: Explained) -> bool:
    return (row.name, row.example) == (cause.name, cause.text)


def _speaker(cause: Explained, say: Words) -> str:
    if cause.provider and cause.server and cause.code:
        return say("explained.said-by-provider", server=cause.server, provider=say(f"providers.{cause.provider}"))
    if cause.server and cause.code:
        return say("explained.said-by", server=cause.server)
    if cause.action is not None and not cause.code:
        return say("explained.said-by-reporter")
    return ""


def _note(cause: Explained, say: Words) -> str:
    key = f"explained.at-{cause.provider}-{cause.name}"
    return say(key) if cause.provider and key in say else ""


def _without_cause(explanation: Explanation, say: Words, width: int) -> list[str]:
    if explanation.pasted is Pasted.BOUNCE:
        return wrap(say("explained.bounce-empty", format=_format(explanation, say)), width)
    if explanation.pasted is Pasted.LOG:
        return wrap(say("log.nothing-wrong"), width)
    if is_known(explanation):
        return wrap(say("explained.nothing-wrong"), width)
    return wrap(say("explained.not-known"), width)


def _way(explanation: Explanation, say: Words, width: int) -> Iterator[str]:
    if explanation.legs:
        yield say("explained.way")
        for leg in explanation.legs:
            yield from wrap(_leg(leg, say), width, "  ", "    ")
    if explanation.verdicts:
        told = tuple(dict.fromkeys(f"{each.method}={each.result}" for each in explanation.verdicts))
        yield from wrap(say("explained.verdicts", verdicts=told), width)


def _leg(leg: Leg, say: Words) -> str:
    source = leg.source or "-"
    if leg.seconds is None:
        return say("explained.leg", by=leg.by or "-", source=source)
    return say("explained.leg-after", by=leg.by or "-", source=source, seconds=f"{leg.seconds:.0f}")


def _closing(explanation: Explanation, say: Words, width: int) -> Iterator[str]:
    if explanation.pasted is Pasted.BOUNCE and explanation.causes:
        key = "explained.bounce" if explanation.reporter else "explained.bounce-by-nobody"
        params = {"reporter": explanation.reporter} if explanation.reporter else {}
        yield from wrap(say(key, format=_format(explanation, say), **params), width)
    if explanation.pasted is Pasted.MESSAGE and explanation.subject:
        yield from wrap(say("explained.message", sender=explanation.sender, subject=explanation.subject), width)
    about = [each for each in (explanation.subject, explanation.date, explanation.message_id) if each]
    if explanation.pasted is Pasted.BOUNCE and about:
        yield from wrap(say("explained.about", what=tuple(about)), width)
    if explanation.unread and explanation.pasted is not Pasted.LOG:
        yield from wrap(say("explained.unread", what=explanation.unread), width)
    if explanation.left_out:
        yield from wrap(say("explained.left-out", n=explanation.left_out), width)


def _format(explanation: Explanation, say: Words) -> str:
    return say(f"explained.format-{explanation.format}")
