"""$name, ${name?text}, ${name:text}, ${name?{a}:{b}}, ${{a} == {b} ? {c} : {d}} (postconf(5), mac_expand.c)."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from mailproof.parse.postfix.lines import BLANKS

# mac_expand.c gives up at 100 levels too ("unreasonable macro call nesting").
_DEEPEST = 100
# Postfix bounds neither: values that double at each level would fill the memory. ARG_MAX of Linux is as large.
_MOST_CALLS, _LONGEST = 20_000, 1 << 20
_NAME = re.compile(r"[A-Za-z0-9_]+")
_OPERATOR = re.compile(r"[ \t\n\v\f\r]*(==|!=|<=|>=|<|>)[ \t\n\v\f\r]*")
_LEVEL = re.compile(r"[ \t\n\v\f\r]*(<=level|>=level|<level|>level|==level|!=level)[ \t\n\v\f\r]*")


class Expansion(msgspec.Struct, frozen=True):
    """The text; and what Postfix would complain about: `syntax`, `nesting` or `size`, and names nobody defined."""

    text: str
    trouble: str = ""
    undefined: tuple[str, ...] = ()


class _Broken(Exception):
    pass


def expand(text: str, lookup: Callable[[str], str | None]) -> Expansion:
    """Recursive, at the time of use. Never raises; bounded in time and memory."""
    work = _Expander(lookup)
    try:
        filled = work.filled(text, 0)
    except _Broken as broken:
        return Expansion("", str(broken), tuple(work.undefined))
    return Expansion(filled, "", tuple(work.undefined))


class _Expander:
    def __init__(self, lookup: Callable[[str], str | None]) -> None:
        self._lookup = lookup
        self._calls = 0
        self._filled: dict[str, str] = {}
        """By name: names that use each other twice would be filled in again and again."""
        self.undefined: dict[str, None] = {}

    def filled(self, text: str, depth: int) -> str:
        self._calls += 1
        if depth > _DEEPEST or self._calls > _MOST_CALLS:
            raise _Broken("nesting")
        out, size, at = [], 0, 0
        while (dollar := text.find("$", at)) >= 0:
            out.append(text[at:dollar])
            piece, at = self._macro(text, dollar + 1, depth)
            out.append(piece)
            size += dollar + len(piece)
            if size > _LONGEST:
                raise _Broken("size")
        out.append(text[at:])
        return "".join(out)

    def _macro(self, text: str, at: int, depth: int) -> tuple[str, int]:
        if text.startswith("$", at):
            return "$", at + 1
        if text[at : at + 1] in ("{", "("):
            inner, end = _balanced(text, at)
            return self._braced(inner, depth), end
        match = _NAME.match(text, at)
        if match is None:
            raise _Broken("syntax")
        return self._value(match[0], depth), match.end()

    def _value(self, name: str, depth: int) -> str:
        value = self._lookup(name)
        if value is None:
            self.undefined[name] = None
            return ""
        if name not in self._filled:
            self._filled[name] = self.filled(value, depth + 1)
        return self._filled[name]

    def _braced(self, inner: str, depth: int) -> str:
        body = inner.lstrip(BLANKS)
        if body.startswith("{"):
            return self._relational(body, depth)
        match = _NAME.match(body)
        if match is None:
            raise _Broken("syntax")
        rest = body[match.end() :].lstrip(BLANKS)
        if not rest:
            return self._value(match[0], depth)
        if rest[0] not in "?:":
            raise _Broken("syntax")
        value = self._value(match[0], depth)
        return self._chosen(rest, bool(value), depth)

    def _relational(self, body: str, depth: int) -> str:
        left, at = _balanced(body, 0)
        match = _LEVEL.match(body, at) or _OPERATOR.match(body, at)
        if match is None or not body.startswith("{", match.end()):
            raise _Broken("syntax")
        right, at = _balanced(body, match.end())
        pair = [self.filled(side.strip(BLANKS), depth + 1) for side in (left, right)]
        truth = _compared(pair[0], match[1], pair[1])
        rest = body[at:].lstrip(BLANKS)
        if rest and rest[0] not in "?:":
            raise _Broken("syntax")
        return self._chosen(rest, truth, depth) if rest else ("true" if truth else "")

    def _chosen(self, rest: str, truth: bool, depth: int) -> str:
        """`?text`, `?{a}:{b}`, `:text` or `:{text}`."""
        mark, body = rest[0], rest[1:]
        first, other = body, ""
        if body.lstrip(BLANKS).startswith("{"):
            body = body.lstrip(BLANKS)
            inner, end = _balanced(body, 0)
            first, behind = inner.strip(BLANKS), body[end:].lstrip(BLANKS)
            if behind:
                if mark == ":" or behind[0] != ":":
                    raise _Broken("syntax")
                other = _unbraced(behind[1:])
        if truth == (mark == "?"):
            return self.filled(first, depth + 1)
        return self.filled(other, depth + 1) if other else ""


def _unbraced(text: str) -> str:
    body = text.lstrip(BLANKS)
    if not body.startswith("{"):
        return text
    inner, end = _balanced(body, 0)
    if body[end:].strip(BLANKS):
        raise _Broken("syntax")
    return inner.strip(BLANKS)


def _balanced(text: str, at: int) -> tuple[str, int]:
    """What is between the bracket at `at` and its partner, and the place behind it."""
    opening, closing, depth = text[at], {"{": "}", "(": ")"}[text[at]], 0
    for place in range(at, len(text)):
        if text[place] == opening:
            depth += 1
        elif text[place] == closing:
            depth -= 1
            if depth == 0:
                return text[at + 1 : place], place + 1
    raise _Broken("syntax")


def _compared(left: str, operator: str, right: str) -> bool:
    """By number where both are digits, else by their letters; `level` by major, minor and patch."""
    a: tuple[int, ...] | str
    b: tuple[int, ...] | str
    if operator.endswith("level"):
        operator, a, b = operator.removesuffix("level"), _level(left), _level(right)
    elif _digits(left) and _digits(right):
        a, b = (int(left),), (int(right),)
    else:
        a, b = left, right
    order = (a > b) - (a < b)  # type: ignore[operator]
    return {"==": order == 0, "!=": order != 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[
        operator
    ]


def _digits(text: str) -> bool:
    # A number of more digits is none to strtoul(3), nor to int() of Python.
    return text.isascii() and text.isdigit() and len(text) <= 19


def _level(text: str) -> tuple[int, ...]:
    parts = text.strip(BLANKS).split(".")
    if len(parts) > 3 or not all(_digits(part) for part in parts):
        raise _Broken("syntax")
    return tuple(int(part) for part in (*parts, *("0",) * (3 - len(parts))))
