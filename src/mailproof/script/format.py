"""The dialogue language: what a server and its client say, line by line, in a form that people read and write.

    @ submission://mx.test
    S: 220 mx.test ESMTP
    C: EHLO ~
    S: 250-mx.test
    S: 250 SIZE 1000            # <- starttls-not-offered
    C: QUIT

`@ ENDPOINT [PURPOSE] [N]` opens the section of the Nth connection made to an endpoint for a purpose (`survey` where
none is given). `S:` and `C:` lines end with CRLF; `S|` and `C|` are bytes as they are. `~` in a client's line stands
for any text. `*` lines are events. `dns NAME TYPE ANSWER` and `given --OPTION VALUE` say what else is so. A mark
`# <- NAME` names the line that must be the evidence of a finding.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from mailproof.model.attempt import INTRUSIVE
from mailproof.model.escape import EscapeError, to_bytes
from mailproof.model.failure import UsageError

PURPOSES = (
    "survey",
    "look",
    "clear",
    "verify",
    "impersonate",
    "uidl",
    "version",
    "login",
    "deliver",
    "fetch",
    "send",
    "talk",
    *INTRUSIVE,
)


class LineKind(StrEnum):
    SERVER = "S"
    CLIENT = "C"
    EVENT = "*"


class ScriptLine(msgspec.Struct, frozen=True):
    kind: LineKind
    text: str
    """Without its prefix and its mark, escapes as written."""
    number: int
    """Of the line in the script, from 1."""
    raw: bool = False
    """No CRLF is added."""
    marks: tuple[str, ...] = ()

    @property
    def data(self) -> bytes:
        """The bytes of a server's or client's line; `~` of a client's line is still in it."""
        return to_bytes(self.text) + (b"" if self.raw else b"\r\n")

    @property
    def words(self) -> tuple[str, dict[str, str]]:
        """An event's name, and its `key=value` words."""
        first, *rest = self.text.split() or [""]
        pairs = dict(word.partition("=")[::2] for word in rest)
        return first, pairs


class Section(msgspec.Struct, frozen=True):
    url: str
    purpose: str
    nth: int
    lines: tuple[ScriptLine, ...]
    number: int
    """Of its `@` line."""


class NameLine(msgspec.Struct, frozen=True):
    name: str
    rtype: str
    answer: str
    """In presentation form, or NXDOMAIN, NODATA, TIMEOUT, SERVFAIL."""
    marks: tuple[str, ...] = ()


class Script(msgspec.Struct, frozen=True):
    sections: tuple[Section, ...]
    names: tuple[NameLine, ...] = ()
    options: tuple[str, ...] = ()
    """Words of the `given` lines, as on a command line."""

    @property
    def marks(self) -> dict[str, tuple[str, ...]]:
        """The texts of the marked lines, by finding."""
        marked = [(line.marks, line.text) for section in self.sections for line in section.lines]
        marked += [(line.marks, line.answer) for line in self.names]
        found: dict[str, tuple[str, ...]] = {}
        for names, text in marked:
            for name in names:
                found[name] = (*found.get(name, ()), text)
        return found

    def mentions(self, purpose: str) -> bool:
        """Whether any section is for this purpose."""
        return any(section.purpose == purpose for section in self.sections)

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(section.url for section in self.sections))

    def option(self, name: str, default: str = "") -> str:
        """The value after `--name`; the name itself for an option without one."""
        words = list(self.options)
        if f"--{name}" not in words:
            return default
        at = words.index(f"--{name}")
        following = words[at + 1] if at + 1 < len(words) else "--"
        return name if following.startswith("--") else following


class ScriptError(UsageError):
    """A script that is not in the language; `params["line"]` is the number of the line."""


_MARK = re.compile(r"(?<!\s)\s+# <- (?P<names>[a-z0-9-]+(?:, *[a-z0-9-]+)*)\s*$")
_TALK = re.compile(r"(?P<who>[SC])(?P<how>[:|]) ?(?P<text>.*)$")
_EVENTS = frozenset({"tls", "auth", "wait", "eof", "reset", "silence", "refused", "unreachable", "timeout"})


def parse(text: str, within: str = "") -> Script:
    """`within` is an endpoint and a purpose, as after `@`, whose section the text begins in. Raises ScriptError."""
    sections: list[tuple[tuple[str, str, int], int, list[ScriptLine]]] = []
    if within:
        sections.append((_heading(f"@{within}", 0), 0, []))
    names: list[NameLine] = []
    options: list[str] = []
    for number, whole in enumerate(text.splitlines(), 1):
        line, marks = _unmarked(whole.rstrip("\n"))
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("@"):
            sections.append((_heading(line, number), number, []))
        elif line.startswith("dns "):
            names.append(_name(line, number, marks))
        elif line.startswith("given "):
            options += _options(line, number)
        elif not sections:
            raise ScriptError("script-before-endpoint", line=str(number), text=line)
        else:
            sections[-1][2].append(_line(line, number, marks))
    return Script(
        tuple(Section(*heading, tuple(lines), number) for heading, number, lines in sections),
        tuple(names),
        tuple(options),
    )


def matches(pattern: str, said: str) -> bool:
    """Whether a client's line is what the script wants; `~` matches any text, also none."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("~")), said, re.DOTALL) is not None


def _unmarked(line: str) -> tuple[str, tuple[str, ...]]:
    found = _MARK.search(line)
    if found is None:
        return line, ()
    return line[: found.start()], tuple(name.strip() for name in found["names"].split(","))


def _options(line: str, number: int) -> list[str]:
    try:
        return shlex.split(line.removeprefix("given "))
    except ValueError:
        raise ScriptError("script-quote", line=str(number)) from None


def _heading(line: str, number: int) -> tuple[str, str, int]:
    words = line[1:].split()
    if not words:
        raise ScriptError("script-no-endpoint", line=str(number))
    url, *rest = words
    purpose = rest.pop(0) if rest and not rest[0].isdigit() else "survey"
    if purpose not in PURPOSES:
        raise ScriptError("script-purpose", line=str(number), purpose=purpose, purposes=PURPOSES)
    if len(rest) > 1 or (rest and not rest[0].isdigit()):
        raise ScriptError("script-nth", line=str(number))
    return url, purpose, int(rest[0]) if rest else 1


def _name(line: str, number: int, marks: tuple[str, ...]) -> NameLine:
    words: Sequence[str] = line.split(None, 3)
    if len(words) != 4:
        raise ScriptError("script-dns", line=str(number))
    return NameLine(words[1], words[2].upper(), words[3], marks)


def _line(line: str, number: int, marks: tuple[str, ...]) -> ScriptLine:
    if line.startswith("*"):
        event = ScriptLine(LineKind.EVENT, line[1:].strip(), number, marks=marks)
        if event.words[0] not in _EVENTS:
            raise ScriptError("script-event", line=str(number), text=event.text, events=tuple(sorted(_EVENTS)))
        return event
    talk = _TALK.match(line)
    if talk is None:
        raise ScriptError("script-line", line=str(number), text=line)
    made = ScriptLine(LineKind(talk["who"]), talk["text"], number, talk["how"] == "|", marks)
    must_have_bytes(made.text, number)
    return made


def must_have_bytes(text: str, number: int) -> None:
    """Raises ScriptError for an escape that is none, and for bytes that are no text and no escape either."""
    try:
        to_bytes(text)
    except EscapeError as error:
        raise ScriptError("script-escape", line=str(number), text=error.text) from None
    except UnicodeEncodeError:
        raise ScriptError("script-not-utf8", line=str(number)) from None
