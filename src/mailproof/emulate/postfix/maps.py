"""Lists of lookup tables, and the keys that are asked of them (src/global/maps.c, mail_addr_find.c)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from mailproof.parse.postfix.addresses import quote
from mailproof.parse.postfix.parameters import Setting
from mailproof.parse.postfix.tables import Table, Untold, open_table

Read = Callable[[str], bytes | None]


class Hit(msgspec.Struct, frozen=True):
    """An answer, the key that got it, and the table that gave it."""

    value: str
    key: str
    table: Table
    line: int
    file: str = ""
    """Of the table, or the one that has the table in it."""
    extension: str = ""
    """Of the address, where the key is without it."""


class Missing(msgspec.Struct, frozen=True):
    """A table whose answer is not known, before any that is."""

    table: str
    why: str
    line: int = 0
    parameter: str = ""
    """That it belongs to, where it is not the one that was asked."""


Result = Hit | Missing | None


class Tables:
    """The tables of one configuration, each read once."""

    def __init__(self, read: Read, default_type: str, draws: Mapping[str, int] | None = None) -> None:
        self._read = read
        self._default_type = default_type
        self._open: dict[tuple[str, bool], Table] = {}
        self._random: dict[tuple[str, bool], Table] = {}
        self._texts: dict[str, bytes | None] = {}
        self._draws = draws
        self.drawn: dict[str, Sequence[str]] = {}
        """Each randmap that was asked, with its values."""

    def drawing(self, draws: Mapping[str, int]) -> Tables:
        """The same, but a randmap answers with the value of that number, or with its first."""
        others = Tables(self._read, self._default_type, draws)
        others._texts, others._open = self._texts, self._open
        return others

    def _choose(self, spec: str, values: Sequence[str]) -> str:
        self.drawn[spec] = values
        return values[(self._draws or {}).get(spec, 0)]

    def table(self, spec: str, *, literal: bool = False) -> Table:
        """Opened at the first call. `literal`: see `open_table`."""
        known, key = self._random if "randmap:" in spec else self._open, (spec, literal)
        if key not in known:
            bare = spec.removeprefix("proxy:")
            if bare != spec and ":" in bare and not bare.startswith("proxy:"):
                known[key] = msgspec.structs.replace(self.table(bare, literal=literal), spec=spec)
            else:
                choose = None if self._draws is None else self._choose
                known[key] = open_table(spec, self.text, self._default_type, choose, literal=literal)
        return known[key]

    def text(self, path: str) -> bytes | None:
        """Of a file, read at the first call."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]


class Maps:
    """The tables that a parameter names, or one of them."""

    def __init__(self, setting: Setting, tables: Sequence[Table]) -> None:
        self.setting = setting
        self.tables = tables

    def ask(self, key: str, *, partial: bool = False) -> Result:
        """One key, of each table until one answers; a part of an address is asked of `fixed` tables only."""
        for table in self.tables if key else ():
            if partial and not table.fixed:
                continue
            found = table.ask(key)
            if isinstance(found, Untold):
                return Missing(table.spec, found.why, found.line)
            if found is not None and not found.value:
                return Missing(table.spec, "empty", found.line)
            if found is not None:
                if table.file:
                    return Hit(found.value, key, table, found.line, table.file)
                return Hit(found.value, key, table, self.setting.line_of(key), self.setting.file)
        return None

    def first(self, keys: Sequence[tuple[str, bool, str]]) -> Result:
        """Of keys, whether each is a part, and the extension that it lacks."""
        for key, partial, extension in keys:
            found = self.ask(key, partial=partial)
            if isinstance(found, Hit) and extension:
                return msgspec.structs.replace(found, extension=extension)
            if found is not None:
                return found
        return None


class Delimiter(msgspec.Struct, frozen=True):
    """`recipient_delimiter`: any of its characters; and `owner_request_special`."""

    chars: str
    special_owners: bool = True


def address_keys(
    address: str, delimiter: Delimiter, *, local: bool, unquoted_too: bool = True
) -> list[tuple[str, bool, str]]:
    """The keys of mail_addr_find: the address, without its extension, then user names if local, then @domain.

    `address` is without quotes; it is asked with those that it needs, and, in most tables, then without.
    """
    user, at, domain = address.rpartition("@")
    if not at:
        user, domain = address, ""
    bare, extension = without_extension(user, delimiter)
    asked = [(address, False, "", False)]
    if extension:
        asked.append((f"{bare}{at}{domain}", True, extension, False))
    if local and at:
        asked.append((user, True, "", True))
        if extension:
            asked.append((bare, True, extension, True))
    keys: list[tuple[str, bool, str]] = []
    for text, partial, lacking, is_user in asked:
        quoted = quote(text, bare=is_user)
        keys.append((quoted, partial, lacking))
        if unquoted_too and quoted != text:
            keys.append((text, partial, lacking))
    return [*keys, (f"@{domain}", True, "")] if at else keys


def transport_keys(address: str, delimiter: Delimiter, *, parents_bare: bool) -> list[tuple[str, bool, str]]:
    """The keys of transport(5): the address, without its extension, the domain, what is above it, and `*`."""
    user, _, domain = address.rpartition("@")
    bare, extension = without_extension(user, delimiter)
    keys = [(address, False, "")]
    if extension:
        keys.append((f"{bare}@{domain}", True, extension))
    keys += [(each, True, "") for each in with_parents(domain, bare=parents_bare)]
    return [*keys, ("*", False, "")]


def with_parents(domain: str, *, bare: bool) -> Iterator[str]:
    """`a.b.c`, then `.b.c` and `.c`, or `b.c` and `c`."""
    yield domain
    dot = domain.find(".", 1)
    while dot >= 0:
        yield domain[dot + 1 :] if bare else domain[dot:]
        dot = domain.find(".", dot + 1)


def without_extension(user: str, delimiter: Delimiter) -> tuple[str, str]:
    """`user` and `+ext` (src/global/split_addr.c); names of Postfix's own are never divided."""
    chars = delimiter.chars
    if not chars or user.lower() in ("postmaster", "mailer-daemon", "double-bounce"):
        return user, ""
    special = delimiter.special_owners and "-" in chars
    if special and (user.lower().startswith("owner-") or user.lower().endswith("-request")):
        return user, ""
    at = next((place for place, char in enumerate(user) if char in chars), 0)
    return (user[:at], user[at:]) if at > 0 else (user, "")
