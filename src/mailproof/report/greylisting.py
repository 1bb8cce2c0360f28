"""What `greylist probe` says: what the sequence proves, and the sequence."""

from __future__ import annotations

import msgspec

from mailproof.catalog.words import Words, words
from mailproof.model.escape import printable
from mailproof.model.greylisting import Greylisted, GreylistProbed, GreylistTry
from mailproof.report.frame import headed
from mailproof.report.json import text_of
from mailproof.report.layout import rows_with_text, wrap
from mailproof.report.style import Style, paint

_STYLES = {
    Greylisted.PROVED: Style.PASS,
    Greylisted.NOT: Style.PASS,
    Greylisted.ANOTHER_CAUSE: Style.FAIL,
    Greylisted.OVER: Style.WARN,
    Greylisted.NOT_YET: Style.UNKNOWN,
    Greylisted.UNTOLD: Style.UNKNOWN,
}


def render_probed(probed: GreylistProbed, lang: str, color: bool, width: int) -> str:
    """The answer, the delay, whose it is, and each try with its time."""
    say = words(lang)
    verdict = probed.verdict
    word = say(f"greylisting.word-{verdict}")
    lines = headed(word, _STYLES[verdict], _sentence(probed, say), say, color, width)
    if verdict is Greylisted.PROVED and probed.within is not None:
        after = probed.after or 0.0
        lines += wrap(say("greylisting.delay", after=after, within=probed.within), width, "  ")
    if probed.stated is not None:
        lines += wrap(say("greylisting.stated", delay=_clock(probed.stated)), width, "  ")
    if probed.product:
        lines += wrap(say("greylisting.product", product=probed.product), width, "  ")
    if verdict is Greylisted.ANOTHER_CAUSE:
        lines += wrap(say("greylisting.kind", kind=probed.kind), width, "  ")
    if verdict is Greylisted.UNTOLD and any(each.trouble for each in probed.tries):
        lines += wrap(say("greylisting.check", url=probed.url), width, "  ")
    rows = [(say("greylisting.at"), say("greylisting.look"), say("greylisting.sender"))]
    rows += [_row(each, say) for each in probed.tries]
    # The words that tell a greylist from a full disk stand at the end of a reply.
    replies = (each.reply or say("greylisting.no-answer", stage=each.trouble) for each in probed.tries)
    head, *laid = rows_with_text(rows, [say("greylisting.reply"), *map(printable, replies)], width)
    lines += ["", *(paint(line, Style.DIM, color) for line in head), *(line for each in laid for line in each)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def probed_as_json(probed: GreylistProbed) -> str:
    """The same in every language."""
    data = msgspec.to_builtins(probed)
    data["message"] = _sentence(probed, words("en"))
    return text_of(data)


def _sentence(probed: GreylistProbed, say: Words) -> str:
    reply = probed.tries[0].reply if probed.tries else ""
    return say(f"greylisting.{probed.verdict}", url=probed.url, recipient=probed.recipient, reply=reply)


def _row(each: GreylistTry, say: Words) -> tuple[str, str, str]:
    when = say("report.seconds", seconds=f"{each.at:.1f}")
    return when, say(f"greylisting.look-{each.look}"), printable(each.sender)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
