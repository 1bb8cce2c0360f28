"""An Exim configuration as Exim has it in mind: options, named lists, ACLs and drivers, each with file and line."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from mailproof.parse.exim.known import Known, built_in_macros, known
from mailproof.parse.exim.lines import LONGEST_NAME, Line, Lines, Read, Trouble
from mailproof.parse.exim.text import BLANKS, read_name, unquoted

_SECTIONS = ("acl", "authenticator", "local_scan", "retry", "rewrite", "router", "transport")
_LISTS = ("domainlist", "hostlist", "addresslist", "localpartlist")
# As Exim has it (MAX_NAMED_LIST).
_MOST_LISTS = 16
_INT = re.compile(r"[+-]?(?:0[xX][0-9A-Fa-f]+|\d+)[ZEPTGMKzeptgmk]?[ \t]*")
_OCTAL = re.compile(r"[0-7]+[KMGTkmgt]?[ \t]*")
_FIXED = re.compile(r"\d+(?:\.\d*)?[ \t]*")
_TIME = re.compile(r"(?:\d+[wdhms])+")
_BOOLEANS = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}
_SET_NAME = re.compile(r"(?:acl_[cm][0-9_][A-Za-z0-9_]*|dkim_verify_(?:status|reason))")
_REWRITE_FLAGS = re.compile(r"[ \tqwhsftcbrEFTQRS]*")
_RETRY = re.compile(r"(?:[FfGgHh][^;]*(?:;|\Z)[ \t]*)*")


class Setting(msgspec.Struct, frozen=True):
    """An option as it is set. Of a boolean the value is `yes`, `no`, or what is expanded to one."""

    name: str
    value: str
    file: str
    line: int
    last: int = 0


class Condition(msgspec.Struct, frozen=True):
    """A condition or a modifier of an ACL: `!verify = sender/callout`."""

    name: str
    value: str
    negated: bool
    file: str
    line: int


class Statement(msgspec.Struct, frozen=True):
    """`deny`, with its conditions."""

    verb: str
    file: str
    line: int
    conditions: list[Condition] = []

    def values(self, name: str) -> list[Condition]:
        """Its conditions of this name."""
        return [each for each in self.conditions if each.name == name]


class Acl(msgspec.Struct, frozen=True):
    name: str
    file: str
    line: int
    statements: list[Statement] = []


class Driver(msgspec.Struct, frozen=True):
    """A router, a transport or an authenticator."""

    name: str
    file: str
    line: int
    settings: list[Setting] = []

    def get(self, name: str) -> Setting | None:
        return next((each for each in self.settings if each.name == name), None)

    def value(self, name: str) -> str:
        """Empty where it is not set."""
        setting = self.get(name)
        return setting.value if setting is not None else ""

    @property
    def driver(self) -> str:
        return self.value("driver")


class EximConfiguration(msgspec.Struct):
    """Whole, as far as it can be read; `troubles` are where Exim would stop, in their order."""

    main: dict[str, Setting] = {}
    lists: dict[tuple[str, str], Setting] = {}
    """Named lists, by kind (`hostlist`) and name."""
    acls: dict[str, Acl] = {}
    routers: list[Driver] = []
    transports: list[Driver] = []
    authenticators: list[Driver] = []
    sections: dict[str, Line] = {}
    """Where each begins, by its name in the singular."""
    macros: Mapping[str, str] = {}
    """Those that it defines itself."""
    defined: Mapping[str, tuple[str, int]] = {}
    """Where."""
    troubles: list[Trouble] = []
    files: list[str] = []
    """Those that were read, in their order."""

    def value(self, name: str, default: str = "") -> str:
        setting = self.main.get(name)
        return setting.value if setting is not None else default


def read_exim(path: str, read: Read, built_in: Mapping[str, str] | None = None) -> EximConfiguration:
    """The file and all that it includes. `read` gives None for what is no file or may not be read. Never raises.

    `built_in`: the macros that the binary defines; None for those of Debian's.
    """
    return _Reader(Lines(path, read, built_in_macros() if built_in is None else built_in)).whole()


class _Reader:
    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.found = EximConfiguration()
        self.section = "main"
        self.driver: Driver | None = None
        self.acl: Acl | None = None

    def whole(self) -> EximConfiguration:
        for line in self.lines:
            if line.text[:6].lower() == "begin ":
                self._begin(line)
            else:
                self._line(line)
        self._finish_driver()
        found = self.found
        found.troubles, found.files = self.lines.troubles, self.lines.files
        found.macros = {name: self.lines.macros[name] for name in self.lines.defined}
        found.defined = self.lines.defined
        return found

    def trouble(self, name: str, line: Line, text: str = "") -> None:
        self.lines.trouble(name, line.file, line.last, text)

    def _begin(self, line: Line) -> None:
        self._finish_driver()
        self.acl = None
        name = line.text[6:].strip(BLANKS)
        self.section = name.lower().removesuffix("s")
        if self.section not in _SECTIONS or name.lower() in ("acs", ""):
            self.trouble("section-unknown", line, name)
        elif self.section in self.found.sections:
            self.trouble("section-twice", line, name)
        self.found.sections[self.section] = line

    def _line(self, line: Line) -> None:
        match self.section:
            case "main":
                self._main(line)
            case "acl":
                self._acl(line)
            case "router" | "transport" | "authenticator":
                self._driver(line)
            case "rewrite":
                self._rewrite(line)
            case "retry":
                self._retry(line)

    def _main(self, line: Line) -> None:
        text = line.text
        if "A" <= text[:1] <= "Z":
            self.lines.define(line)
            return
        bare = text[5:] if text.startswith("hide") and text[4:5] in tuple(BLANKS) else text
        kind = next((each for each in _LISTS if bare.startswith(each)), "")
        if kind:
            self._list(kind, bare[len(kind) :].removeprefix("_cache"), line)
            return
        setting = self._option(line, text, known()["main"], self.found.main)
        if setting is not None:
            self.found.main[setting.name] = setting

    def _list(self, kind: str, text: str, line: Line) -> None:
        if text[:1] not in tuple(BLANKS):
            self.trouble("line-malformed", line, line.text)
            return
        body = text.lstrip(BLANKS)
        end = next((n for n, char in enumerate(body) if not (char.isascii() and (char.isalnum() or char == "_"))), 0)
        name, rest = body[:end], body[end:].lstrip(BLANKS)
        if (kind, name) in self.found.lists:
            self.trouble("list-twice", line, name)
        elif sum(each == kind for each, _ in self.found.lists) >= _MOST_LISTS:
            self.trouble("too-many-lists", line, name)
        elif not rest.startswith("="):
            self.trouble("equals-missing", line, name)
        else:
            value = self._text(rest[1:].lstrip(BLANKS), name, line)
            self.found.lists[kind, name] = Setting(name, value, line.file, line.line, line.last)

    def _driver(self, line: Line) -> None:
        name, rest = read_name(line.text)
        if "A" <= name[:1] <= "Z" and rest.startswith("="):
            self._finish_driver()
            self.lines.define(line)
            return
        drivers = {"router": self.found.routers, "transport": self.found.transports}.get(
            self.section, self.found.authenticators
        )
        if rest.startswith(":"):
            self._finish_driver()
            if any(each.name == name for each in drivers):
                self.trouble("driver-twice", line, name)
            if rest[1:].strip(BLANKS):
                self.trouble("extra-characters", line, rest[1:].strip(BLANKS))
            self.driver = Driver(name, line.file, line.line, [])
            drivers.append(self.driver)
            return
        if self.driver is None:
            self.trouble("driver-name-missing", line, line.text)
            return
        kind = self.driver.driver
        generic, own = known()[self.section], known().get(f"{self.section}.{kind}", {})
        options = {**own, **generic}
        before = {each.name: each for each in self.driver.settings}
        setting = self._option(line, line.text, options, before, driver=not kind)
        if setting is None:
            return
        self.driver.settings.append(setting)
        if setting.name == "driver" and f"{self.section}.{setting.value}" not in known():
            self.trouble("driver-unknown", line, setting.value)

    def _finish_driver(self) -> None:
        driver, self.driver = self.driver, None
        if driver is None:
            return
        if not driver.driver:
            self.lines.trouble("driver-missing", driver.file, driver.line, driver.name)
        elif self.section == "authenticator" and not driver.value("public_name"):
            self.lines.trouble("public-name-missing", driver.file, driver.line, driver.name)

    def _option(
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
            self.trouble("option-expected", line, text)
            return None
        negated = next((each for each in ("no_", "not_") if name.startswith(each)), "")
        bare = name[len(negated) :]
        option = options.get(bare)
        if option is None:
            self.trouble("option-before-driver" if driver else "option-unknown", line, name[:LONGEST_NAME])
            return None
        if bare in before and not option.kind.endswith("+"):
            self.trouble("option-twice", line, name)
        if option.kind in ("bool", "xbool"):
            value = self._boolean(option, name, negated, rest, line)
            return Setting(bare, value, line.file, line.line, line.last)
        if negated:
            self.trouble("negation-misplaced", line, name)
        elif not rest:
            self.trouble("value-missing", line, name)
        elif not rest.startswith("="):
            self.trouble("equals-missing", line, name)
        else:
            return Setting(
                bare, self._value(option, rest[1:].lstrip(BLANKS), name, line), line.file, line.line, line.last
            )
        return None

    def _boolean(self, option: Known, name: str, negated: str, rest: str, line: Line) -> str:
        if rest and (negated or not rest.startswith("=")):
            self.trouble("extra-characters", line, rest)
            return ""
        value = rest[1:].lstrip(BLANKS)
        if not value:
            return "no" if negated else "yes"
        if option.kind == "xbool" and "$" in value:
            return self._text(value, name, line)
        word, behind = read_name(value)
        if word.lower() not in _BOOLEANS:
            self.trouble("not-a-boolean", line, value)
        elif behind:
            self.trouble("extra-characters", line, behind)
        return _BOOLEANS.get(word.lower(), "")

    def _value(self, option: Known, value: str, name: str, line: Line) -> str:
        kind = option.kind.removesuffix("+")
        if kind in ("int", "octal", "fixed"):
            pattern = {"int": _INT, "octal": _OCTAL, "fixed": _FIXED}[kind]
            if not pattern.fullmatch(value):
                self.trouble("not-a-number", line, f"{name} = {value}")
            return value.strip(BLANKS)
        if kind == "time":
            if not _TIME.fullmatch(value):
                self.trouble("not-a-time", line, f"{name} = {value}")
            return value
        if kind == "timelist":
            return value
        return self._text(value, name, line)

    def _text(self, value: str, name: str, line: Line) -> str:
        read = unquoted(value)
        if read is None:
            self.trouble("quote-missing", line, name)
            return value[1:]
        if read[1]:
            self.trouble("extra-characters", line, read[1])
        return read[0]

    def _acl(self, line: Line) -> None:
        text = line.text
        negated = text.startswith("!")
        name, rest = read_name(text[1:] if negated else text)
        upper = "A" <= name[:1] <= "Z"
        if upper and rest.startswith("="):
            self.lines.define(line)
            return
        if rest.startswith(":") and name:
            if name in self.found.acls:
                self.trouble("acl-twice", line, name)
            self.acl = Acl(name, line.file, line.line, [])
            self.found.acls[name] = self.acl
            return
        if self.acl is None:
            self.trouble("acl-name-missing", line, text)
            return
        if name in known()["verb"]:
            if negated:
                self.trouble("acl-malformed", line, text)
            self.acl.statements.append(Statement(name, line.file, line.line, []))
            if not rest:
                return
            negated = rest.startswith("!")
            name, rest = read_name(rest[1:] if negated else rest)
        elif not self.acl.statements:
            self.trouble("verb-unknown", line, name or text)
            return
        self._acl_condition(name, rest, negated, line)

    def _acl_condition(self, name: str, rest: str, negated: bool, line: Line) -> None:
        statement = self.acl.statements[-1] if self.acl is not None else None
        if name not in known()["acl"]:
            self.trouble("condition-unknown", line, name or rest)
        elif name == "set" and not _SET_NAME.match(rest):
            self.trouble("acl-malformed", line, rest)
        elif name != "endpass" and "=" not in (rest if name == "set" else rest[:1]):
            self.trouble("equals-missing", line, name)
        elif statement is not None:
            value = rest if name in ("set", "endpass") else rest[1:].lstrip(BLANKS)
            statement.conditions.append(Condition(name, value, negated, line.file, line.line))

    def _rewrite(self, line: Line) -> None:
        _, rest = _word(line.text)
        rest = rest.lstrip(BLANKS)
        if not rest:
            self.trouble("rewrite-malformed", line, line.text)
            return
        _, flags = _word(rest)
        if not _REWRITE_FLAGS.fullmatch(flags):
            self.trouble("rewrite-flag-unknown", line, flags.strip(BLANKS))

    def _retry(self, line: Line) -> None:
        _, rest = _word(line.text)
        _, rules = _word(rest.lstrip(BLANKS))
        rules = rules.strip(BLANKS)
        if rules.startswith("senders"):
            _, rules = _word(rules[7:].lstrip(f"{BLANKS}=").lstrip(BLANKS))
        if not rest.strip(BLANKS) or not _RETRY.fullmatch(rules.strip(BLANKS)):
            self.trouble("retry-malformed", line, line.text)


def _word(text: str) -> tuple[str, str]:
    """Up to a blank, or what quotes hold, and what follows."""
    if text.startswith('"'):
        read = unquoted(text)
        return read if read is not None else (text[1:], "")
    end = next((n for n, char in enumerate(text) if char in BLANKS), len(text))
    return text[:end], text[end:]
