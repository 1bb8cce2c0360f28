"""Expressions of PCRE 2 (pcre2pattern(3)), without Unicode: bytes, as Postfix asks for them."""

from __future__ import annotations

import re

from mailproof.parse.regex.tree import (
    ALL,
    CLASSES,
    NEWLINE,
    PLAIN,
    WORD,
    Alt,
    Atomic,
    Back,
    Cat,
    Chars,
    Group,
    Look,
    Many,
    Node,
    Place,
    Refused,
    Unread,
    bytes_of,
    caseless,
    char_of,
    span,
    times_of,
)

_INTERVAL = re.compile(r"\{(\d++)(,?)(\d*)\}")
_HEX = re.compile(r"x(?:\{([0-9A-Fa-f]{1,8})\}|([0-9A-Fa-f]{0,2}))")
_OCTAL = re.compile(r"0[0-7]{0,2}|o\{[0-7]{1,3}\}")
_CLASS = re.compile(r"\[:(\^?)(\w+):\]")
_NAMED = re.compile(r"\?(?:P?<|')([A-Za-z_]\w*)[>']")
_SET_FLAGS = re.compile(r"\?([imsxn]*)(?:-([imsxn]*))?([:)])")
_REFERENCE = re.compile(r"g\{?(-?\d+)\}?|k[<{']([A-Za-z_]\w*)[>}']|([1-9])")
_SETS = {
    "d": CLASSES["digit"], "s": CLASSES["space"], "w": WORD, "h": 1 << 9 | 1 << 32 | 1 << 0xA0,
    "v": span(10, 13) | 1 << 0x85,
}  # fmt: skip
_SETS |= {name.upper(): ALL & ~mask for name, mask in _SETS.items()}
_PLACES = {"b": "word", "B": "no-word", "A": "start", "Z": "end-or-newline", "z": "end", "G": "start"}
_CHARS = {"t": 9, "n": 10, "r": 13, "f": 12, "e": 27, "a": 7}
_LOOKS = (("?=", False, False), ("?!", True, False), ("?<=", False, True), ("?<!", True, True))
"""How they begin, whether they are negated, whether they look back."""
# Of groups in groups (PCRE itself takes 250); the parser calls itself for each.
_DEEPEST = 50
# pcre2limits(3).
_MOST_TIMES = 65_535


def parse_pcre(pattern: str, flags: str) -> tuple[Node, int]:
    """An expression, and how many groups it has. `flags` are those that are set: `imsxAEU`, as Postfix has them.

    Raises Refused or Unread.
    """
    reader = _Reader(bytes_of(pattern), flags)
    node = reader.alternatives(0)
    if reader.at < len(reader.text):
        raise Refused  # a bracket that closes nothing
    if any(number > reader.groups for number in reader.asked):
        raise Refused
    return (Cat((Place("start"), node)) if "A" in flags else node), reader.groups


