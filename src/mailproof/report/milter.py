"""What `milter` says: how the milter fares, each step with its answer and time, and the message in and out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from mailproof.catalog.words import Words, words
from mailproof.model.escape import all_sayable, printable, sayable, to_text
from mailproof.model.milter import (
    Action,
    Health,
    MacroStage,
    MilterPlayed,
    MilterResult,
    Negotiated,
    Stage,
    StepSeen,
    Verdict,
    Wish,
)
from mailproof.report.frame import headed
from mailproof.report.json import text_of
from mailproof.report.layout import cut, table, wrap
from mailproof.report.style import Style, paint

# A diff grows with the square of what differs; a mebibyte of body is told by its size alone.
_MOST_COMPARED = 1 << 20
_MOST_LINES = 2000
# Lines of the diff that are shown without -v.
_DIFF_LINES = 40
_CLIENT_HEARS = "451 4.7.1 Service unavailable - try again later"


def render_milter(
    result: MilterResult, before: bytes, lang: str, color: bool, width: int, *, verbose: bool = False
) -> str:
    """`before` is the message as the milter was told it; empty where none was sent."""
    say = words(lang)
    word, style = _word(result)
    lines = headed(say(f"milter.word-{word}"), style, _answer(result, say), say, color, width)
    for sentence in _beside(result, say):
        lines += wrap(sentence, width, "  ")
    if result.negotiated is not None:
        lines += ["", *_agreed(result.negotiated, say, color, width)]
    if result.steps:
        lines += ["", *_steps(((None, step) for step in result.steps), say, color, width, verbose)]
    if result.message or result.changes:
        lines += ["", *_changes(result, before, say, color, width, verbose)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def render_played(result: MilterPlayed, lang: str, color: bool, width: int, *, verbose: bool = False) -> str:
    """The answer, what was wanted and what came, and the steps with their times."""
    say = words(lang)
    if result.unmet is not None:
        word, style, sentence = "refused", Style.FAIL, say("milter.unmet", url=result.url, line=result.unmet.line)
    elif result.health is not Health.SOUND:
        word, style = "dead", Style.FAIL
        sentence = say(f"milter.health-{result.health}", url=result.url, step=_step_word(result.stage, say))
    else:
        word, style = "through", Style.PASS
        sentence = say.counted("milter.played", len({step.line for step in result.steps} - {0}), url=result.url)
    lines = headed(say(f"milter.word-{word}"), style, sentence, say, color, width)
    if result.unmet is not None:
        lines += wrap(say("milter.wanted", text=result.unmet.wanted), width, "  ")
        lines += [line for got in result.unmet.got for line in wrap(say("milter.got", text=got), width, "  ")]
    if result.health is not Health.SOUND:
        lines += [line for sentence in _failing(result, say) for line in wrap(sentence, width, "  ")]
    lines += ["", *_steps(((each.line, each.step) for each in result.steps), say, color, width, verbose)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def milter_as_json(result: MilterResult, before: bytes) -> str:
    """The same in every language; the message that comes out is told as a diff."""
    data = {
        **all_sayable(msgspec.to_builtins(msgspec.structs.replace(result, message=b"", changes=()))),
        "message": _answer(result, words("en")),
        "detail": all_sayable(_seen(result, words("en"))),
        "negotiated": None if result.negotiated is None else _agreed_data(result.negotiated),
        "steps": [_step_data(step) for step in result.steps],
        "changes": [_change_data(change) for change in result.changes],
        "diff": list(difference(before, result.message)) if result.message else [],
        "dead": result.health is not Health.SOUND,
    }
    return text_of(data)


def played_as_json(result: MilterPlayed) -> str:
    """The same in every language."""
    data = {
        **all_sayable(msgspec.to_builtins(msgspec.structs.replace(result, steps=()))),
        "ok": result.ok,
        "detail": all_sayable(_seen(result, words("en"))),
        "steps": [
            {"connection": each.connection, "line": each.line, **_step_data(each.step)} for each in result.steps
        ],
    }
    return text_of(data)


def difference(before: bytes, after: bytes) -> Iterator[str]:
    """Lines of a unified diff, header and body apart, safe to print; a long body is told by its size."""
    old_head, _, old_body = before.partition(b"\r\n\r\n")
    new_head, _, new_body = after.partition(b"\r\n\r\n")
    yield from _diff(old_head, new_head, 1)
    if old_body != new_body:
        yield from _diff(old_body, new_body, 2)


def _diff(old: bytes, new: bytes, around: int) -> Iterator[str]:
    olds, news = (
        [printable(line.decode("utf-8", "surrogateescape").expandtabs(4)) for line in side.split(b"\r\n")]
        for side in (old, new)
    )
    if len(old) + len(new) > _MOST_COMPARED or max(len(olds), len(news)) > _MOST_LINES:
        if old != new:
            yield f"- {len(old)} bytes, {len(olds)} lines"
            yield f"+ {len(new)} bytes, {len(news)} lines"
        return
    for number, line in enumerate(difflib.unified_diff(olds, news, lineterm="", n=around)):
        if number > 1 and not line.startswith("@@"):
            yield line[:1] + " " + line[1:]


def _word(result: MilterResult) -> tuple[str, Style]:
    if result.health is not Health.SOUND:
        return "dead", Style.FAIL
    if result.verdict in (Verdict.CONTINUE, Verdict.ACCEPT):
        return ("held", Style.WARN) if result.quarantine else ("through", Style.PASS)
    return "refused", Style.FAIL


def _answer(result: MilterResult, say: Words) -> str:
    step = _step_word(result.stage, say)
    if result.health is not Health.SOUND:
        return say(f"milter.health-{result.health}", url=result.url, step=step)
    if result.stage is Stage.NEGOTIATE:
        version = result.negotiated.version if result.negotiated else 0
        return say("milter.answers", url=result.url, version=version)
    if result.verdict not in (Verdict.CONTINUE, Verdict.ACCEPT):
        return say(f"milter.says-{result.verdict}", url=result.url, step=step, reply=result.reply)
    if result.quarantine:
        return say("milter.quarantines", url=result.url, reason=result.quarantine)
    return say("milter.changes" if result.changes else "milter.passes", url=result.url)


def _beside(result: MilterResult, say: Words) -> Iterator[str]:
    if result.health is not Health.SOUND:
        yield from _failing(result, say)
    elif result.reply:
        yield say("milter.client-hears", reply=result.reply)
    if result.refused and result.verdict in (Verdict.CONTINUE, Verdict.ACCEPT):
        yield say("milter.recipients-refused", recipients=result.refused)


def _failing(result: MilterResult | MilterPlayed, say: Words) -> Iterator[str]:
    if seen := _seen(result, say):
        yield say("milter.heard", text=seen)
    yield say(f"milter.mend-{result.health}")
    yield say("milter.dead-client-hears", reply=_CLIENT_HEARS)


def _seen(result: MilterResult | MilterPlayed, say: Words) -> str:
    amiss = result.amiss
    return result.detail if amiss is None else say.of(f"milter.amiss-{amiss.name}", amiss.params)


def _agreed(agreed: Negotiated, say: Words, color: bool, width: int) -> list[str]:
    lines = [paint(say("milter.negotiated"), Style.HEADING, color)]
    may = tuple(say(f"milter.may-{_dashed(each)}") for each in Action if agreed.actions & each)
    lines += wrap(say("milter.may", what=may or (say("milter.nothing"),)), width, "  ", "    ")
    for key, chosen in (("unheard", _UNHEARD), ("unanswered", _UNANSWERED), ("manners", _MANNERS)):
        told = tuple(say(f"milter.wish-{_dashed(each)}") for each in Wish if each & chosen and agreed.asks(each))
        if told:
            lines += wrap(say(f"milter.{key}", what=told), width, "  ", "    ")
    for stage, names in agreed.macros:
        lines += wrap(say("milter.wants-macros", step=_macro_stage(stage), names=names), width, "  ", "    ")
    return lines


_UNHEARD = (
    Wish.NO_CONNECT
    | Wish.NO_HELO
    | Wish.NO_MAIL
    | Wish.NO_RCPT
    | Wish.NO_BODY
    | Wish.NO_HEADERS
    | Wish.NO_EOH
    | Wish.NO_UNKNOWN
    | Wish.NO_DATA
)
_MANNERS = Wish.SKIP | Wish.REFUSED_RECIPIENTS | Wish.LEADING_SPACE
_UNANSWERED = ~(_UNHEARD | _MANNERS)


def _steps(
    steps: Iterable[tuple[int | None, StepSeen]], say: Words, color: bool, width: int, verbose: bool
) -> list[str]:
    rows = [(say("milter.step"), say("milter.time"), say("milter.said"), say("milter.answer"))]
    notes: list[str] = []
    for line, step in steps:
        if step.answer == "left-out" and not verbose:
            continue
        name = _step_word(step.stage, say).strip()
        name = say("milter.step-at", step=name, line=line) if line else name
        rows.append((name, say("milter.ms", ms=f"{step.seconds * 1000:.1f}"), _said(step, say), _answered(step, say)))
        if step.progress:
            notes.append(say("milter.progress", step=name, n=step.progress))
        notes += (say(f"milter.note-{note}", step=name) for note in step.notes)
    first, *rest = [cut(line, width) for line in table(rows)]
    lines = [paint(first, Style.DIM, color), *rest]
    return lines + [line for note in notes for line in wrap(note, width, "- ")]


def _answered(step: StepSeen, say: Words) -> str:
    if step.answer == Verdict.REPLY:
        return printable(step.reply.partition("\n")[0])
    if step.answer in set(Verdict):
        return step.answer.upper()
    return say(f"milter.answer-{step.answer}")


def _said(step: StepSeen, say: Words) -> str:
    if step.stage in (Stage.HEADER, Stage.BODY) and not step.said:
        return say(f"milter.count-{step.stage}", n=step.count)
    return printable(step.said)


def _changes(result: MilterResult, before: bytes, say: Words, color: bool, width: int, verbose: bool) -> list[str]:
    lines = [paint(say("milter.message"), Style.HEADING, color)]
    for change in result.changes:
        if (told := _envelope(change, say)) is not None:
            lines += wrap(told, width, "  ", "    ")
    diff = list(difference(before, result.message)) if result.message else []
    if not diff:
        return [*lines, *wrap(say("milter.unchanged"), width, "  ")] if len(lines) == 1 else lines
    hidden = len(diff) - _DIFF_LINES
    shown = diff if verbose or hidden <= 1 else diff[:_DIFF_LINES]
    for line in shown:
        style = Style.PASS if line.startswith("+") else Style.FAIL if line.startswith("-") else Style.DIM
        lines += [paint(each, style, color) for each in wrap(line, width, "  ", "      ")]
    if len(shown) < len(diff):
        lines += wrap(say("report.more-lines", n=hidden), width, "  ")
    return lines


def _envelope(change: Any, say: Words) -> str | None:
    name = _tag(change)
    if name not in ("add-recipient", "delete-recipient", "change-sender", "quarantine"):
        return None
    return say(f"milter.change-{name}", what=getattr(change, "address", "") or getattr(change, "reason", ""))


def _tag(change: Any) -> str:
    return str(type(change).__struct_config__.tag)


def _step_word(stage: Stage, say: Words) -> str:
    return say(f"milter.stage-{stage}")


def _macro_stage(number: int) -> str:
    return MacroStage(number).name if number in set(MacroStage) else str(number)


def _dashed(flag: Action | Wish) -> str:
    return str(flag.name).lower().replace("_", "-")


def _agreed_data(agreed: Negotiated) -> dict[str, Any]:
    return {
        "version": agreed.version,
        "actions": [_dashed(each) for each in Action if agreed.actions & each],
        "wishes": [_dashed(each) for each in Wish if agreed.asks(each)],
        "action_bits": agreed.actions,
        "wish_bits": agreed.wishes,
        "macros": {_macro_stage(stage).lower(): sayable(names) for stage, names in agreed.macros},
    }


def _step_data(step: StepSeen) -> dict[str, Any]:
    data: dict[str, Any] = all_sayable(msgspec.to_builtins(msgspec.structs.replace(step, changes=())))
    data["seconds"] = round(step.seconds, 6)
    data["changes"] = [_change_data(change) for change in step.changes]
    return data


def _change_data(change: Any) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.structs.asdict(change)
    told = {
        name: to_text(value) if isinstance(value, bytes) else all_sayable(value) for name, value in fields.items()
    }
    return {"change": _tag(change), **told}
