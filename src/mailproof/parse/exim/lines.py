"""The logical lines of an Exim configuration: macros, conditions, `.include`, continuation (readconf.c of Exim).

Where Exim ends at the first mistake, this goes on behind it, so that all are known at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

import msgspec

from mailproof.parse.exim.macros import LONGEST_LINE, LONGEST_NAME, MOST_WORK, Macros, macro_name
from mailproof.parse.exim.text import BLANKS

Read = Callable[[str], bytes | None]

# As Exim has it (readconf.c, CSTATE_STACK_SIZE): ten `.ifdef` inside each other.
_DEEPEST_CONDITION = 10
# Exim has no bound but that of open files; Debian's split configuration has some thirty, in one level.
_MOST_FILES, _DEEPEST = 500, 50
# Every line costs; a configuration of a provider has some thousand.
_MOST_LINES = 200_000

_CONDITIONS = ("ifdef", "ifndef", "elifdef", "elifndef", "else", "endif")
_INCLUDE = re.compile(r"\.include(_if_exists)?[ \t\v\f\r]")

_TAKEN, _WAITING, _DONE = 0, 1, 2
"""Whether lines count: they do; they do not yet, and `.else` may change it; not before `.endif`."""


class Line(msgspec.Struct, frozen=True):
    """A logical line, its macros replaced."""

    text: str
    file: str
    line: int
    """Where it begins."""
    last: int
    """Where it ends: the line that Exim names in a complaint."""


class Trouble(msgspec.Struct, frozen=True):
    """What Exim would refuse; `text` is what is wrong: a name, a path, a value."""

    file: str
    line: int
    name: str
    text: str = ""


class _Open(msgspec.Struct):
    """A file that is being read."""

    name: str
    lines: list[str]
    number: int = 0


class Lines:
    """The lines of a file and all that it includes, one after the other. `define` is told the macros as they come."""

    def __init__(self, path: str, read: Read, built_in: Mapping[str, str]) -> None:
        self.files: list[str] = []
        self.troubles: list[Trouble] = []
        self.macros = Macros(built_in)
        self.defined: dict[str, tuple[str, int]] = {}
        """Where the configuration defines each of its own, in their order."""
        self._read = read
        self._stack: list[_Open] = []
        self._state = _TAKEN
        self._states: list[tuple[int, str, int]] = []
        """What held before each `.ifdef` that is open, and where that is."""
        self._count = 0
        self._open(path)

    def __iter__(self) -> Iterator[Line]:
        text, begun, last = _Continued(), ("", 0), 0
        while self._stack:
            file = self._stack[-1]
            if file.number >= len(file.lines):
                self._stack.pop()
                continue
            file.number += 1
            self._count += 1
            if self._count > _MOST_LINES or self.macros.work + text.work > MOST_WORK:
                self.trouble("too-many", file.name, file.number, file.name)
                break
            taken = self._physical(file, file.lines[file.number - 1].partition("\0")[0], bool(text.size))
            if taken is None:
                continue
            if not text.size:
                begun = file.name, file.number
            last = file.number if file.name == begun[0] else last
            if text.ends_with(taken) and text.size:
                yield Line(text.taken().lstrip(BLANKS), *begun, last)
        for _, name, number in self._states[-1:]:
            self.trouble("endif-missing", name, number, ".endif")
        if text.size:
            yield Line(text.taken(), *begun, last)

    def trouble(self, name: str, file: str, line: int, text: str = "") -> None:
        """Said once for each place and kind."""
        found = Trouble(file, line, name, text)
        if found not in self.troubles[-4:]:
            self.troubles.append(found)

    def _open(self, path: str) -> bool:
        data = self._read(path)
        if data is None:
            return False
        self.files.append(path)
        lines = data.decode("utf-8", "surrogateescape").split("\n")
        if lines and not lines[-1]:
            lines.pop()
        self._stack.append(_Open(path, lines))
        return True

    def _physical(self, file: _Open, raw: str, continues: bool) -> str | None:
        """What a line of the file adds to the logical one; None for a comment, a condition, what is left out."""
        text, replaced = self._replaced(raw.lstrip(BLANKS)[:LONGEST_LINE], continues, file)
        if text.startswith("#"):
            return None
        if text.startswith(".") and self._condition(text, replaced, file):
            return None
        if self._state != _TAKEN:
            return None
        if include := _INCLUDE.match(text):
            self._include(text[include.end() :].strip(BLANKS), include[1] is not None, file)
            return None
        return text

    def _replaced(self, text: str, continues: bool, file: _Open) -> tuple[str, bool]:
        """With macros replaced; whether any was."""
        at = 0
        if not continues and "A" <= text[:1] <= "Z":
            end = len(macro_name(text))
            if text[end:].lstrip(BLANKS).startswith("="):
                at = text.index("=", end)  # the macro that is being defined is not replaced
        text, too_long, replaced = self.macros.replaced(text, at)
        if too_long:
            self.trouble("too-long", file.name, file.number, too_long)
        return text.lstrip(BLANKS), replaced

    def _condition(self, text: str, replaced: bool, file: _Open) -> bool:
        """Whether it was one of `.ifdef`, `.ifndef`, `.elifdef`, `.elifndef`, `.else`, `.endif`."""
        word = next((each for each in _CONDITIONS if text.startswith(each, 1)), "")
        # Only a space may follow (or a t, by a slip of Exim's); of anything else, a carriage return too, it takes no
        # notice.
        if not word or text[1 + len(word) : 2 + len(word)] not in ("", " ", "t"):
            return bool(word)
        if word in ("ifdef", "ifndef"):
            if len(self._states) >= _DEEPEST_CONDITION:
                self.trouble("too-deep", file.name, file.number, word)
            self._states.append((self._state, file.name, file.number))
            holds = replaced == (word == "ifdef")
            self._state = _DONE if self._state != _TAKEN else _TAKEN if holds else _WAITING
        elif not self._states:
            self.trouble("ifdef-missing", file.name, file.number, f".{word}")
        elif word == "endif":
            self._state, _, _ = self._states.pop()
        elif self._state == _WAITING:
            holds = word == "else" or replaced == (word == "elifdef")
            self._state = _TAKEN if holds else _WAITING
        else:
            self._state = _DONE
        return True

    def _include(self, path: str, optional: bool, file: _Open) -> None:
        if len(path) > 1 and path.startswith('"') and path.endswith('"'):
            path = path[1:-1]
        if not path.startswith("/"):
            if optional:
                self.trouble("include-relative", file.name, file.number, path)
                return
            path = str(PurePosixPath(file.name).parent / path)
        if any(each.name == path for each in self._stack):
            self.trouble("include-loop", file.name, file.number, path)
        elif len(self._stack) >= _DEEPEST or len(self.files) >= _MOST_FILES:
            self.trouble("too-many", file.name, file.number, path)
        elif not self._open(path) and not optional:
            self.trouble("include-missing", file.name, file.number, path)

    def define(self, line: Line) -> None:
        """A line that defines a macro: `NAME = text`, `NAME == text` for a new value of an old one."""
        name = macro_name(line.text)
        rest = line.text[len(name) :].lstrip(BLANKS)
        if len(name) > LONGEST_NAME:
            self.trouble("name-too-long", line.file, line.last, name)
        elif not rest.startswith("="):
            self.trouble("macro-malformed", line.file, line.last, name)
        elif rest.startswith("=="):
            if name not in self.macros:
                self.trouble("macro-undefined", line.file, line.last, name)
            self._set(name, rest[2:].lstrip(BLANKS), line)
        elif name in self.macros:
            self.trouble("macro-twice", line.file, line.last, name)
        elif within := self.macros.within(name):
            self.trouble("macro-hidden", line.file, line.last, f"{within} {name}")
        else:
            self._set(name, rest[1:].lstrip(BLANKS), line)

    def _set(self, name: str, value: str, line: Line) -> None:
        self.macros.define(name, value)
        self.defined[name] = line.file, line.line


class _Continued:
    """A logical line of which pieces come, as long as each ends with a backslash."""

    def __init__(self) -> None:
        self.size = self.work = 0
        self._pieces: list[str] = []

    def ends_with(self, piece: str) -> bool:
        """Whether the line is complete with this piece; of a line that is too long the rest is left out."""
        if not piece.strip(BLANKS) and self._pieces:  # what comes before it ends the line now
            piece = "".join(self._pieces)
            self.work += len(piece) >> 8
            self._pieces, self.size = [], 0
        piece = piece.rstrip(BLANKS)[: max(0, LONGEST_LINE - self.size)]
        continues = piece.endswith("\\")
        if continues:
            piece = piece[:-1]
        if piece:
            self._pieces.append(piece)
            self.size += len(piece)
        return not continues

    def taken(self) -> str:
        """The whole line; the next piece begins another."""
        text = "".join(self._pieces)
        self._pieces, self.size = [], 0
        return text
