"""How a session looks on a terminal: server lines, ours, notes under them. Implements `run.talk.screen.Screen`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from mailproof.catalog.pages import NoSuchPage, load
from mailproof.cli.terminal import Terminal
from mailproof.model.finding import Param
from mailproof.model.tls import Protection, TlsHandshake
from mailproof.parse.talk.notes import Note
from mailproof.parse.talk.typed import Slip
from mailproof.probes.handshake import protection_of
from mailproof.report.layout import wrap
from mailproof.report.style import Style, paint
from mailproof.report.talk import render_chain

# The narrowest terminal that a note is still wrapped for.
_NARROW = 30
# Of a line in two columns the first.
_COLUMN = re.compile(r"\S+(?: \S+)* {2,}")


class TalkScreen:
    def __init__(self, terminal: Terminal, write: Callable[[str], None]) -> None:
        self._terminal = terminal
        self._write = write
        self._chain: list[str] = []

    def heard(self, line: str) -> None:
        style = {"4": Style.WARN, "5": Style.FAIL, "-": Style.FAIL}.get(line[:1])
        self._line(f"S: {line}", style if style and (line[1:3].isdigit() or line.startswith("-ERR")) else None)

    def said(self, line: str) -> None:
        self._line(f"C: {line}")

    def event(self, name: str, **params: Param) -> None:
        self._wrapped("* ", self._terminal.say(f"talk.event-{name}", **params), Style.INFO)

    def note(self, note: Note) -> None:
        say = self._terminal.say
        text = say(f"notes.{note.name}", **note.params)
        if note.finding:
            try:
                title = load(note.finding, self._terminal.lang).title
            except NoSuchPage:
                title = ""
            if title:
                text = say("notes.finding", title=title, name=note.finding)
        self._wrapped("   # ", text, Style.DIM)

    def slip(self, slip: Slip) -> None:
        say = self._terminal.say
        text = (
            say(f"token.flaw-{slip.params['flaw']}")
            if slip.name == "token"
            else say(f"slips.{slip.name}", **slip.params)
        )
        self._wrapped("   ! ", text, Style.WARN)

    def certificate(self, handshake: TlsHandshake) -> None:
        terminal = self._terminal
        verified = protection_of(handshake) is Protection.VERIFIED
        now = datetime.now(UTC)
        self._chain = render_chain(handshake, verified, now, terminal.lang, terminal.color, self._width)
        self.chain()

    def chain(self) -> None:
        """The last one once more."""
        for line in self._chain or [f"* {self._terminal.say('talk.event-no-tls')}"]:
            self._write(line)

    def text(self, key: str, **params: Param) -> None:
        """Lines of a local command."""
        for line in self._terminal.say(f"talk.{key}", **params).splitlines():
            head = found[0] if (found := _COLUMN.match(line)) and len(found[0]) < self._width // 2 else ""
            self._wrapped(f"* {head}", line[len(head) :], Style.INFO)

    @property
    def _width(self) -> int:
        return max(self._terminal.width, _NARROW)

    def _wrapped(self, mark: str, text: str, style: Style) -> None:
        for line in wrap(text, self._width, mark):
            self._line(line, style)

    def _line(self, line: str, style: Style | None = None) -> None:
        self._write(line if style is None else paint(line, style, self._terminal.color))
