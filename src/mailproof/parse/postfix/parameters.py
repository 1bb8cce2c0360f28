"""main.cf: parameters with the line that sets each (postconf(5))."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec

from mailproof.parse.postfix.defaults import DEFAULTS
from mailproof.parse.postfix.expand import Expansion, expand
from mailproof.parse.postfix.lines import BLANKS, Trouble, line_at, logical_lines

# Items of a list; and what stands inside braces, macros and `name = value`.
_ITEM, _PIECE = re.compile(r"[^\s,]+"), re.compile(r"[^\s,{}()$?=!]+")
# `proxy:hash:/etc/postfix/x`: a table is asked for by what stands behind either colon.
_COLONS = 2


class Setting(msgspec.Struct, frozen=True, dict=True):
    """A value as it is written, and where; line 0 is Postfix's own default."""

    name: str
    value: str
    line: int = 0
    file: str = ""
    starts: tuple[tuple[int, int], ...] = ()
    """Of each physical line of a value that has several: where it begins in `value`, and its number."""

    def line_of(self, text: str) -> int:
        """The physical line that has this text first; that of the name where none has."""
        place = self._places.get(text, -1)
        # Only what is no item has to be searched for: a list of many is not read again for each.
        if place < 0 and not _ITEM.fullmatch(text):
            place = self.value.find(text)
        return line_at(place, self.starts, self.line)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        """Where each item, and each piece of one, is first."""
        found: dict[str, int] = {}
        for pattern in (_ITEM, _PIECE):
            for match in pattern.finditer(self.value):
                text, at = match[0], match.start()
                found.setdefault(text, at)
                for _ in range(_COLONS):
                    before, colon, text = text.partition(":")
                    if not colon:
                        break
                    found.setdefault(before, at)
                    at += len(before) + 1
                    found.setdefault(text, at)
        return found


class MainFile(msgspec.Struct, frozen=True):
    """What main.cf sets: the last of each name, as Postfix takes it."""

    settings: Mapping[str, Setting]
    troubles: Sequence[Trouble] = ()
    machine: Mapping[str, str] = {}
    """What Postfix asks the machine for: `myhostname`, and `config_directory`."""

    def setting(self, name: str) -> Setting:
        """As written; else the default of Postfix, which may be empty."""
        return self.settings.get(name) or Setting(name, self._default(name) or "")

    def value(self, name: str) -> Expansion:
        """With every $name filled in. Never raises."""
        written = self._lookup(name)
        return expand("" if written is None else written, self._lookup)

    def _lookup(self, name: str) -> str | None:
        if name in self.settings:
            return self.settings[name].value
        if name == "mydomain":  # postconf(5): $myhostname minus its first component
            host = expand(self.setting("myhostname").value, self._lookup).text
            return host.partition(".")[2] or "localdomain"
        return self._default(name)

    def _default(self, name: str) -> str | None:
        text = self.machine.get(name, DEFAULTS.get(name))
        if name != "myhostname" or not text or "." in text:
            return text
        # src/global/mail_params.c, check_myhostname().
        return f"{text}.{'$mydomain' if 'mydomain' in self.settings else 'localdomain'}"

    def with_options(
        self,
        options: Mapping[str, str],
        line: int,
        file: str = "master.cf",
        lines: Mapping[str, int] | None = None,
    ) -> MainFile:
        """As a daemon sees it that master.cf starts with `-o` options; `lines` of each, where they are known."""
        where = lines or {}
        changed = {name: Setting(name, value, where.get(name, line), file) for name, value in options.items()}
        return msgspec.structs.replace(self, settings={**self.settings, **changed})


def read_main(data: bytes, machine: Mapping[str, str] | None = None) -> MainFile:
    """Any bytes; what Postfix would refuse is a Trouble with its line."""
    lines, first = logical_lines(data)
    troubles = list(first)
    settings: dict[str, Setting] = {}
    for line in lines:
        name, equals, value = line.text.partition("=")
        name = name.strip(BLANKS)
        if not equals or not name or set(name) & set(BLANKS):
            troubles.append(Trouble(line.number, "no-equals" if not equals else "no-name", line.text))
            continue
        if name in settings:
            troubles.append(Trouble(line.number, "overrides", name))
        written = value.strip(BLANKS)
        begin = len(line.text) - len(value.lstrip(BLANKS))
        starts = tuple((max(start - begin, 0), number) for start, number in line.starts)
        settings[name] = Setting(name, written, line.number, "main.cf", starts)
    return MainFile(settings, troubles, machine or {})
