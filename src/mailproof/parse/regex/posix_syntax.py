"""Whether regcomp(3) of glibc takes an expression at all: what a program that compiles it does not start with.

Written from regex(7) and POSIX 1003.1 chapter 9; the rest, which they leave open, was asked of glibc 2.36 (the test
does so again): `*` at the beginning is a character of a basic expression and an error in an extended one, `a**` the
other way round, `)` alone is a character in an extended one, and where case is ignored the ends of a range are
compared as large letters.
"""

from __future__ import annotations

import re

from mailproof.parse.regex.tree import bytes_of, times_of

# RE_DUP_MAX of glibc.
_MOST_TIMES = 0x7FFF
_CLASSES = frozenset(
    ("alpha", "digit", "alnum", "upper", "lower", "space", "blank", "xdigit", "punct", "print", "graph", "cntrl")
)
_INTERVAL = re.compile(r"(\d*)(?:(,)(\d*))?")
# Places, not characters: nothing there to be repeated (GNU).
_PLACES = frozenset("<>bB`'")


def takes(pattern: str, *, extended: bool) -> bool:
    """Of an expression of either kind, as bytes in the C locale, with REG_ICASE; in a time that grows with its length
    alone."""
    return _Reading(bytes_of(pattern), extended).whole()


class _Refused(Exception):
    """regcomp(3) gives an error."""


class _Reading:
    def __init__(self, text: str, extended: bool) -> None:
        self._text = text
        self._extended = extended
        self._at = 0
        self._open: list[int] = []
        """The numbers of the groups that have begun."""
        self._groups = 0
        self._closed: set[int] = set()
        self._nothing = True
        """There is nothing before this that could be repeated."""
        self._repeated = False

    def whole(self) -> bool:
        try:
            while self._at < len(self._text):
                self._next()
        except _Refused:
            return False
        return not self._open

    def _next(self) -> None:
        char = self._text[self._at]
        self._at += 1
        if char == "\\":
            self._escaped()
        elif char == "[":
            self._bracket()
            self._atom()
        elif char == "*" or (self._extended and char in "+?{"):
            self._repetition(char)
        elif self._extended and char in "(|)":
            self._structure(char)
        elif self._is_anchor(char):
            self._place()
        else:
            self._atom()

    def _escaped(self) -> None:
        if self._at == len(self._text):
            raise _Refused
        char = self._text[self._at]
        self._at += 1
        if char in "123456789":
            if int(char) not in self._closed:
                raise _Refused
            self._atom()
        elif char in _PLACES:
            self._place()
        elif self._extended:
            self._atom()
        elif char in "+?{":
            self._repetition(char)
        elif char in "(|)":
            self._structure(char)
        else:
            self._atom()

    def _atom(self) -> None:
        self._nothing = self._repeated = False

    def _place(self) -> None:
        self._nothing, self._repeated = True, False

    def _is_anchor(self, char: str) -> bool:
        if char not in ("^", "$"):
            return False
        if self._extended:
            return True
        if char == "^":
            before = self._text[max(self._at - 3, 0) : self._at - 1]
            return not before or (self._nothing and before in ("\\(", "\\|"))
        return self._text[self._at : self._at + 2] in ("", "\\)", "\\|")

    def _structure(self, char: str) -> None:
        if char == "(":
            self._groups += 1
            self._open.append(self._groups)
            self._place()
        elif char == "|":
            self._place()
        elif self._open:
            self._closed.add(self._open.pop())
            self._atom()
        elif self._extended:
            self._atom()
        else:
            raise _Refused

    def _repetition(self, char: str) -> None:
        if self._nothing:
            if self._extended or char == "{":
                raise _Refused
            self._atom()
            return
        if self._repeated and not self._extended and char in "*{":
            raise _Refused
        if char == "{":
            self._interval()
        self._repeated = True

    def _interval(self) -> None:
        match = _INTERVAL.match(self._text, self._at)
        closing = "}" if self._extended else "\\}"
        if match is None or not (match[1] or match[2]) or not self._text.startswith(closing, match.end()):
            raise _Refused
        low, high = times_of(match[1]), times_of(match[3] or "")
        if max(low, high) > _MOST_TIMES or (match[3] and high < low):
            raise _Refused
        self._at = match.end() + len(closing)

    def _bracket(self) -> None:
        if self._text.startswith("^", self._at):
            self._at += 1
        first = True
        while first or not self._text.startswith("]", self._at):
            low = self._element(first)
            ranged = self._text.startswith("-", self._at) and not self._text.startswith("]", self._at + 1)
            if ranged:
                self._at += 1
                high = self._element(True)
                if not low or not high or _large(high) < _large(low):
                    raise _Refused
            first = False
        self._at += 1

    def _element(self, may_be_hyphen: bool) -> str:
        """The character; empty for a class."""
        text, at = self._text, self._at
        if at >= len(text):
            raise _Refused
        if text[at] == "-" and not may_be_hyphen and not text.startswith("]", at + 1):
            raise _Refused
        kind = text[at + 1 : at + 2]
        if text[at] != "[" or kind not in (":", ".", "=") or not kind:
            self._at = at + 1
            return text[at]
        end = text.find(f"{kind}]", at + 2)
        name = text[at + 2 : end] if end >= 0 else ""
        if (name not in _CLASSES) if kind == ":" else len(name) != 1:
            raise _Refused
        self._at = end + 2
        return name if kind == "." else ""


def _large(char: str) -> str:
    return char.upper() if char.isascii() else char
