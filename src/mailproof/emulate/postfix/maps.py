"""Lists of lookup tables, and the keys that are asked of them (src/global/maps.c, mail_addr_find.c, match_list.c)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.parameters import MainFile, Setting
from mailproof.parse.postfix.tables import Answer, Found, Table, Untold, open_table

Read = Callable[[str], bytes | None]


class Hit(msgspec.Struct, frozen=True):
    """An answer, the key that got it, and the table that gave it."""

    value: str
    key: str
    table: Table
    line: int
    extension: str = ""
    """Of the address, where the key is without it."""


class Missing(msgspec.Struct, frozen=True):
    """A table whose answer is not known, before any that is."""

    table: str
    why: str
    line: int = 0


Result = Hit | Missing | None


class Tables:
    """The tables of one configuration, each read once."""

    def __init__(self, read: Read, default_type: str) -> None:
        self._read = read
        self._default_type = default_type
        self._open: dict[str, Table] = {}
        self._texts: dict[str, bytes | None] = {}

    def table(self, spec: str) -> Table:
        """Opened at the first call."""
        if spec not in self._open:
            self._open[spec] = open_table(spec, self.text, self._default_type)
        return self._open[spec]

    def text(self, path: str) -> bytes | None:
        """Of a file, read at the first call."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]


class Maps:
    """The tables that a parameter names."""

    def __init__(self, main: MainFile, parameter: str, tables: Tables) -> None:
        self.setting: Setting = main.setting(parameter)
        self.tables: Sequence[Table] = [tables.table(spec) for spec in split_list(main.value(parameter).text)]

    def ask(self, key: str, *, partial: bool = False) -> Result:
        """One key, of each table until one answers; a part of an address is asked of `fixed` tables only."""
        for table in self.tables:
            if partial and not table.fixed:
                continue
            found = table.ask(key)
            if isinstance(found, Untold):
                return Missing(table.spec, found.why, found.line)
            if found is not None and found.value:
                return Hit(found.value, key, table, found.line)
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


def address_keys(address: str, delimiter: str, *, local: bool) -> list[tuple[str, bool, str]]:
    """The keys of mail_addr_find: the address, without its extension, then user names if local, then @domain."""
    user, at, domain = address.rpartition("@")
    if not at:
        return [(address, False, "")]
    bare, extension = without_extension(user, delimiter)
    keys = [(address, False, "")]
    if extension:
        keys.append((f"{bare}@{domain}", True, extension))
    if local:
        keys.append((user, True, ""))
        if extension:
            keys.append((bare, True, extension))
    return [*keys, (f"@{domain}", True, "")]


def transport_keys(address: str, delimiter: str, *, parents_bare: bool) -> list[tuple[str, bool, str]]:
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


def without_extension(user: str, delimiter: str) -> tuple[str, str]:
    """`user` and `+ext` (src/global/split_addr.c); two names of Postfix's own are never divided."""
    if not delimiter or user.lower() in ("mailer-daemon", "double-bounce"):
        return user, ""
    if "-" in delimiter and (user.lower().startswith("owner-") or user.lower().endswith("-request")):
        return user, ""
    at = next((place for place, char in enumerate(user) if char in delimiter), 0)
    return (user[:at], user[at:]) if at > 0 else (user, "")


class Membership(msgspec.Struct, frozen=True):
    """The item of a list that decided, and where."""

    item: str
    inside: bool
    file: str = ""
    line: int = 0


def member(domain: str, patterns: str, tables: Tables, *, parents: bool) -> Membership | Missing | None:
    """Whether a list of domains has it: the first item that fits decides (src/util/match_list.c, match_ops.c)."""
    for item in _items(patterns, tables, set()):
        if isinstance(item, Missing):
            return item
        pattern = item.lstrip("!")
        inside = (len(item) - len(pattern)) % 2 == 0
        found = _fits(domain, pattern, tables, parents=parents)
        if isinstance(found, Missing):
            return found
        if found is not None:
            return msgspec.structs.replace(found, inside=inside)
    return None


def _items(patterns: str, tables: Tables, seen: set[str]) -> Iterator[str | Missing]:
    """With the files of the list read in their places."""
    for item in split_list(patterns):
        pattern = item.lstrip("!")
        if not pattern.startswith("/"):
            yield item
        elif pattern not in seen:
            seen.add(pattern)
            text = tables.text(pattern)
            if text is None:
                yield Missing(pattern, "unreadable")
                continue
            lines = [line for line in text.decode("utf-8", "surrogateescape").splitlines() if line[:1] != "#"]
            for each in _items("\n".join(lines), tables, seen):
                yield item[: len(item) - len(pattern)] + each if isinstance(each, str) else each


def _fits(domain: str, pattern: str, tables: Tables, *, parents: bool) -> Membership | Missing | None:
    if ":" in pattern and not pattern.startswith("["):
        table = tables.table(pattern)
        for number, key in enumerate(with_parents(domain, bare=parents)):
            found: Found = table.ask(key) if number == 0 or table.fixed else None
            if isinstance(found, Untold):
                return Missing(table.spec, found.why, found.line)
            if isinstance(found, Answer):
                return Membership(f"{pattern}: {key}", True, table.file, found.line)
        return None
    name, wanted = domain.lower(), pattern.lower()
    below = name.endswith(f".{wanted}") if parents else wanted.startswith(".") and name.endswith(wanted)
    return Membership(pattern, True) if name == wanted or below else None
