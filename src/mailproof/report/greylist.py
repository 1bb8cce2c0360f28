"""What `greylist` says of a policy: which rule decides and why, and what is wrong in its file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mailproof.catalog.words import Words, words
from mailproof.model.greylist import (
    ClauseMet,
    Evaluated,
    GreylistDecision,
    GreylistMail,
    Met,
    RuleAction,
    RuleMet,
    Slip,
    Slips,
)
from mailproof.report.frame import headed
from mailproof.report.json import text_of
from mailproof.report.layout import wrap
from mailproof.report.style import Style, paint

# Without -v, the last of them, for the deciding one is the last; ten screens, as of findings (grammar.MOST_SLIPS).
_MOST_RULES = 100
_STYLES = {RuleAction.WHITELIST: Style.PASS, RuleAction.GREYLIST: Style.WARN, RuleAction.BLACKLIST: Style.FAIL}
_SEVERITIES = {"fail": Style.FAIL, "warn": Style.WARN, "info": Style.INFO}
_MET = {Met.YES: Style.PASS, Met.NO: Style.DIM, Met.UNTOLD: Style.UNKNOWN, Met.NOT_ASKED: Style.DIM}


def render_evaluated(
    evaluated: Evaluated,
    mail: GreylistMail,
    file: str,
    stopping: Slips,
    lang: str,
    color: bool,
    width: int,
    *,
    verbose: bool = False,
) -> str:
    """The answer, where the manual says otherwise, and the rules with their clauses. Before that what keeps
    milter-greylist from starting with the file, for then it answers nothing at all."""
    say = words(lang)
    built = evaluated.built
    lines: list[str] = []
    if stopping.counts:
        sentence = say("greylist.starts-not", file=file)
        lines = headed(say("greylist.word-wrong"), Style.FAIL, sentence, say, color, width)
        lines += [*_slips(file, stopping, say, color, width), "", *wrap(say("greylist.were-they-not"), width)]
    lines += _answer(built, mail, say, color, width)
    if built.ends:
        return "\n".join(lines) + "\n"
    if not built.told:
        lines += wrap(say("greylist.not-told"), width, "  ")
    if differs(evaluated):
        other = say(f"greylist.outcome-{evaluated.documented.action}", reply=evaluated.documented.reply)
        lines += wrap(say("greylist.documented", outcome=other, why=_difference(evaluated, say)), width, "  ")
    if built.action is RuleAction.GREYLIST:
        network, sender, recipient = built.key
        lines += wrap(say("greylist.key", network=network, sender=sender, recipient=recipient), width, "  ")
    if built.rules:
        lines += ["", paint(say("greylist.rules"), Style.HEADING, color)]
        telling = built.rules if verbose else [each for each in built.rules if _telling(each)]
        shown = telling if verbose else telling[-_MOST_RULES:]
        if before := len(telling) - len(shown):
            lines += wrap(say.counted("greylist.hidden-before", before), width, "  ")
        for each in shown:
            lines += _rule(each, say, color, width)
        if hidden := len(built.rules) - len(telling):
            lines += wrap(say.counted("greylist.hidden", hidden), width, "  ")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def evaluated_as_json(evaluated: Evaluated, mail: GreylistMail, stopping: Slips) -> str:
    """The same in every language."""
    say = words("en")
    return text_of(
        _sayable(
            {
                "client": mail.client,
                "sender": mail.sender,
                "recipient": mail.recipient,
                "starts": not stopping.counts,
                **_decision(evaluated.built, say),
                "documented": _decision(evaluated.documented, say) if differs(evaluated) else None,
                "refused": [_slip(slip, say) for slip in stopping.first],
                "refused_more": stopping.more,
            }
        )
    )


def render_slips(
    file: str, slips: Slips, action: str, lang: str, color: bool, width: int, *, binary: str = ""
) -> str:
    """The answer, and one paragraph for each thing that is wrong, with its line."""
    say = words(lang)
    count = sum(n for severity, n in slips.counts.items() if severity != "info")
    word, style = ("sound", Style.PASS) if not count else ("wrong", Style.FAIL)
    if count and "fail" not in slips.counts:
        style = Style.WARN
    key = f"greylist.{action}-{word}{'-one' if count == 1 and action == 'lint' else ''}"
    sentence = say(key, file=file, n=count, binary=binary)
    lines = headed(say(f"greylist.word-{word}"), style, sentence, say, color, width)
    lines += _slips(file, slips, say, color, width)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _slips(file: str, slips: Slips, say: Words, color: bool, width: int) -> Iterator[str]:
    for slip in slips.first:
        mark = say(f"greylist.severity-{slip.severity}")
        key = "greylist.slip" if slip.line else "greylist.slip-without-line"
        text = say(key, mark=mark, file=file, line=slip.line, sentence=_sentence(slip, say))
        first, *rest = wrap(text, width, "", "  ")
        yield ""
        yield first.replace(mark, paint(mark, _SEVERITIES[slip.severity], color), 1)
        yield from rest
        if slip.text:
            yield from wrap(say("greylist.text", text=slip.text), width, "    ", "      ")
    if slips.more:
        yield ""
        yield from wrap(say("greylist.more", n=slips.more), width)


def slips_as_json(file: str, slips: Slips, binary: str, libraries: Sequence[str]) -> str:
    """The same in every language."""
    say = words("en")
    data: dict[str, Any] = {"file": file, "findings": [_slip(slip, say) for slip in slips.first], "more": slips.more}
    if binary:
        data |= {"binary": binary, "libraries": list(libraries)}
    return text_of(_sayable(data))


def differs(evaluated: Evaluated) -> bool:
    """Whether the manual promises something else than the program does."""
    one, other = evaluated.built, evaluated.documented
    return (one.action, one.reply) != (other.action, other.reply)


def _answer(decision: GreylistDecision, mail: GreylistMail, say: Words, color: bool, width: int) -> list[str]:
    if decision.ends:
        sentence = say("greylist.ends", client=mail.client)
        return headed(say("greylist.word-ends"), Style.FAIL, sentence, say, color, width)
    who = say("greylist.who", client=mail.client, sender=mail.sender, recipient=mail.recipient)
    outcome = say(f"greylist.outcome-{decision.action}", reply=decision.reply)
    word = say(f"greylist.word-{decision.action}")
    lines = headed(
        word, _STYLES[decision.action], say("greylist.answer", who=who, outcome=outcome), say, color, width
    )
    if decision.before:
        return lines + wrap(say(f"greylist.before-{decision.before}"), width, "  ")
    rule = decision.rule
    why = say("greylist.by-nothing") if rule is None else say("greylist.by-rule", line=rule.line, text=rule.text)
    lines += wrap(why, width, "  ", "    ")
    if decision.action is RuleAction.GREYLIST:
        lines += wrap(
            say("greylist.delay", delay=_time(decision.delay, say), autowhite=_time(decision.autowhite, say)),
            width,
            "  ",
        )
    return lines


def _difference(evaluated: Evaluated, say: Words) -> str:
    """The first clause that the two read in different ways."""
    for one, other in zip(evaluated.built.rules, evaluated.documented.rules, strict=False):
        for mine, theirs in zip(one.clauses, other.clauses, strict=False):
            if mine.met is not theirs.met:
                return say("greylist.differs", line=one.rule.line, clause=mine.clause.text, why=_why(mine, say))
    return ""


def _telling(met: RuleMet) -> bool:
    """Of a rule that was not met by its first clause there is little to say."""
    return met.met is not Met.NO or met.clauses[0].met is not Met.NO or bool(met.clauses[0].why)


def _rule(met: RuleMet, say: Words, color: bool, width: int) -> Iterator[str]:
    mark = say(f"greylist.met-{met.met}")
    text = say("greylist.rule", mark=mark, line=met.rule.line, text=met.rule.text)
    first, *rest = wrap(text, width, "  ", "        ")
    yield first.replace(mark, paint(mark, _MET[met.met], color), 1)
    yield from rest
    for clause in met.clauses:
        said = say(f"greylist.met-{clause.met}").strip()
        why = _why(clause, say)
        key = "greylist.clause-why" if why else "greylist.clause"
        yield from wrap(say(key, text=clause.clause.text, met=said, why=why), width, "      ", "        ")


def _why(clause: ClauseMet, say: Words) -> str:
    return say(f"greylist.why-{clause.why}", **clause.params) if clause.why else ""


def _sentence(slip: Slip, say: Words) -> str:
    return say(f"greylist.slip-{slip.name}", **_filled(slip, say))


def _filled(slip: Slip, say: Words) -> dict[str, str]:
    return slip.params | ({"why": say.unread(slip.unread.reason, slip.unread.params)} if slip.unread else {})


def _time(seconds: int, say: Words) -> str:
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    whole = (say("greylist.days", n=days),) if days else ()
    return " ".join((*whole, clock) if rest or not days else whole)


def _decision(decision: GreylistDecision, say: Words) -> dict[str, Any]:
    rule = decision.rule
    return {
        "action": decision.action,
        "told": decision.told,
        "ends": decision.ends,
        "before": decision.before,
        "reply": decision.reply,
        "delay": decision.delay,
        "autowhite": decision.autowhite,
        "country": decision.country,
        "key": list(decision.key),
        "line": rule.line if rule else None,
        "rule": rule.text if rule else None,
        "rules": [
            {
                "line": each.rule.line,
                "rule": each.rule.text,
                "met": each.met,
                "clauses": [
                    {"clause": clause.clause.text, "met": clause.met, "why": _why(clause, say)}
                    for clause in each.clauses
                ],
            }
            for each in decision.rules
        ],
    }


def _slip(slip: Slip, say: Words) -> dict[str, Any]:
    return {
        "name": slip.name,
        "line": slip.line or None,
        "severity": slip.severity,
        "params": _filled(slip, say),
        "text": slip.text,
        "message": _sentence(slip, say),
    }


def _sayable(data: Any) -> Any:
    """A byte that is no UTF-8 has its replacement character here; JSON has no word for it."""
    if isinstance(data, dict):
        return {name: _sayable(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_sayable(each) for each in data]
    return data.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if isinstance(data, str) else data
