"""One option of an Exim configuration: `name = value`, `no_name`, by the kind that Exim knows it to be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mailproof.parse.exim.configuration import Setting
from mailproof.parse.exim.known import Known
from mailproof.parse.exim.lines import Line
from mailproof.parse.exim.macros import LONGEST_NAME
from mailproof.parse.exim.text import BLANKS, read_name, unquoted

_INT = re.compile(r"[+-]?(?:0[xX][0-9A-Fa-f]+|\d+)[ZEPTGMKzeptgmk]?[ \t]*")
_OCTAL = re.compile(r"[0-7]+[KMGTkmgt]?[ \t]*")
_FIXED = re.compile(r"\d+(?:\.\d*)?[ \t]*")
_TIME = re.compile(r"(?:\d+[wdhms])+")
_BOOLEANS = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}


class Options:
    """Reads options. `trouble` is told, by name, what Exim would refuse, on which line, and the words."""

    def __init__(self, trouble: Callable[[str, Line, str], None]) -> None:
        self._trouble = trouble

    def option(
        self,
        line: Line,
        text: str,
        options: Mapping[str, Known],
        before: Mapping[str, Setting],
        driver: bool = False,
    ) -> Setting | None:
        """`driver`: the driver is not named yet, so that its own options cannot be known."""
        name, rest = read_name(text)
        if name == "hide":
            name, rest = read_name(rest)
        if not name:
            self._trouble("option-expected", line, text)
            return None
        negated = next((each for each in ("no_", "not_") if name.startswith(each)), "")
        bare = name[len(negated) :]
        option = options.get(bare)
        if option is None:
            self._trouble("option-before-driver" if driver else "option-unknown", line, name[:LONGEST_NAME])
            return None
        if bare in before and not option.kind.endswith("+"):
            self._trouble("option-twice", line, name)
        if option.kind in ("bool", "xbool"):
            value = self._boolean(option, name, negated, rest, line)
            return Setting(bare, value, line.file, line.line, line.last)
        if negated:
            self._trouble("negation-misplaced", line, name)
        elif not rest:
            self._trouble("value-missing", line, name)
        elif not rest.startswith("="):
            self._trouble("equals-missing", line, name)
        else:
            return Setting(
                bare, self._value(option, rest[1:].lstrip(BLANKS), name, line), line.file, line.line, line.last
            )
        return None

    def _boolean(self, option: Known, name: str, negated: str, rest: str, line: Line) -> str:
        if rest and (negated or not rest.startswith("=")):
            self._trouble("extra-characters", line, rest)
            return ""
        value = rest[1:].lstrip(BLANKS)
        if not value:
            return "no" if negated else "yes"
        if option.kind == "xbool" and "$" in value:
            return self.text(value, name, line)
        word, behind = read_name(value)
        if word.lower() not in _BOOLEANS:
            self._trouble("not-a-boolean", line, value)
        elif behind:
            self._trouble("extra-characters", line, behind)
        return _BOOLEANS.get(word.lower(), "")

    def _value(self, option: Known, value: str, name: str, line: Line) -> str:
        kind = option.kind.removesuffix("+")
        if kind in ("int", "octal", "fixed"):
            pattern = {"int": _INT, "octal": _OCTAL, "fixed": _FIXED}[kind]
            if not pattern.fullmatch(value):
                self._trouble("not-a-number", line, f"{name} = {value}")
            return value.strip(BLANKS)
        if kind == "time":
            if not _TIME.fullmatch(value):
                self._trouble("not-a-time", line, f"{name} = {value}")
            return value
        if kind == "timelist":
            return value
        return self.text(value, name, line)

    def text(self, value: str, name: str, line: Line) -> str:
        read = unquoted(value)
        if read is None:
            self._trouble("quote-missing", line, name)
            return value[1:]
        if read[1]:
            self._trouble("extra-characters", line, read[1])
        return read[0]
