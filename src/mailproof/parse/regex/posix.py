"""Expressions of POSIX as glibc reads them (regex(7)): between brackets a backslash is itself, `\\d` is no digit.

What they leave open was asked of glibc 2.36; a test asks it again.
"""

from __future__ import annotations

import re

from mailproof.parse.regex.posix_syntax import takes
from mailproof.parse.regex.tree import (
    ALL,
    CLASSES,
    NEWLINE,
    PLAIN,
    WORD,
    Alt,
    Back,
    Cat,
    Chars,
    Group,
    Many,
    Node,
    Place,
    Refused,
    Unread,
    bytes_of,
    caseless,
    char_of,
    mask_of,
    times_of,
)

_INTERVAL = re.compile(r"\{(\d*+)(,?)(\d*)\}")
_PLACES = {"b": "word", "B": "no-word", "<": "word-start", ">": "word-end", "`": "start", "'": "end"}
_SETS = {"w": WORD, "W": ALL & ~WORD, "s": CLASSES["space"], "S": ALL & ~CLASSES["space"]}
# Of groups in groups, and of repetitions of one repetition; what reads and writes them calls itself for each.
_DEEPEST = 50


def parse_posix(pattern: str, *, ignore_case: bool, lines: bool = False) -> tuple[Node, int]:
    """An extended expression, and how many groups it has. `lines` is REG_NEWLINE. Raises Refused or Unread."""
    if not takes(pattern, extended=True):
        raise Refused
    reader = _Reader(bytes_of(pattern), ignore_case, lines)
    return reader.alternatives(0), reader.groups


class _Reader:
    def __init__(self, text: str, ignore_case: bool, lines: bool) -> None:
        self.text, self.at, self.groups = text, 0, 0
        self._ignore_case, self._lines = ignore_case, lines
        self._open = 0

    def alternatives(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise Unread
        options = [self._sequence(depth)]
        while self.text.startswith("|", self.at):
            self.at += 1
            options.append(self._sequence(depth))
        return options[0] if len(options) == 1 else Alt(tuple(options))

    def _sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "|" or (char == ")" and self._open):
                break
            if (plain := PLAIN.match(self.text, self.at)) is not None:
                parts += [self._char(each) for each in plain[0]]
                self.at = plain.end()
                continue
            self.at += 1
            parts.append(self._repeated(self._one(char, depth)))
        return Cat(tuple(parts))

    def _one(self, char: str, depth: int) -> Node:
        if char == "(":
            self.groups += 1
            self._open += 1
            number = self.groups
            body = self.alternatives(depth + 1)
            self._open -= 1
            self.at += 1
            return Group(body, number)
        if char == "[":
            return self._bracket()
        if char == ".":
            return Chars(ALL & ~NEWLINE if self._lines else ALL)
        if char in "^$":
            line = "line-" if self._lines else ""
            return Place(f"{line}start" if char == "^" else f"{line}end")
        if char != "\\":
            return self._char(char)
        char = self.text[self.at]
        self.at += 1
        if char in _PLACES:
            return Place(_PLACES[char])
        if char in _SETS:
            return Chars(_SETS[char])
        if char in "123456789":
            return Back(int(char), self._ignore_case)
        # Where case is ignored glibc makes large letters of text and expression, but not of what is escaped.
        return Chars(0) if self._ignore_case and char != _large(char) else self._char(char)

    def _char(self, char: str) -> Chars:
        return char_of(char, ignore_case=self._ignore_case)

    def _repeated(self, node: Node) -> Node:
        depth = 0
        while self.at < len(self.text):
            char = self.text[self.at]
            found = _INTERVAL.match(self.text, self.at) if char == "{" else None
            if found is not None:
                low = times_of(found[1])
                high = times_of(found[3]) if found[3] else None if found[2] else low
                self.at = found.end()
                node = Many(node, low, high)
            elif char in "*+?":
                self.at += 1
                node = Many(node, 1 if char == "+" else 0, 1 if char == "?" else None)
            else:
                break
            if (depth := depth + 1) > _DEEPEST:
                raise Unread
        return node

    def _bracket(self) -> Chars:
        negated = self.text.startswith("^", self.at)
        self.at += negated
        mask, first = 0, True
        while first or self.text[self.at] != "]":
            low = self._element()
            ranged = self.text.startswith("-", self.at) and not self.text.startswith("]", self.at + 1)
            if isinstance(low, int):
                mask |= low
            elif ranged:
                self.at += 1
                high = self._element()
                mask |= self._between(low, high) if isinstance(high, str) else 0
            else:
                mask |= 1 << ord(low)
            first = False
        self.at += 1
        if self._ignore_case:
            mask = caseless(mask)
        if negated:
            mask = ALL & ~mask & ~(NEWLINE if self._lines else 0)
        return Chars(mask)

    def _between(self, low: str, high: str) -> int:
        """Where case is ignored, as large letters: glibc turns text and expression into these."""
        if not self._ignore_case:
            return mask_of(range(ord(low), ord(high) + 1))
        first, last = ord(_large(low)), ord(_large(high))
        return mask_of(code for code in range(256) if first <= ord(_large(chr(code))) <= last)

    def _element(self) -> str | int:
        """A character, or the set of a class."""
        text, at = self.text, self.at
        kind = text[at + 1 : at + 2]
        if text[at] != "[" or kind not in (":", ".", "="):
            self.at += 1
            return text[at]
        end = text.index(f"{kind}]", at + 2)
        name = text[at + 2 : end]
        self.at = end + 2
        if kind == ":":
            return CLASSES[name]
        return name if kind == "." else 1 << ord(name)


def _large(char: str) -> str:
    return char.upper() if char.isascii() else char


def extended(pattern: str) -> str:
    """A basic expression (regex(7), as glibc has it) as an extended one."""
    out, at, inside = "", 0, False
    while at < len(pattern):
        char = pattern[at]
        if inside:
            inside = char != "]"
        elif char == "[":
            inside = True
            more = 2 if pattern.startswith("^", at + 1) else 1
            out += pattern[at : at + more]  # a bracket here is one of the set
            at += more
            char = pattern[at : at + 1]
        elif char == "\\" and at + 1 < len(pattern):
            following = pattern[at + 1]
            out += following if following in "(){}+?|" else char + following
            at += 2
            continue
        elif char in "(){}+?|" or (char == "*" and out in ("", "^", "(")):
            char = "\\" + char
        out += char
        at += 1
    return out
