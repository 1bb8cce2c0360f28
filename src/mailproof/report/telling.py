"""What every report for people tells, in words; each gives it a shape of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mailproof.catalog.words import Words
from mailproof.model.escape import for_eyes, printable
from mailproof.model.finding import Severity
from mailproof.model.report import Judged, Report, Verdict
from mailproof.model.transcript import Transcript, TurnKind
from mailproof.report.build import message, most_telling

_MARKS = {TurnKind.SENT: "C:", TurnKind.RECEIVED: "S:", TurnKind.EVENT: "* "}


# Targets that a title names before it only counts them.
_NAMED = 3


def title(report: Report, say: Words) -> str:
    """What was checked, in the words of who asked for it."""
    hidden = len(report.targets) - _NAMED
    named = report.targets[: _NAMED if hidden > 0 else None]
    more = (say("report.more-places", n=hidden),) if hidden > 0 else ()
    return say("report.title", targets=(*named, *more))


def sentence(report: Report, say: Words) -> str:
    """The answer in one sentence: the first cause, or what could not be told, or that all is well."""
    if report.verdict is Verdict.UNKNOWN:
        item = most_telling(report)
        if item is None:
            return say("report.proven-nothing")
        why = say.reason(item.reason, item.params)
        return say("report.unknown", what=say.question(item.what), why=ended(why, say.lang))
    if report.causes:
        cause = message(report.causes[0], say.lang)
        told = say("report.warn", cause=cause) if report.verdict is Verdict.WARN else cause
        more = len(report.causes) - 1
        if more:
            told += say("report.more-one" if more == 1 else "report.more-many", n=more)
        return told
    return say("report.pass")


def consequences(report: Report) -> list[Judged]:
    """Findings that another one explains."""
    return [item for item in report.findings if item.explained_by and item.severity is not Severity.INFO]


def notes(report: Report) -> list[Judged]:
    """Findings that are worth knowing and no more."""
    return [item for item in report.findings if item.severity is Severity.INFO]


def made(report: Report, say: Words) -> str:
    """When, from where and by what: what a report says by itself a week later."""
    parts = [say("report.made-at", time=report.started[:16].replace("T", " "))]
    if report.vantage:
        parts.append(say("report.made-from", address=report.vantage))
    if report.proxy:
        parts.append(say("report.made-through", proxy=report.proxy))
    parts.append(say("report.made-with", profile=report.profile, version=report.mailproof))
    return between(say).join(parts)


def between(say: Words) -> str:
    """What stands between the items of a list."""
    return "、" if say.lang == "ja" else ", "


def transcript_title(number: int, transcript: Transcript, say: Words) -> str:
    """`Transcript 2: imap://mail.example.com 192.0.2.25, login`."""
    return say(
        "report.transcript",
        n=number,
        endpoint=transcript.endpoint,
        address=transcript.address,
        purpose=transcript.purpose,
    )


def spoken(transcript: Transcript) -> Iterator[tuple[float, str, str]]:
    """Line by line: seconds since the record began, `C:`, `S:` or `* `, and the text, safe to print."""
    for turn in transcript.turns:
        for line in turn.text.removesuffix("\\r\\n").split("\\r\\n"):
            yield turn.at, _MARKS[turn.kind], printable(for_eyes(line))


Untested = list[tuple[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]]
"""By reason: what was not tested, together with whatever else was not at the same endpoints, and these."""


def untested(report: Report, say: Words) -> Untested:
    """In the order of the report. Without endpoints is what belongs to none."""
    reasons: dict[str, dict[str, dict[str, None]]] = {}
    for item in report.not_tested:
        why = say.reason(item.reason, item.params)
        places = reasons.setdefault(why, {}).setdefault(say.question(item.what), {})
        if item.endpoint:
            places[item.endpoint] = None
    told: Untested = []
    for why, subjects in reasons.items():
        groups: dict[tuple[str, ...], list[str]] = {}
        for subject, places in subjects.items():
            groups.setdefault(tuple(places), []).append(subject)
        told.append((why, [(tuple(names), where) for where, names in groups.items()]))
    return told


def everywhere(report: Report, places: Collection[str]) -> bool:
    """These are all the endpoints there are, of several."""
    return len(places) > 1 and {item.url for item in report.endpoints} == set(places)


def aside(text: str, say: Words) -> str:
    """In brackets behind something, as the language writes them; nothing for nothing."""
    return text and (f"({text})" if say.lang == "ja" else f" ({text})")


def ended(text: str, lang: str) -> str:
    """A sentence with its full stop, which reasons lack."""
    stop = "。" if lang == "ja" else "."
    return text if text.endswith((stop, ")", ")")) else text + stop
