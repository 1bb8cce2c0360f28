"""What a string of Exim's is expanded to, where that can be known from here (specification, chapter 11).

Variables are told; a lookup, a variable that is not told, an item or a condition that is not known here gives None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mailproof.parse.exim.text import BLANKS

# As deep as anybody nests; Exim's own bound is its stack.
_DEEPEST = 30
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r"([a-z0-9_]+):")
_CONDITION = re.compile(r"[a-z_0-9]+|[<>=]=?")
_NUMBER = re.compile(r"[ \t]*[+-]?\d+[KMGkmg]?[ \t]*")
_TIMES = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v"}
_OPERATORS: Mapping[str, Callable[[str], str]] = {
    "lc": str.lower,
    "uc": str.upper,
    "length_1": lambda text: text[:1],
    "strlen": lambda text: str(len(text)),
    "domain": lambda text: text.rpartition("@")[2],
    "local_part": lambda text: text.rpartition("@")[0],
}
_TRUE, _FALSE = ("yes", "true", "1"), ("no", "false", "0", "")


class _Unknown(Exception):
    """It cannot be told."""


class _Malformed(Exception):
    """Exim would refuse to expand it."""


Exists = Callable[[str], bool | None]


def expanded(text: str, variables: Mapping[str, str], exists: Exists = lambda _: None) -> str | None:
    """None where it cannot be told, or where Exim could not expand it either. Never raises."""
    try:
        return _Expansion(text, variables, exists).whole()
    except (_Unknown, _Malformed):
        return None


def holds(text: str, variables: Mapping[str, str], exists: Exists = lambda _: None) -> bool | None:
    """The truth of an expanded condition: empty, `0`, `no`, `false` are not; None where it cannot be told."""
    value = expanded(text, variables, exists)
    return None if value is None else value.strip(BLANKS).lower() not in _FALSE


class _Expansion:
    def __init__(self, text: str, variables: Mapping[str, str], exists: Exists) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.variables, self.exists = variables, exists

    def whole(self) -> str | None:
        return self._string(end="")

    def _string(self, end: str) -> str | None:
        """Up to `end`; None where some of it cannot be told. It is gone over to its end all the same."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _Unknown
        out: list[str] | None = []
        while self.at < len(self.text) and self.text[self.at] != end:
            piece = self._piece()
            if piece is None:
                out = None
            elif out is not None:
                out.append(piece)
        self.depth -= 1
        if end:
            if self.at >= len(self.text):
                raise _Malformed
            self.at += 1
        return "".join(out) if out is not None else None

    def _piece(self) -> str | None:
        char = self.text[self.at]
        if char == "\\":
            return self._escape()
        if char != "$":
            end = next((n for n in range(self.at, len(self.text)) if self.text[n] in "\\$}"), len(self.text))
            end = max(end, self.at + 1)
            piece, self.at = self.text[self.at : end], end
            return piece
        self.at += 1
        if self.text[self.at : self.at + 1] == "{":
            self.at += 1
            return self._item()
        name = _NAME.match(self.text, self.at)
        if name is None:
            if self.text[self.at : self.at + 1].isdigit():
                self.at += 1
                return None
            raise _Malformed
        self.at = name.end()
        return self._variable(name[0])

    def _escape(self) -> str:
        rest = self.text[self.at + 1 :]
        if rest.startswith("N"):
            literal, _, _ = rest[1:].partition("\\N")
            self.at += 2 + len(literal) + 2
            return literal
        self.at += 2
        return _ESCAPES.get(rest[:1], rest[:1])

    def _variable(self, name: str) -> str | None:
        return self.variables.get(name)

    def _item(self) -> str | None:
        """Behind `${`."""
        self._blanks()
        if operator := _OPERATOR.match(self.text, self.at):
            self.at = operator.end()
            value = self._string("}")
            change = _OPERATORS.get(operator[1])
            return change(value) if change is not None and value is not None else None
        name = _NAME.match(self.text, self.at)
        if name is None:
            digits = re.compile(r"\d+\}").match(self.text, self.at)
            if digits is None:
                raise _Malformed
            self.at = digits.end()
            return None
        self.at = name.end()
        if name[0] == "if":
            return self._if()
        self._blanks()
        if self.text[self.at : self.at + 1] == "}":
            self.at += 1
            return self._variable(name[0])
        self._skip()  # lookup, extract, sg, run …
        return None

    def _skip(self) -> None:
        """To the brace that closes the item."""
        depth = 1
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 2 if char == "\\" else 1
            depth += (char == "{") - (char == "}")
            if not depth:
                return
        raise _Malformed

    def _if(self) -> str | None:
        condition = self._condition()
        self._blanks()
        yes: str | None = "true"
        no: str | None = ""
        if self.text[self.at : self.at + 1] == "{":
            self.at += 1
            yes = self._string("}")
            self._blanks()
            if self.text[self.at : self.at + 1] == "{":
                self.at += 1
                no = self._string("}")
                self._blanks()
            elif self.text.startswith("fail", self.at):
                self.at += 4
                no = None
                self._blanks()
        if self.text[self.at : self.at + 1] != "}":
            raise _Malformed
        self.at += 1
        if condition is None:
            return yes if yes == no else None
        return yes if condition else no

    def _condition(self) -> bool | None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _Unknown
        found = self._condition_here()
        self.depth -= 1
        return found

    def _condition_here(self) -> bool | None:
        self._blanks()
        if self.text[self.at : self.at + 1] == "!":
            self.at += 1
            found = self._condition()
            return None if found is None else not found
        name = _CONDITION.match(self.text, self.at)
        if name is None:
            raise _Malformed
        self.at = name.end()
        match name[0]:
            case "def" if self.text[self.at : self.at + 1] == ":":
                return self._defined()
            case "and" | "or":
                return self._several(every=name[0] == "and")
            case "exists":
                (path,) = self._arguments(1)
                return None if path is None else self.exists(path)
            case "bool" | "bool_lax":
                (value,) = self._arguments(1)
                if value is None:
                    return None
                word = value.strip(BLANKS).lower()
                return word not in _FALSE if name[0] == "bool_lax" or word in (*_TRUE, *_FALSE) else None
            case "eq" | "eqi" | "=" | "==" | "<" | ">" | "<=" | ">=":
                return _compared(name[0], *self._arguments(2))
        self._arguments(0)
        return None

    def _defined(self) -> bool | None:
        self.at += 1
        name = _NAME.match(self.text, self.at)
        if name is None:
            raise _Malformed
        self.at = name.end()
        if self.text[self.at : self.at + 1] == ":":  # a header
            self.at += 1
        value = self.variables.get(name[0])
        return None if value is None else value != ""

    def _several(self, every: bool) -> bool | None:
        self._blanks()
        if self.text[self.at : self.at + 1] != "{":
            raise _Malformed
        self.at += 1
        found: list[bool | None] = []
        while True:
            self._blanks()
            sign, self.at = self.text[self.at : self.at + 1], self.at + 1
            if sign == "}":
                break
            if sign != "{":
                raise _Malformed
            found.append(self._condition())
            self._blanks()
            if self.text[self.at : self.at + 1] != "}":
                raise _Malformed
            self.at += 1
        decides = not every
        if decides in found:
            return decides
        return None if None in found else every

    def _arguments(self, wanted: int) -> list[str | None]:
        """In braces; all that come where none are `wanted`."""
        found: list[str | None] = []
        while not wanted or len(found) < wanted:
            self._blanks()
            if self.text[self.at : self.at + 1] != "{":
                break
            if not wanted and len(found) == 2:
                break  # those behind are what the condition decides between
            self.at += 1
            if wanted:
                found.append(self._string("}"))
            else:
                self._skip()
                found.append(None)
        if wanted and len(found) < wanted:
            raise _Malformed
        return found

    def _blanks(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in BLANKS:
            self.at += 1


def _compared(how: str, one: str | None, other: str | None) -> bool | None:
    if one is None or other is None:
        return None
    if how == "eq":
        return one == other
    if how == "eqi":
        return one.lower() == other.lower()
    if not (_NUMBER.fullmatch(one or "0") and _NUMBER.fullmatch(other or "0")):
        return None
    left, right = _number(one), _number(other)
    return {"=": left == right, "==": left == right, "<": left < right, ">": left > right, "<=": left <= right,
            ">=": left >= right}[how]  # fmt: skip


def _number(text: str) -> int:
    text = text.strip(BLANKS).lower() or "0"
    return int(text[:-1]) * _TIMES[text[-1]] if text[-1] in _TIMES else int(text)
