"""master.cf: the services with their lines and `-o` options (master(5))."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from mailproof.parse.postfix.lines import BLANKS, Trouble, logical_lines

_FIELDS = 8
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


class MasterFile(msgspec.Struct, frozen=True):
    services: Sequence[Service]
    troubles: Sequence[Trouble] = ()

    def service(self, name: str, kind: str = "unix") -> Service | None:
        """The last of that name and type, as the master takes it."""
        return next((each for each in reversed(self.services) if (each.name, each.type) == (name, kind)), None)


def read_master(data: bytes) -> MasterFile:
    """Any bytes; what the master would refuse is a Trouble with its line."""
    lines, first = logical_lines(data)
    troubles, services = list(first), []
    for line in lines:
        words = split_arguments(line.text)
        if len(words) < _FIELDS:
            troubles.append(Trouble(line.number, "too-few-fields", line.text))
            continue
        if words[1] not in _TYPES:
            troubles.append(Trouble(line.number, "no-such-type", words[1]))
        options, rest = _options(words[_FIELDS:])
        services.append(
            Service(words[0], words[1], tuple(words[2:7]), words[7], tuple(rest), options, line.number),
        )
    return MasterFile(services, troubles)


def _options(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The `-o name=value`, the last of each; and all other arguments in their order."""
    options, rest, at = {}, [], 0
    while at < len(words):
        word, text = words[at], ""
        if word == "-o" and at + 1 < len(words):
            at += 1
            text = words[at]
        elif word.startswith("-o") and len(word) > len("-o"):
            text = word[2:]
        name, equals, value = text.strip(BLANKS).partition("=")
        if equals:
            options[name.strip(BLANKS)] = value.strip(BLANKS)
        else:
            rest += ["-o", text] if word == "-o" and text else [word]
        at += 1
    return options, rest


def split_arguments(text: str) -> list[str]:
    """At blanks; `{ … }` holds one argument with blanks in it, and is taken off (Postfix 3.0)."""
    words: list[str] = []
    at = 0
    while True:
        while at < len(text) and text[at] in BLANKS:
            at += 1
        if at == len(text):
            return words
        end, depth = at, 0
        if text[at] == "{":
            for end in range(at, len(text)):
                depth += {"{": 1, "}": -1}.get(text[end], 0)
                if depth == 0:
                    break
            words.append(text[at + 1 : end].strip(BLANKS) if depth == 0 else text[at:])
            at = end + 1
            continue
        while end < len(text) and text[end] not in BLANKS:
            end += 1
        words.append(text[at:end])
        at = end
