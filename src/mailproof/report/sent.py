"""What `mailproof send` says: one line that answers, a line for each recipient, and why not."""

from __future__ import annotations

from mailproof.catalog.words import Words, words
from mailproof.model.escape import printable
from mailproof.model.sent import SendReport
from mailproof.report.frame import answered, beside_lines, hint_of, place_line, proof_of, sessions, why_not
from mailproof.report.layout import rows_with_text, wrap
from mailproof.report.style import Style, paint


def render_sent(told: SendReport, lang: str, color: bool, width: int, verbose: bool = False) -> str:
    """For people, in lines of at most `width` cells, with a final newline."""
    say = words(lang)
    lines = [
        *answered(told, _answer(told, say), say, color, width),
        *proof_of(told, say, width, verbose),
    ]
    if not told.ok and told.cause is not None and told.reason:
        lines += wrap(say.reason(told.reason, told.params), width, "  ")
    if told.endpoint:
        lines += wrap(place_line(told.endpoint, told.address, told.report, say, told.seconds), width, "  ")
    if len(told.recipients) > 1 or (told.recipients and not told.ok):
        lines += ["", *_recipients(told, say, color, width)]
    lines += hint_of(told, say, color, width)
    lines += beside_lines({told.cause.name} if told.cause is not None else (), told.report, say, width)
    if verbose:
        lines += sessions(told.report, say, color, width)
    return "\n".join(lines) + "\n"


def _answer(told: SendReport, say: Words) -> str:
    if told.ok and told.stage == "data":
        key = "sent.taken-one" if len(told.recipients) == 1 else "sent.taken-many"
        return say(key, n=len(told.recipients), reply=told.reply)
    if told.ok:
        # A message that is not handed over has made no step of DATA; the server's 354 says that we were there.
        stage = say("steps.data" if told.reply.startswith("354") else f"steps.{told.stage}")
        return say("sent.stopped" if told.reply else "sent.stopped-unanswered", stage=stage, reply=told.reply)
    if told.cause is not None and told.cause.name == "login-required":
        return say("sent.login-required")  # as it should be of a server, and no success of who wants to send
    return why_not(told, say, say("sent.refused", reply=told.reply) if told.reply else say("login.failed"))


def _recipients(told: SendReport, say: Words, color: bool, width: int) -> list[str]:
    rows = [(printable(each.address), say("sent.yes" if each.taken else "sent.no")) for each in told.recipients]
    laid = rows_with_text(rows, (printable(each.reply) for each in told.recipients), width)
    return [
        paint(line, Style.FAIL, color and not each.taken)
        for each, shown in zip(told.recipients, laid, strict=True)
        for line in shown
    ]
