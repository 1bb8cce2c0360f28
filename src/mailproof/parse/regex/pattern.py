"""A pattern as a program's library reads it: whether it is in a text, and what its groups are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from math import prod

import msgspec

from mailproof.parse.regex.machine import Machine, Spans
from mailproof.parse.regex.pcre import parse_pcre
from mailproof.parse.regex.posix import extended, parse_posix
from mailproof.parse.regex.program import MOST_STEPS, Program, program_of
from mailproof.parse.regex.tree import Node, Refused, bytes_of, text_of, times_of

_TIMES = re.compile(r"\{(?=\d)(\d*),?(\d*)|\{,(\d+)")


class Pattern(msgspec.Struct, frozen=True, dict=True):
    """Texts are any, of any length; both methods raise Unread where an answer would take too long."""

    node: Node
    groups: int
    posix: bool

    @cached_property
    def program(self) -> Program:
        """Made at the first text, for lint asks none. Raises Unread if it is too large."""
        return program_of(self.node, self.groups, posix=self.posix)

    def found(self, text: str) -> bool:
        """Whether it is anywhere in a text."""
        return Machine(self.program, bytes_of(text)).first() is not None

    def parts(self, text: str) -> Sequence[str] | None:
        """The whole match, then each group; "" for one that has no part in it. None where it is not in the text."""
        data = bytes_of(text)
        machine = Machine(self.program, data)
        spans: Spans | None = machine.longest() if self.posix else machine.first()
        if spans is None:
            return None
        pairs = zip(spans[::2], spans[1::2], strict=True)
        return [text_of(data[begin:end]) if 0 <= begin <= end else "" for begin, end in pairs]


def read_posix(pattern: str, *, is_extended: bool = True, ignore_case: bool = True, lines: bool = False) -> Pattern:
    """As regcomp(3) does. Raises Refused, where it gives an error, or Unread."""
    text = pattern if is_extended else extended(pattern)
    return _within(Pattern(*parse_posix(text, ignore_case=ignore_case, lines=lines), posix=True), text)


def _within(pattern: Pattern, text: str) -> Pattern:
    """Only numbers of times can make a program much longer than its text. Raises Unread where it is too long."""
    times = [max(1, *map(times_of, each)) for each in _TIMES.findall(text)]
    if len(text) * prod(times) > MOST_STEPS:
        _ = pattern.program
    return pattern


def read_table_pattern(pattern: str, flags: str, kind: str) -> Pattern:
    """Of a regexp or pcre table of Postfix, where a flag turns a default round. Raises Refused or Unread."""
    known, given = ("imx", "ix") if kind == "regexp" else ("imsxAEUX", "is")
    if set(flags) - set(known):
        raise Refused
    asked = {flag for flag in known if (flags.count(flag) + (flag in given)) % 2}
    if kind == "pcre":
        return _within(Pattern(*parse_pcre(pattern, "".join(asked)), posix=False), pattern)
    return read_posix(pattern, is_extended="x" in asked, ignore_case="i" in asked, lines="m" in asked)