class _Reader:
    def __init__(self, text: str, flags: str) -> None:
        self.text, self.flags, self.at, self.groups = text, set(flags), 0, 0
        self._names: dict[str, int] = {}
        self.asked: list[int] = []

    def alternatives(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise Unread
        before = set(self.flags)
        options = [self._sequence(depth)]
        while self.text.startswith("|", self.at):
            self.at += 1
            options.append(self._sequence(depth))
        self.flags = before
        return options[0] if len(options) == 1 else Alt(tuple(options))

    def _sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            if "x" not in self.flags and (plain := PLAIN.match(self.text, self.at)) is not None:
                parts += [self._char(char) for char in plain[0]]
                self.at = plain.end()
                continue
            if self.text.startswith("\\Q", self.at):
                end = self.text.find("\\E", self.at + 2)
                body = self.text[self.at + 2 : end if end >= 0 else len(self.text)]
                parts += [self._char(char) for char in body[:-1]]
                self.at = end + 2 if end >= 0 else len(self.text)
                parts += [self._repeated(self._char(char)) for char in body[-1:]]
                continue
            if self._skipped():
                continue
            node = self._one(depth)
            if node is not None:
                parts.append(self._repeated(node))
        return Cat(tuple(parts))

    def _skipped(self) -> bool:
        """A comment, and with `x` blanks."""
        text, at = self.text, self.at
        if text.startswith("\\E", at):
            self.at += 2
        elif text.startswith("(?#", at):
            end = text.find(")", at)
            if end < 0:
                raise Refused
            self.at = end + 1
        elif "x" in self.flags and text[at] in " \t\n\v\f\r":
            self.at += 1
        elif "x" in self.flags and text[at] == "#":
            end = text.find("\n", at)
            self.at = end + 1 if end >= 0 else len(text)
        else:
            return False
        return True

    def _one(self, depth: int) -> Node | None:
        char = self.text[self.at]
        self.at += 1
        match char:
            case "(":
                return self._bracketed(depth)
            case "[":
                return self._bracket()
            case ".":
                return Chars(ALL if "s" in self.flags else ALL & ~NEWLINE)
            case "^":
                return Place("line-start" if "m" in self.flags else "start")
            case "$":
                dollar = "end" if "E" in self.flags else "end-or-newline"
                return Place("line-end" if "m" in self.flags else dollar)
            case "\\":
                return self._escaped()
            case "*" | "+" | "?":
                raise Refused
        if char == "{" and _INTERVAL.match(self.text, self.at - 1):
            raise Refused
        return self._char(char)

    def _char(self, char: str) -> Chars:
        return char_of(char, ignore_case="i" in self.flags)

    def _bracketed(self, depth: int) -> Node | None:
        text = self.text
        if text.startswith("*", self.at):
            raise Unread
        if not text.startswith("?", self.at) or (named := _NAMED.match(text, self.at)):
            self.groups += 1
            number = self.groups
            if text.startswith("?", self.at) and named:
                self._names[named[1]] = number
                self.at = named.end()
            return Group(self._closed(depth), number)
        if (found := _SET_FLAGS.match(text, self.at)) is not None:
            self.at = found.end()
            flags = (self.flags | set(found[1])) - set(found[2] or "")
            if "n" in flags:
                raise Unread
            if found[3] == ")":
                self.flags = flags  # to the end of the group
                return None
            before, self.flags = self.flags, flags
            body = self._closed(depth)
            self.flags = before
            return body
        for words, negated, back in _LOOKS:
            if text.startswith(words, self.at):
                self.at += len(words)
                body = self._closed(depth)
                return Look(body, negated, widths(body) if back else ())
        if text.startswith("?>", self.at):
            self.at += 2
            return Atomic(self._closed(depth))
        raise Unread  # recursion, conditions, and what PCRE may refuse

    def _closed(self, depth: int) -> Node:
        body = self.alternatives(depth + 1)
        if not self.text.startswith(")", self.at):
            raise Refused
        self.at += 1
        return body

    def _repeated(self, node: Node) -> Node:
        """A second repetition behind one is an error, which the next character gives."""
        while self.at < len(self.text) and self._skipped():
            pass
        char = self.text[self.at : self.at + 1]
        found = _INTERVAL.match(self.text, self.at) if char == "{" else None
        if found is not None:
            low = times_of(found[1])
            high = times_of(found[3]) if found[3] else None if found[2] else low
            if max(low, high or 0) > _MOST_TIMES or (high is not None and high < low):
                raise Refused
            self.at = found.end()
        elif char in ("*", "+", "?"):
            low, high = (1 if char == "+" else 0), (1 if char == "?" else None)
            self.at += 1
        else:
            return node
        if isinstance(node, Place):
            raise Unread
        if self.text.startswith("(?#", self.at):
            raise Unread  # whether a ? behind it belongs to this repetition is left open
        more = self.text[self.at : self.at + 1]
        self.at += more in ("?", "+")
        if more == "+":
            return Atomic(Many(node, low, high))
        return Many(node, low, high, (more == "?") == ("U" in self.flags))

    def _escaped(self) -> Node:
        text = self.text
        if self.at == len(text):
            raise Refused
        char = text[self.at]
        if (found := _REFERENCE.match(text, self.at)) is not None and not text[
            found.end() : found.end() + 1
        ].isdigit():
            return self._reference(found)
        if char in _SETS or char in _PLACES:
            self.at += 1
            return Chars(_SETS[char]) if char in _SETS else Place(_PLACES[char])
        if char == "R":
            self.at += 1
            return Atomic(Alt((Cat((Chars(1 << 13), Chars(NEWLINE))), Chars(_SETS["v"]))))
        if char == "N" and not text.startswith("{", self.at + 1):
            self.at += 1
            return Chars(ALL & ~NEWLINE)
        return self._char(self._code())

    def _reference(self, found: re.Match[str]) -> Node:
        self.at = found.end()
        if found[2]:
            number = self._names.get(found[2], 0)
        else:
            number = int((found[1] or found[3])[:4])
            number = self.groups + 1 + number if number < 0 else number
        if number < 1:
            raise Unread
        self.asked.append(number)
        return Back(number, "i" in self.flags)

    def _code(self) -> str:
        """The character of an escape, in a set too."""
        text, char = self.text, self.text[self.at]
        if (found := _HEX.match(text, self.at) or _OCTAL.match(text, self.at)) is not None:
            self.at = found.end()
            digits = found[0].strip("xo{}")
            code = int(digits or "0", 16 if found[0][0] == "x" else 8)
            if code > 255:
                raise Refused
            return chr(code)
        self.at += 1
        if char in _CHARS:
            return chr(_CHARS[char])
        if char.isascii() and char.isalnum():
            raise Unread  # \c, \p, \K and their like, or an error
        return char

    def _bracket(self) -> Node:
        for words, kind in (("[:<:]]", "word-start"), ("[:>:]]", "word-end")):
            if self.text.startswith(words, self.at):
                self.at += len(words)
                return Place(kind)
        negated = self.text.startswith("^", self.at)
        self.at += negated
        mask, first = 0, True
        while first or not self.text.startswith("]", self.at):
            low = self._element()
            ranged = self.text.startswith("-", self.at) and self.text[self.at + 1 : self.at + 2] not in ("]", "")
            if isinstance(low, str) and ranged:
                self.at += 1
                high = self._element()
                if isinstance(high, int) or high < low:
                    raise Refused
                mask |= span(ord(low), ord(high))
            else:
                mask |= low if isinstance(low, int) else 1 << ord(low)
            first = False
        self.at += 1
        mask = caseless(mask) if "i" in self.flags else mask
        return Chars(ALL & ~mask if negated else mask)

    def _element(self) -> str | int:
        """A character, or a set of several."""
        text, at = self.text, self.at
        if at >= len(text):
            raise Refused
        if text[at] == "[" and text[at + 1 : at + 2] in (":", ".", "="):
            found = _CLASS.match(text, at)
            if found is None:
                raise Unread
            if found[2] not in CLASSES and found[2] not in ("word", "ascii"):
                raise Refused
            mask = {"word": WORD, "ascii": span(0, 127)}.get(found[2]) or CLASSES[found[2]]
            if "i" in self.flags and found[2] in ("upper", "lower"):
                mask = CLASSES["alpha"]
            self.at = found.end()
            return ALL & ~mask if found[1] else mask
        self.at += 1
        if text[at] != "\\":
            return text[at]
        char = text[self.at : self.at + 1]
        if char in _SETS and char:
            self.at += 1
            return _SETS[char]
        if char in ("", "Q", "E"):
            raise Unread
        if char == "b":
            self.at += 1
            return "\b"
        return self._code()


def widths(node: Node) -> tuple[int, ...]:
    """How many bytes it takes, in each of its alternatives. Raises Refused where that differs otherwise."""
    options = node.options if isinstance(node, Alt) else (node,)
    return tuple(sorted({_width(each) for each in options}))


def _width(node: Node) -> int:
    match node:
        case Chars():
            return 1
        case Place() | Look():
            return 0
        case Cat(parts):
            return sum(_width(part) for part in parts)
        case Group(body, _) | Atomic(body):
            return _width(body)
        case Many(body, low, high, _) if low == high:
            return _width(body) * low
        case Alt(options):
            found = {_width(each) for each in options}
            if len(found) == 1:
                return found.pop()
    raise Unread
