"""The lines of an Exim configuration made sections: options, lists, ACLs, drivers; and what Exim would refuse."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mailproof.parse.exim.configuration import Acl, Condition, Driver, EximConfiguration, Setting, Statement
from mailproof.parse.exim.known import Known, built_in_macros, known
from mailproof.parse.exim.lines import Line, Lines, Read
from mailproof.parse.exim.macros import macro_name
from mailproof.parse.exim.options import Options
from mailproof.parse.exim.text import BLANKS, read_name, unquoted

_SECTIONS = ("acl", "authenticator", "local_scan", "retry", "rewrite", "router", "transport")
_LISTS = ("domainlist", "hostlist", "addresslist", "localpartlist")
# As Exim has it (MAX_NAMED_LIST).
_MOST_LISTS = 16
_SET_NAME = re.compile(r"(?:acl_[cm][0-9_][A-Za-z0-9_]*|dkim_verify_(?:status|reason))")
_REWRITE_FLAGS = re.compile(r"[ \tqwhsftcbrEFTQRS]*")
_RETRY = re.compile(r"(?:[FfGgHh][^;]*(?:;|\Z)[ \t]*)*")


def read_exim(path: str, read: Read, built_in: Mapping[str, str] | None = None) -> EximConfiguration:
    """The file and all that it includes. `read` gives None for what is no file or may not be read. Never raises.

    `built_in`: the macros that the binary defines; None for those of Debian's.
    """
    return _Reader(Lines(path, read, built_in_macros() if built_in is None else built_in)).whole()


class _Reader:
    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.found = EximConfiguration()
        self.options = Options(self.trouble)
        self.section = "main"
        self.drivers: set[tuple[str, str]] = set()
        """By section and name, those that there are."""
        self.driver: Driver | None = None
        self.before: dict[str, Setting] = {}
        """What the driver has set so far."""
        self.known: Mapping[str, Known] = {}
        """What the driver can be told: once it is named, its own options too."""
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
        found.macros = {name: self.lines.macros.values[name] for name in self.lines.defined}
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
        setting = self.options.option(line, text, known()["main"], self.found.main)
        if setting is not None:
            self.found.main[setting.name] = setting

    def _list(self, kind: str, text: str, line: Line) -> None:
        if text[:1] not in tuple(BLANKS):
            self.trouble("line-malformed", line, line.text)
            return
        body = text.lstrip(BLANKS)
        name = macro_name(body)
        rest = body[len(name) :].lstrip(BLANKS)
        if (kind, name) in self.found.lists:
            self.trouble("list-twice", line, name)
        elif sum(each == kind for each, _ in self.found.lists) >= _MOST_LISTS:
            self.trouble("too-many-lists", line, name)
        elif not rest.startswith("="):
            self.trouble("equals-missing", line, name)
        else:
            value = self.options.text(rest[1:].lstrip(BLANKS), name, line)
            self.found.lists[kind, name] = Setting(name, value, line.file, line.line, line.last)

    def _driver(self, line: Line) -> None:
        name, rest = read_name(line.text)
        if "A" <= name[:1] <= "Z" and rest.startswith("="):
            self._finish_driver()
            self.lines.define(line)
            return
        if rest.startswith(":"):
            self._begin_driver(name, rest[1:].strip(BLANKS), line)
            return
        if self.driver is None:
            self.trouble("driver-name-missing", line, line.text)
            return
        unnamed = "driver" not in self.before or not self.before["driver"].value
        setting = self.options.option(line, line.text, self.known, self.before, driver=unnamed)
        if setting is None:
            return
        self.driver.settings.append(setting)
        self.before.setdefault(setting.name, setting)
        if setting.name == "driver":
            own = known().get(f"{self.section}.{setting.value}")
            if own is None:
                self.trouble("driver-unknown", line, setting.value)
            self.known = {**(own or {}), **self.known}

    def _begin_driver(self, name: str, behind: str, line: Line) -> None:
        self._finish_driver()
        if (self.section, name) in self.drivers:
            self.trouble("driver-twice", line, name)
        if behind:
            self.trouble("extra-characters", line, behind)
        self.driver, self.before, self.known = Driver(name, line.file, line.line, []), {}, known()[self.section]
        self.drivers.add((self.section, name))
        found = self.found
        {"router": found.routers, "transport": found.transports}.get(self.section, found.authenticators).append(
            self.driver
        )

    def _finish_driver(self) -> None:
        driver, self.driver = self.driver, None
        if driver is None:
            return
        if not driver.driver:
            self.lines.trouble("driver-missing", driver.file, driver.line, driver.name)
        elif self.section == "authenticator" and not driver.value("public_name"):
            self.lines.trouble("public-name-missing", driver.file, driver.line, driver.name)

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
