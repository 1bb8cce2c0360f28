"""dovecot.conf with all that it includes: blocks and settings, each with file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

import msgspec

from mailproof.parse.dovecot.known import default_of
from mailproof.parse.dovecot.lines import MOST_LINES, Line, LineKind, read_lines

# Dovecot knows no bound for either; a tree of configuration files has some thirty, in two levels.
_MOST_FILES, _DEEPEST = 500, 50
# Of a value that others double, as ARG_MAX bounds what a program can be given.
_LONGEST = 1 << 17

Read = Callable[[str], bytes | None]
Glob = Callable[[str], Sequence[str]]


class Setting(msgspec.Struct, frozen=True):
    """A value as it is written. With `from_file` it is the path behind `<`."""

    name: str
    value: str
    file: str
    line: int
    from_file: bool = False
    variable: bool = False
    """There is a $ in it that is not quoted."""


class Block(msgspec.Struct):
    """`service auth { … }`; the whole configuration is one without a kind. Several of one kind and name are one."""

    kind: str
    name: str
    file: str
    line: int
    settings: list[Setting] = []
    blocks: list[Block] = []

    def last(self, name: str) -> Setting | None:
        """The last in this block, as Dovecot takes it."""
        return next((each for each in reversed(self.settings) if each.name == name), None)

    def all_blocks(self) -> Iterator[tuple[tuple[Block, ...], Block]]:
        """Every block below, with those around it from the outside."""
        waiting: list[tuple[tuple[Block, ...], Block]] = [((self,), each) for each in reversed(self.blocks)]
        while waiting:
            around, block = waiting.pop()
            yield around, block
            waiting += [((*around, block), each) for each in reversed(block.blocks)]


class Trouble(msgspec.Struct, frozen=True):
    """What Dovecot would refuse: `no-brace`, `behind-brace`, `unexpected-end`, `unclosed`, `include-missing`,
    `include-loop`, `include-unread`; or what is beyond our own bounds: `too-deep`, `too-many`.
    """

    file: str
    line: int
    name: str
    text: str = ""


class DovecotConfiguration(msgspec.Struct, frozen=True):
    root: Block
    troubles: Sequence[Trouble] = ()
    files: Sequence[str] = ()
    """Those that were read, in their order."""
    includes: Sequence[str] = ()
    """What stands behind each `!include`."""
    is_24: bool = False
    """Whether it is written for 2.4 or later, which want `dovecot_config_version` first."""

    def blocks(self, kind: str, name: str | None = None) -> list[Block]:
        """At the top."""
        return [each for each in self.root.blocks if each.kind == kind and name in (None, each.name)]

    def value(self, name: str) -> str:
        """At the top, with `$name` filled in; the default of 2.3 where it is not set."""
        return self._filled(name, {})

    def _filled(self, name: str, done: dict[str, str]) -> str:
        """Each use of a setting in its own value is what it was before. `done` are those that are filled in."""
        value = done[name] = default_of(name)
        for setting in self.root.settings:
            if setting.name != name:
                continue
            if not setting.variable:
                value = setting.value
                continue
            words = [self._word(word, name, value, done) for word in setting.value.split(" ")]
            value = " ".join(words)[:_LONGEST]
        done[name] = value
        return value

    def _word(self, word: str, name: str, before: str, done: dict[str, str]) -> str:
        if not word.startswith("$") or word.startswith("$ENV:"):
            return word
        other = word.removeprefix("$").removeprefix("SET:")
        if other == name:
            return before
        if other in done or len(done) > _DEEPEST:
            return done.get(other, "")
        return self._filled(other, done)


def read_dovecot(path: str, read: Read, glob: Glob) -> DovecotConfiguration:
    """The file and all that it includes. `read` gives None for what is no file or may not be read. Never raises."""
    reader = _Reader(read, glob)
    reader.file(path, ())
    reader.finish()
    is_24 = reader.root.last("dovecot_config_version") is not None
    return DovecotConfiguration(reader.root, reader.troubles, reader.files, reader.includes, is_24)


_FILTERS = ("local", "local_name", "remote", "protocol")
"""From the outside to the inside."""


class _Reader:
    def __init__(self, read: Read, glob: Glob) -> None:
        self.read, self.glob = read, glob
        self.root = Block("", "", "", 0)
        self.open = [self.root]
        self.troubles: list[Trouble] = []
        self.files: list[str] = []
        self.lines = 0
        self.includes: list[str] = []

    def file(self, path: str, around: tuple[str, ...]) -> bool:
        """Whether there was a file to read."""
        data = self.read(path)
        if data is None:
            return False
        self.files.append(path)
        for number, line in read_lines(data):
            self._line(line, path, number, around)
        return True

    def _line(self, line: Line, path: str, number: int, around: tuple[str, ...]) -> None:
        self.lines += 1
        if self.lines == MOST_LINES + 1:
            self.troubles.append(Trouble(path, number, "too-many", line.key))
        if self.lines > MOST_LINES:
            return
        match line.kind:
            case LineKind.VALUE | LineKind.FILE | LineKind.VARIABLE:
                setting = Setting(
                    line.key,
                    line.value,
                    path,
                    number,
                    line.kind is LineKind.FILE,
                    line.kind is LineKind.VARIABLE,
                )
                self.open[-1].settings.append(setting)
            case LineKind.BEGIN:
                block = Block(line.key, line.value, path, number)
                if self._inside_out(line.key):
                    self.troubles.append(Trouble(path, number, "filter-order", f"{line.key} {line.value}".rstrip()))
                if len(self.open) > _DEEPEST:
                    self.troubles.append(Trouble(path, number, "too-deep", line.key))
                else:
                    self.open[-1].blocks.append(block)
                self.open.append(block)
            case LineKind.END:
                if len(self.open) == 1:
                    self.troubles.append(Trouble(path, number, "unexpected-end", "}"))
                else:
                    self.open.pop()
            case LineKind.INCLUDE | LineKind.INCLUDE_TRY:
                self._include(line.value, line.kind is LineKind.INCLUDE, path, number, around)
            case LineKind.ERROR:
                self.troubles.append(Trouble(path, number, line.value, line.key))

    def _inside_out(self, kind: str) -> bool:
        """Whether a filter stands in one that has to be inside it (2.3, config_parser.c)."""
        if kind not in _FILTERS or self.root.last("dovecot_config_version") is not None:
            return False
        around = [each.kind for each in self.open if each.kind in _FILTERS]
        below = _FILTERS[_FILTERS.index(kind) + (kind != "protocol") :]
        return any(each in below for each in around)

    def _include(self, pattern: str, needed: bool, path: str, number: int, around: tuple[str, ...]) -> None:
        self.includes.append(pattern)
        whole = pattern if pattern.startswith("/") else str(PurePosixPath(path).parent / pattern)
        found = [each for one in _alternatives(whole) for each in self.glob(one)]
        if not found and needed:
            self.troubles.append(Trouble(path, number, "include-missing", pattern))
        for each in found:
            if each in (*around, path):
                self.troubles.append(Trouble(path, number, "include-loop", each))
            elif len(around) >= _DEEPEST or len(self.files) >= _MOST_FILES:
                self.troubles.append(Trouble(path, number, "too-many", each))
            elif not self.file(each, (*around, path)):
                self.troubles.append(Trouble(path, number, "include-unread", each))

    def finish(self) -> None:
        for block in self.open[1:]:
            self.troubles.append(Trouble(block.file, block.line, "unclosed", f"{block.kind} {block.name}".strip()))


def _alternatives(pattern: str) -> list[str]:
    """`{a,b}` of glob(7), once: Dovecot asks for GLOB_BRACE."""
    before, brace, rest = pattern.partition("{")
    inner, closed, after = rest.partition("}")
    if not brace or not closed:
        return [pattern]
    return [f"{before}{each}{after}" for each in inner.split(",")]
