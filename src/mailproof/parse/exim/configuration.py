"""What an Exim configuration says: options, named lists, ACLs and drivers, each with file and line."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mailproof.parse.exim.lines import Line, Trouble


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
