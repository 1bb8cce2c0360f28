"""The report for people: the answer first, then the endpoints, the causes with their proof, and the rest in brief."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailproof.catalog.words import Words, words
from mailproof.model.escape import printable
from mailproof.model.finding import Severity
from mailproof.model.report import Judged, Report, Verdict
from mailproof.report.build import message
from mailproof.report.frame import headed, hint_lines, proof_lines, remedy_lines, transcript_lines
from mailproof.report.layout import cut, wrap
from mailproof.report.message_way import way
from mailproof.report.style import Style, paint
from mailproof.report.survey import endpoint_lines
from mailproof.report.telling import (
    aside,
    between,
    consequences,
    everywhere,
    made,
    notes,
    sentence,
    untested,
)

NARROWEST = 20
"""Cells; a terminal that claims less is written to as if it had these."""

# How much of what repeats is shown without -v; with it, everything is.
PLACES = 4
SUBJECTS = 6

_SEVERITY_STYLE = {Severity.FAIL: Style.FAIL, Severity.WARN: Style.WARN, Severity.INFO: Style.INFO}
_VERDICT_STYLE = {
    Verdict.PASS: Style.PASS,
    Verdict.WARN: Style.WARN,
    Verdict.FAIL: Style.FAIL,
    Verdict.UNKNOWN: Style.UNKNOWN,
}


def render(report: Report, lang: str, color: bool = False, width: int = 80, verbose: bool = False) -> str:
    """The report as lines of at most `width` cells, but for those of a remedy, with a final newline.

    What a server said is escaped and not translated. `verbose` adds every piece of evidence, what passed where, and
    the transcripts.
    """
    return _Text(report, words(lang), color, max(width, NARROWEST), verbose).render()


class _Text:
    def __init__(self, report: Report, say: Words, color: bool, width: int, verbose: bool) -> None:
        self.report = report
        self.say = say
        self.color = color
        self.width = width
        self.verbose = verbose

    def render(self) -> str:
        rest = [*self._delivered(), *self._info(), *self._not_tested(), *self._passed(), *self._made()]
        blocks: list[list[str]] = [
            self._answer(),
            endpoint_lines(self.report.endpoints, self.say, self.color, self.width),
            *self._causes(),
            self._consequences(),
            rest,
        ]
        if self.verbose:
            blocks.extend(
                transcript_lines(number, transcript, self.say, self.color, self.width)
                for number, transcript in enumerate(self.report.transcripts, 1)
            )
        return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"

    def _answer(self) -> list[str]:
        verdict = self.report.verdict
        word = self.say(f"verdict.{verdict}")
        told = sentence(self.report, self.say)
        return headed(word, _VERDICT_STYLE[verdict], told, self.say, self.color, self.width)

    def _causes(self) -> Iterable[list[str]]:
        many = len(self.report.causes) > 1
        for number, item in enumerate(self.report.causes, 1):
            lead = f"{number}. " if many else ""
            yield self._cause(item, lead)

    def _cause(self, item: Judged, lead: str) -> list[str]:
        word = self.say(f"severity.{item.severity}")
        lines = wrap(message(item, self.say.lang), self.width, f"{lead}{word}  ")
        lines[0] = lines[0].replace(word, paint(word, _SEVERITY_STYLE[item.severity], self.color), 1)
        lines.extend(proof_lines(item.evidence, self.say, self.width, self.verbose))
        lines.extend(wrap(self.say("report.at", where=self._where(item)), self.width, "  "))
        lines.extend(remedy_lines(item, self.say, self.color, self.width))
        return [*lines, *hint_lines(item, self.say, self.color, self.width)]

    def _where(self, item: Judged) -> str:
        return self._shown(item.endpoints) if item.endpoints else self.say("report.whole-server")

    def _shown(self, places: Sequence[str]) -> str:
        hidden = 0 if self.verbose else len(places) - PLACES
        shown = [printable(url) for url in places[: PLACES if hidden > 0 else None]]
        return between(self.say).join([*shown, self.say("report.more-places", n=hidden)] if hidden > 0 else shown)

    def _consequences(self) -> list[str]:
        following = consequences(self.report)
        if not following:
            return []
        lines = [paint(self.say("report.consequences"), Style.HEADING, self.color)]
        for item in following:
            by = self.say("report.explained-by", names=item.explained_by)
            lines.extend(self._brief(item, f"{item.name} ({by})"))
        return lines

    def _info(self) -> list[str]:
        lines: list[str] = []
        for item in notes(self.report):
            lines.extend(self._brief(item, f"{item.name}: {message(item, self.say.lang)}"))
        return lines

    def _brief(self, item: Judged, text: str) -> list[str]:
        """In one line where the terminal is wide enough for one to tell something."""
        word = self.say(f"severity.{item.severity}")
        lines = wrap(text, self.width, f"  {word}  ")
        if len(lines) > 1 and self.width >= 60 and not self.verbose:
            lines = [cut(f"  {word}  {text}", self.width)]
        lines[0] = lines[0].replace(word, paint(word, _SEVERITY_STYLE[item.severity], self.color), 1)
        return lines

    def _delivered(self) -> list[str]:
        """What became of the message that was handed in: the server's last word on it, and where it was found."""
        accepted = [item for item in self.report.passed if item.name == "message-accepted"]
        if not accepted:
            return []
        reply = printable(accepted[0].evidence[-1].text.splitlines()[-1].removeprefix("S: "))
        found = [item.endpoint for item in self.report.passed if item.name == "message-delivered" and item.endpoint]
        key = "report.delivered" if found else "report.handed-in"
        lines = wrap(self.say(key, reply=reply, places=tuple(dict.fromkeys(found))), self.width, "  ")
        for followed in self.report.messages:
            for line in way(followed, self.say):
                lines.extend(wrap(printable(line), self.width, "    ", "      "))
        return lines

    def _not_tested(self) -> list[str]:
        if not self.report.not_tested:
            return []
        lines = [paint(self.say("report.not-tested"), Style.HEADING, self.color)]
        for why, groups in untested(self.report, self.say):
            told, room = [], SUBJECTS
            for subjects, places in groups:
                shown = subjects if self.verbose else subjects[: max(room, 0)]
                room -= len(subjects)
                if shown:
                    told.append(between(self.say).join(shown) + self._places(places))
            if room < 0 and not self.verbose:
                told.append(self.say("report.more-places", n=-room))
            # A sentence begins here; only the first letter, for what follows can be a name.
            line = f"{between(self.say).join(told)}: {why}"
            lines.extend(wrap(line[:1].upper() + line[1:], self.width, "  ", "    "))
        return lines

    def _places(self, places: Sequence[str]) -> str:
        every = not self.verbose and everywhere(self.report, places)
        return aside(self.say("report.everywhere") if every else self._shown(places), self.say)

    def _passed(self) -> list[str]:
        passed = self.report.passed
        if not passed:
            return []
        if not self.verbose:
            n = len(passed)
            count = self.say("report.passed-one" if n == 1 else "report.passed-many", n=n)
            return wrap(f"{count} {self.say('report.passed-hint')}", self.width)
        groups: dict[str, list[str]] = {}
        for item in passed:
            groups.setdefault(self.say.subject(item.name), []).append(
                item.endpoint or self.say("report.whole-server")
            )
        lines = [paint(self.say("report.passed"), Style.HEADING, self.color)]
        for subject, places in groups.items():
            lines.extend(wrap(f"{subject}: {', '.join(places)}", self.width, "  ", "    "))
        return lines

    def _made(self) -> list[str]:
        """When, from where and by what: what a report says by itself a week later."""
        return [paint(line, Style.DIM, self.color) for line in wrap(made(self.report, self.say), self.width)]
