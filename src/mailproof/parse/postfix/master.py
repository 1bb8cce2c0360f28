"""master.cf: the services with their lines and `-o` options (master(5))."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from mailproof.parse.postfix.lines import BLANKS, Line, Trouble, logical_lines

_FIELDS = 8
UNREAD = "unread"
"""The trouble of a file that is not there, or may not be read."""
_TYPES = ("inet", "unix", "unix-dgram", "fifo", "pass")


class Service(msgspec.Struct, frozen=True):
    """One entry; `fields` are private, unprivileged, chroot, wakeup, and the limit of processes, as written."""

    name: str
    type: str
    fields: tuple[str, ...]
    command: str
    arguments: tuple[str, ...]
    options: Mapping[str, str]
    line: int
    option_lines: Mapping[str, int] = {}
    """The physical line of each option."""

    def chrooted(self, compatibility_level: str) -> bool:
        """The fifth column; `-` is `n` from Postfix 3.0 on, unless compatibility_level is 0."""
        column = self.fields[2]
        return column == "y" or (column == "-" and compatibility_level.strip() == "0")


class MasterFile(msgspec.Struct, frozen=True):
    services: Sequence[Service]
    troubles: Sequence[Trouble] = ()

    @property
    def unread(self) -> bool:
        """Whether there was nothing to read, so that nothing is known of the services."""
        return any(each.name == UNREAD for each in self.troubles)

    def service(self, name: str, kind: str = "unix") -> Service | None:
        """The last of that name and type, as the master takes it."""
        return next((each for each in reversed(self.services) if (each.name, each.type) == (name, kind)), None)


def read_master(data: bytes | None) -> MasterFile:
    """Any bytes; what the master would refuse is a Trouble with its line. None is a file that could not be read."""
    if data is None:
        return MasterFile((), (Trouble(0, UNREAD),))
    lines, first = logical_lines(data)
    troubles, services = list(first), []
    for line in lines:
        words = _words(line.text)
        if len(words) < _FIELDS:
            troubles.append(Trouble(line.number, "too-few-fields", line.text))
            continue
        name, kind, *fields = (word for _, word in words[:7])
        if kind not in _TYPES:
            troubles.append(Trouble(line.number, "no-such-type", kind))
        options, where, rest = _options(words[_FIELDS:], line)
        services.append(Service(name, kind, tuple(fields), words[7][1], tuple(rest), options, line.number, where))
    return MasterFile(services, troubles)


def _options(words: Sequence[tuple[int, str]], line: Line) -> tuple[dict[str, str], dict[str, int], list[str]]:
    """The `-o name=value`, the last of each; their lines; and all other arguments in their order.

    They end at the first argument that is none, as getopt(3) ends: what follows is the program's own.
    """
    options: dict[str, str] = {}
    where: dict[str, int] = {}
    rest: list[str] = []
    at = 0
    while at < len(words):
        place, word = words[at]
        if not word.startswith("-") or word == "--":
            break
        before, option, text = word[1:].partition("o")  # `-vo a=b` is `-v -o a=b` (postconf_master.c)
        if option and not text and at + 1 < len(words):
            at += 1
            place, text = words[at]
        name, equals, value = text.strip(BLANKS).partition("=")
        if option and equals:
            rest += [f"-{before}"] if before else []
            name = name.strip(BLANKS)
            options[name] = value.strip(BLANKS)
            where[name] = line.line_at(place)
        else:
            rest += [word, text] if word != words[at][1] else [word]
        at += 1
    return options, where, [*rest, *(word for _, word in words[at:])]


def _words(text: str) -> list[tuple[int, str]]:
    """Each argument, and where it begins. Blanks inside braces divide nothing, and braces around a whole argument are
    taken off (Postfix 3.0, src/util/mystrtok.c, extpar.c).
    """
    words: list[tuple[int, str]] = []
    at = 0
    while True:
        while at < len(text) and text[at] in BLANKS:
            at += 1
        if at == len(text):
            return words
        end, depth = at, 0
        while end < len(text) and (depth or text[end] not in BLANKS):
            depth = max(depth + {"{": 1, "}": -1}.get(text[end], 0), 0)
            end += 1
        word = text[at:end]
        if word.startswith("{") and word.endswith("}"):
            word = word[1:-1].strip(BLANKS)
        words.append((at, word))
        at = end
