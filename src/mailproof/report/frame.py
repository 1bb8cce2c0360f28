"""What reports on a terminal have in common: the answer, its proof, what to read on, the session; and its English."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

import msgspec

from mailproof.catalog.words import Words, words
from mailproof.model.attempt import Step
from mailproof.model.escape import printable
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Severity
from mailproof.model.outcome import Outcome
from mailproof.model.report import Judged, Report
from mailproof.model.transcript import Transcript
from mailproof.report.build import message
from mailproof.report.layout import wrap
from mailproof.report.proof import shown_lines
from mailproof.report.remedies import remedy_parts
from mailproof.report.style import Style, paint
from mailproof.report.telling import between, ended, spoken, transcript_title

# Of evidence without -v; a refusal is two lines, a chain of certificates a few more.
EVIDENCE_LINES = 8


Told = TypeVar("Told", bound=Outcome)


def in_words(told: Told) -> Told:
    """The same with its English sentences, as JSON has them."""
    why = words("en").reason(told.reason, told.params) if told.reason else ""
    return msgspec.structs.replace(told, cause=in_english(told.cause), why=why)


def in_english(cause: Judged | None) -> Judged | None:
    """With its sentence."""
    return cause and msgspec.structs.replace(cause, message=message(cause, "en"))


def why_not(told: Outcome, say: Words, otherwise: str) -> str:
    """The sentence of something that failed: of the finding, else of the reason, else `otherwise`."""
    if told.cause is not None:
        return message(told.cause, say.lang)
    return ended(say.reason(told.reason, told.params), say.lang) if told.reason else otherwise


def headed(word: str, style: Style, sentence: str, say: Words, color: bool, width: int) -> list[str]:
    """`FAIL: The server …`, with the word in its colour."""
    lines = wrap(say("report.answer", verdict=word, sentence=sentence), width)
    return [lines[0].replace(word, paint(word, style, color), 1), *lines[1:]]


def answered(told: Outcome, sentence: str, say: Words, color: bool, width: int) -> list[str]:
    """The same for what either worked or failed."""
    word, style = ("accepted", Style.PASS) if told.ok else ("failed", Style.FAIL)
    return headed(say(f"login.word-{word}"), style, sentence, say, color, width)


def proof_lines(evidence: Iterable[Evidence], say: Words, width: int, verbose: bool) -> list[str]:
    """What was seen, line by line; the first of them without `verbose`, and how many more there are."""
    proof = [
        line for text in shown_lines(evidence, verbose) for line in wrap(printable(text), width, "    ", "      ")
    ]
    hidden = len(proof) - EVIDENCE_LINES
    if hidden > 1 and not verbose:  # one line left off would only make room for the note about it
        proof[EVIDENCE_LINES:] = wrap(say("report.more-lines", n=hidden), width, "    ")
    return proof


def remedy_lines(item: Judged, say: Words, color: bool, width: int) -> list[str]:
    """What to change, as a diff that can be pasted: its lines are as long as they are, whatever the width."""
    return [
        line
        for heading, lines in remedy_parts(item.remedy, say)
        for line in (
            *(paint(each, Style.HEADING, color) for each in wrap(heading, width, "  ")),
            *(f"    {each}" for each in lines),
        )
    ]


def proof_of(told: Outcome, say: Words, width: int, verbose: bool) -> list[str]:
    """Of the cause, where it failed and has one."""
    return [] if told.ok or told.cause is None else proof_lines(told.cause.evidence, say, width, verbose)


def hint_lines(cause: Judged, say: Words, color: bool, width: int) -> list[str]:
    """Where to read on."""
    return [paint(line, Style.DIM, color) for line in wrap(say("report.explain", name=cause.name), width, "  ")]


def hint_of(told: Outcome, say: Words, color: bool, width: int) -> list[str]:
    """A blank line and the hint, where it failed and has a cause."""
    return [] if told.ok or told.cause is None else ["", *hint_lines(told.cause, say, color, width)]


def place_line(endpoint: str, address: str, report: Report, say: Words, seconds: float | None = None) -> str:
    """Where, over which TLS, in how many seconds: `at imaps://mail.example.com, TLSv1.3, certificate verified`."""
    parts = [endpoint + ("" if not address or address in endpoint else f" ({address})")]
    seen = next((e for e in report.endpoints if (e.url, e.address) == (endpoint, address)), None)
    if seen is not None and seen.tls is not None:
        state = say("report.verified" if seen.tls.verified else "report.not-verified")
        parts.append(say("login.tls", version=seen.tls.version, state=state))
    elif seen is not None and any(step.step in (Step.CAPABILITY, Step.EHLO) for step in seen.steps):
        parts.append(say("login.no-tls"))
    if seconds is not None:
        parts.append(say("report.seconds", seconds=f"{seconds:.2f}"))
    return say("login.at", where=between(say).join(parts))


def beside_lines(told: Collection[str], report: Report, say: Words, width: int) -> list[str]:
    """What else is wrong on the way, a line each: it may have worked, and the certificate end tomorrow.

    `told` are names of findings that need not be said again.
    """
    others = [item for item in report.causes if item.name not in told and item.severity is not Severity.INFO]
    lines: list[str] = []
    for item in others:
        lines += wrap(message(item, say.lang), width, f"  {say(f'severity.{item.severity}')}  ")
    return ["", *lines] if lines else []


def transcript_lines(number: int, transcript: Transcript, say: Words, color: bool, width: int) -> list[str]:
    """A heading and what passed, with the seconds since the record began."""
    title = transcript_title(number, transcript, say)
    lines = [paint(line, Style.HEADING, color) for line in wrap(title, width)]
    for at, mark, line in spoken(transcript):
        lines += wrap(line, width, f"  {at:8.3f}  {mark} ", " " * 15)
    if transcript.truncated:
        lines += wrap(say("report.cut"), width, "  ")
    return lines


def sessions(report: Report, say: Words, color: bool, width: int) -> list[str]:
    """All transcripts, each after a blank line."""
    return [
        line
        for number, transcript in enumerate(report.transcripts, 1)
        for line in ("", *transcript_lines(number, transcript, say, color, width))
    ]
