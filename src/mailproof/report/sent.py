"""What `mailproof send` says: one line that answers, a line for each recipient, and why not."""

from __future__ import annotations

from typing import Protocol

import msgspec

from mailproof.catalog.words import Words, words
from mailproof.model.escape import printable
from mailproof.model.report import Judged, Report
from mailproof.model.sent import RecipientResult, SendReport
from mailproof.report.build import message
from mailproof.report.json import text_of
from mailproof.report.layout import table, wrap
from mailproof.report.proof import shown_lines
from mailproof.report.style import Style, paint
from mailproof.report.telling import between, ended, spoken, transcript_title

_EVIDENCE_LINES = 8


class Result(Protocol):
    """What `run` hands over; named here by its shape, for reports may not import it."""

    @property
    def exit_code(self) -> int: ...
    @property
    def stage(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def recipients(self) -> tuple[RecipientResult, ...]: ...
    @property
    def size(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def reply(self) -> str: ...
    @property
    def queue_id(self) -> str: ...
    @property
    def cause(self) -> Judged | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def params(self) -> dict[str, str]: ...


def build_sent(result: Result, report: Report) -> SendReport:
    """The result with its English sentences."""
    cause = result.cause
    if cause is not None:
        cause = msgspec.structs.replace(cause, message=message(cause, "en"))
    return SendReport(
        ok=not result.exit_code,
        exit_code=result.exit_code,
        stage=result.stage,
        endpoint=result.endpoint,
        address=result.address,
        sender=result.sender,
        recipients=result.recipients,
        size=result.size,
        seconds=result.seconds,
        reply=result.reply,
        queue_id=result.queue_id,
        cause=cause,
        why=words("en").reason(result.reason, result.params) if result.reason else "",
        reason=result.reason,
        params=result.params,
        report=report,
    )


def encode_sent(told: SendReport) -> str:
    """As indented JSON with a final newline."""
    return text_of(told)


def render_sent(told: SendReport, lang: str, color: bool, width: int, verbose: bool = False) -> str:
    """For people, in lines of at most `width` cells, with a final newline."""
    say = words(lang)
    word = say("login.word-accepted" if told.ok else "login.word-failed")
    lines = wrap(say("report.answer", verdict=word, sentence=_answer(told, say)), width)
    lines[0] = lines[0].replace(word, paint(word, Style.PASS if told.ok else Style.FAIL, color), 1)
    if not told.ok and told.cause is not None:
        proof = [
            line
            for text in shown_lines(told.cause.evidence, verbose)
            for line in wrap(printable(text), width, "    ", "      ")
        ]
        lines += proof if verbose else proof[:_EVIDENCE_LINES]
        if told.reason:
            lines += wrap(say.reason(told.reason, told.params), width, "  ")
    if told.endpoint:
        where = told.endpoint + ("" if not told.address or told.address in told.endpoint else f" ({told.address})")
        lines += wrap(
            say("report.at", where=between(say).join([where, say("report.seconds", seconds=f"{told.seconds:.2f}")])),
            width,
            "  ",
        )
    if len(told.recipients) > 1 or (told.recipients and not told.ok):
        lines += ["", *_recipients(told, say, color, width)]
    if not told.ok and told.cause is not None:
        hint = say("report.explain", name=told.cause.name)
        lines += ["", *(paint(line, Style.DIM, color) for line in wrap(hint, width, "  "))]
    if verbose:
        for number, transcript in enumerate(told.report.transcripts, 1):
            lines += ["", *wrap(transcript_title(number, transcript, say), width)]
            for at, mark, text in spoken(transcript):
                lines += wrap(text, width, f"  {at:7.3f} {mark}")
    return "\n".join(lines) + "\n"


def _answer(told: SendReport, say: Words) -> str:
    if told.ok and told.stage == "data":
        key = "sent.taken-one" if len(told.recipients) == 1 else "sent.taken-many"
        return say(key, n=len(told.recipients), reply=told.reply)
    if told.ok:
        return say("sent.stopped", stage=say(f"steps.{told.stage}"), reply=told.reply)
    if told.cause is not None:
        return message(told.cause, say.lang)
    if told.reason:
        return ended(say.reason(told.reason, told.params), say.lang)
    return say("sent.refused", reply=told.reply) if told.reply else say("login.failed")


def _recipients(told: SendReport, say: Words, color: bool, width: int) -> list[str]:
    laid = table(
        [(printable(each.address), say("sent.yes" if each.taken else "sent.no")) for each in told.recipients]
    )
    lines: list[str] = []
    for each, row in zip(told.recipients, laid, strict=True):
        shown = wrap(printable(each.reply), width, f"  {row}  ", " " * 6) if each.reply else [f"  {row}"]
        lines += [paint(line, Style.FAIL, color and not each.taken) for line in shown]
    return lines
