"""Lookup tables from their text (postmap(1), regexp_table(5), pcre_table(5), cidr_table(5), DATABASE_README)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from mailproof.parse.postfix.lines import BLANKS, Trouble, logical_lines, split_list
from mailproof.parse.postfix.patterns import NOT_READ, Rule, read_networks, read_patterns
from mailproof.parse.regex.tree import Unread

FILES = ("hash", "btree", "lmdb", "cdb", "dbm", "sdbm", "texthash")
"""Types whose source is one text of keys and values."""
BUILT: Mapping[str, str] = {
    "hash": ".db", "btree": ".db", "lmdb": ".lmdb", "cdb": ".cdb", "dbm": ".pag", "sdbm": ".pag",
}  # fmt: skip
"""Those that postmap(1) makes a database of, and what it puts behind the name of the text."""
PATTERNS = ("regexp", "pcre", "cidr")
WRITTEN: Mapping[str, str] = {
    "inline": "inline:{name=value...}", "pipemap": "pipemap:{type:name...}", "randmap": "randmap:{value...}",
    "static": "static:value", "unionmap": "unionmap:{type:name...}",
}  # fmt: skip
"""How a table that stands in main.cf itself is written; Postfix opens none that is written otherwise."""
SKIPPED = "substitution"
"""The trouble of a rule with a $1 where none is allowed."""


_PAIR = re.compile(r'[ \t\n\v\f\r]*((?:"(?:[^"\\]|\\.)*"|[^"=\s])+)\s*=(.*)', re.DOTALL | re.ASCII)

KINDS = frozenset(
    [
        "btree", "cdb", "cidr", "dbm", "environ", "fail", "hash", "inline", "internal", "ldap", "lmdb",
        "memcache", "mongodb", "mysql", "netinfo", "nis", "nisplus", "pcre", "pgsql", "pipemap", "proxy",
        "randmap", "regexp", "sdbm", "socketmap", "sqlite", "static", "tcp", "texthash", "unionmap", "unix",
]
)  # fmt: skip
"""All that Postfix 3.12 can have (DATABASE_README)."""


class Named(msgspec.Struct, frozen=True):
    """A table as a value names it, behind `proxy:` and inside unionmap and pipemap."""

    kind: str
    name: str


# unionmap and pipemap hold tables, which may be such again; nobody was seen to nest more than two.
_DEEPEST = 100


def tables_named(text: str, depth: int = 0) -> Sequence[Named]:
    """Every table that an expanded list names; what has no colon is none."""
    found: list[Named] = []
    for item in split_list(text):
        kind, colon, name = item.lstrip("!").partition(":")
        if kind == "proxy" and ":" in name:
            kind, colon, name = name.partition(":")
        if colon and kind in ("unionmap", "pipemap") and name.startswith("{") and name.endswith("}"):
            found += tables_named(name[1:-1], depth + 1) if depth < _DEEPEST else []
        elif colon and not kind.startswith("["):
            found.append(Named(kind, name))
    return found


class Answer(msgspec.Struct, frozen=True):
    """A value and the line that has it; line 0 where the table stands in main.cf itself."""

    value: str
    line: int = 0


class Untold(msgspec.Struct, frozen=True):
    """The table was not read: `unreadable`, `second-entry`, `other-program`, `random`, `fails`, `no-type`,
    `pattern-not-read`. `empty` is an entry without a text, on which Postfix fails.
    """

    why: str
    line: int = 0


Found = Answer | Untold | None
Choose = Callable[[str, Sequence[str]], str]
"""Of a randmap, its specification and its values: the one that it is to answer with."""


class Table(msgspec.Struct, frozen=True):
    """Answers single keys, as `postmap -q` does. `fixed` tables see parts of an address too, others do not."""

    spec: str
    file: str
    fixed: bool
    ask: Callable[[str], Found]
    troubles: Sequence[Trouble] = ()
    entries: Mapping[str, Answer] = {}
    """What a text has: by key in small letters; of patterns by the line and what stands before the result."""


LITERAL = frozenset(
    [
        "fallback_transport_maps", "mailbox_transport_maps", "sender_dependent_default_transport_maps",
        "sender_dependent_relayhost_maps", "transport_maps",
    ]
)  # fmt: skip
"""Parameters for whose tables postconf(5) says that $number substitutions are not allowed."""


def open_table(
    spec: str,
    read: Callable[[str], bytes | None],
    default_type: str = "hash",
    choose: Choose | None = None,
    *,
    literal: bool = False,
) -> Table:
    """`type:name`, `proxy:` before it or not. `read` gives the text of a file, or None. Never raises.

    Without `choose`, what a randmap of several values answers is not told. `literal` is for a parameter of LITERAL:
    Postfix skips each rule of a regexp or pcre that has a $1 on its right-hand side.
    """
    if spec.count(":{") + spec.count("proxy:") > _DEEPEST:
        return Table(spec, "", True, lambda _: Untold("no-type"))
    kind, colon, name = spec.partition(":")
    if not colon:
        kind, name = default_type, spec
    if kind == "proxy":
        inner = open_table(name, read, default_type, choose, literal=literal)
        return msgspec.structs.replace(inner, spec=spec)
    if kind in PATTERNS and name.startswith("{"):  # Postfix 3.7
        return _of_patterns(spec, kind, name, literal=literal)
    if kind in FILES or kind in PATTERNS:
        return _of_file(spec, kind, name, read, literal=literal)
    if kind in WRITTEN and not _is_written(kind, name):
        return Table(spec, "", True, lambda _: Untold("no-type"))
    if kind == "inline":
        entries = _inline(name)
        return Table(spec, "", True, lambda key: entries.get(key.lower()), (), entries)
    if kind == "static":
        value = name[1:-1].strip(BLANKS) if name.startswith("{") else name
        return Table(spec, "", True, lambda _: Answer(value))
    if kind in ("unionmap", "pipemap", "randmap"):
        return _of_tables(spec, kind, name, read, default_type, choose, literal=literal)
    why = "fails" if kind == "fail" else "other-program"
    return Table(spec, "", kind not in ("fail", "tcp", "socketmap"), lambda _: Untold(why))


def misspelt(text: str) -> Iterator[tuple[str, str, str]]:
    """Of an expanded list: each table of WRITTEN that Postfix would not open, how one is written, and its item."""
    waiting = [(item, item, 0) for item in reversed(split_list(text))]
    while waiting:
        item, top, depth = waiting.pop()
        spec = item.lstrip("!").removeprefix("proxy:")
        kind, colon, name = spec.partition(":")
        if not colon or kind not in WRITTEN:
            continue
        if not _is_written(kind, name):
            yield spec, WRITTEN[kind], top
        elif kind in ("unionmap", "pipemap") and depth < _DEEPEST:
            waiting += [(each, top, depth + 1) for each in reversed(split_list(name[1:-1]))]


def _is_written(kind: str, name: str) -> bool:
    braced = name.startswith("{") and name.endswith("}")
    if kind == "static":
        return bool(name) and (braced or not name.startswith("{"))
    items = split_list(name[1:-1]) if braced else []
    return bool(items) and (kind != "inline" or all(_pair(item) is not None for item in items))


def _pair(item: str) -> tuple[str, str] | None:
    """`name=value` without a blank, or in braces with blanks around it; a name may be quoted (split_qnameval.c)."""
    if item.startswith("{") != item.endswith("}"):
        return None
    found = _PAIR.fullmatch(item[1:-1] if item.startswith("{") else item)
    return (found[1], found[2].strip(BLANKS)) if found is not None else None


def _of_patterns(spec: str, kind: str, name: str, *, literal: bool) -> Table:
    """Each of its lines in braces, in braces all together."""
    lines = split_list(name[1:-1]) if name.endswith("}") else []
    if not lines or not all(line.startswith("{") and line.endswith("}") for line in lines):
        return Table(spec, "", False, lambda _: Untold("no-type"))
    text = "\n".join(line[1:-1].strip(BLANKS) for line in lines)
    return _ruled(spec, kind, "", text.encode("utf-8", "surrogateescape"), literal=literal)


def _of_file(spec: str, kind: str, name: str, read: Callable[[str], bytes | None], *, literal: bool) -> Table:
    fixed = kind in FILES
    data = read(name)
    if data is None:
        return Table(spec, name, fixed, lambda _: Untold("unreadable"))
    if fixed:
        entries, troubles = read_entries(data)
        twice = next((each.line for each in troubles if each.name == "second-entry"), 0)
        if kind == "texthash" and twice:  # dict_thash.c opens no such table, where postmap(1) only warns
            return Table(spec, name, fixed, lambda _: Untold("second-entry", twice), troubles, entries)
        return Table(spec, name, fixed, lambda key: entries.get(key.lower()), troubles, entries)
    return _ruled(spec, kind, name, data, literal=literal)


def _ruled(spec: str, kind: str, name: str, data: bytes, *, literal: bool) -> Table:
    rules, troubles = read_networks(data) if kind == "cidr" else read_patterns(data, kind)
    if literal and kind != "cidr":
        skipped = [rule for rule in rules if rule.substitutes]
        troubles = [*troubles, *(Trouble(rule.line, SKIPPED, f"{rule.pattern} {rule.result}") for rule in skipped)]
        rules = [rule for rule in rules if not rule.substitutes]
    listed = {f"{rule.line} {rule.pattern}": Answer(rule.result, rule.line) for rule in rules}
    return Table(spec, name, False, lambda key: _first(rules, key), troubles, listed)


def _first(rules: Sequence[Rule], key: str) -> Found:
    for rule in rules:
        try:
            value = rule.match(key)
        except Unread:
            rule = msgspec.structs.replace(rule, unread=True)
        if rule.unread:
            return Untold(NOT_READ, rule.line)
        if value is not None:
            return Answer(value, rule.line)
    return None


def _of_tables(
    spec: str,
    kind: str,
    name: str,
    read: Callable[[str], bytes | None],
    default_type: str,
    choose: Choose | None,
    *,
    literal: bool,
) -> Table:
    members = split_list(name[1:-1])
    if kind == "randmap":
        # Its values keep their braces, as dict_random.c leaves them.
        return Table(spec, "", False, lambda _: _drawn(spec, members, choose))
    tables = [open_table(each, read, default_type, choose, literal=literal) for each in members]
    fixed = tables[0].fixed
    ask = _union(tables) if kind == "unionmap" else _pipe(tables)
    return Table(spec, "", fixed, ask)


def _drawn(spec: str, values: Sequence[str], choose: Choose | None) -> Found:
    if len(set(values)) == 1:
        return Answer(values[0])
    return Untold("random") if choose is None or not values else Answer(choose(spec, values))


def _union(tables: Sequence[Table]) -> Callable[[str], Found]:
    def ask(key: str) -> Found:
        values = []
        for table in tables:
            found = table.ask(key)
            if isinstance(found, Untold):
                return found
            if found is not None:
                values.append(found.value)
        return Answer(",".join(values)) if values else None

    return ask


def _pipe(tables: Sequence[Table]) -> Callable[[str], Found]:
    def ask(key: str) -> Found:
        found: Found = Answer(key)
        for table in tables:
            if not isinstance(found, Answer):
                break
            found = table.ask(found.value)
        return Answer(found.value) if isinstance(found, Answer) else found

    return ask


def read_entries(data: bytes) -> tuple[Mapping[str, Answer], Sequence[Trouble]]:
    """Keys in small letters; of two with one key the first stands, as postmap(1) keeps it."""
    lines, first = logical_lines(data)
    entries: dict[str, Answer] = {}
    troubles = list(first)
    for line in lines:
        key, value = _key_and_value(line.text)
        if not value:
            troubles.append(Trouble(line.number, "no-value", key))
            continue
        if key.lower() in entries:
            troubles.append(Trouble(line.number, "second-entry", key))
            continue
        entries[key.lower()] = Answer(value, line.number)
    return entries, troubles


def _key_and_value(text: str) -> tuple[str, str]:
    """The key ends at a blank outside of double quotes (Postfix 3.2 and later)."""
    quoted, at = False, 0
    while at < len(text) and (quoted or text[at] not in BLANKS):
        if text[at] == "\\" and quoted:
            at += 1
        elif text[at] == '"':
            quoted = not quoted
        at += 1
    return text[:at], text[at:].strip(BLANKS)


def _inline(name: str) -> Mapping[str, Answer]:
    pairs = (_pair(item) for item in split_list(name[1:-1]))
    return {pair[0].lower(): Answer(pair[1]) for pair in pairs if pair is not None}
