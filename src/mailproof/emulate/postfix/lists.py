"""Lists of domains, names and networks: the first item that fits decides (src/util/match_list.c, match_ops.c)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator

import msgspec

from mailproof.emulate.postfix.maps import Missing, Tables, with_parents
from mailproof.parse.postfix.lines import split_list
from mailproof.parse.postfix.listed import file_of
from mailproof.parse.postfix.listed import listed as listed_items
from mailproof.parse.postfix.tables import Answer, Found, Untold


class Membership(msgspec.Struct, frozen=True):
    """The item of a list that decided, and where."""

    item: str
    inside: bool
    file: str = ""
    line: int = 0


Fit = Callable[[str], "Membership | Missing | None"]


def member(domain: str, patterns: str, tables: Tables, *, parents: bool) -> Membership | Missing | None:
    """Whether a list of domains has it."""
    return _first(patterns, tables, lambda pattern: _domain_fits(domain, pattern, tables, parents=parents))


def listed(text: str, patterns: str, tables: Tables) -> Membership | Missing | None:
    """Whether a list of names has it."""
    return _first(patterns, tables, lambda pattern: _name_fits(text.lower(), pattern, tables))


def in_networks(address: str, patterns: str, tables: Tables) -> Membership | Missing | None:
    """Whether a list of networks has a client; names in it, which Postfix compares too, never fit."""
    return _first(patterns, tables, lambda pattern: _network_fits(address, pattern, tables))


def first_address(patterns: str) -> str:
    """An address that a list of networks has, not one of this machine if there is another; "" where none is known."""
    found = []
    for item in split_list(patterns):
        try:
            network = ipaddress.ip_network(item.replace("[", "").replace("]", ""))
        except ValueError:
            continue
        address = network[1] if network.num_addresses > 2 else network[0]
        found.append((address.is_loopback, address.version, str(address)))
    return min(found)[2] if found else ""


def _first(patterns: str, tables: Tables, fits: Fit) -> Membership | Missing | None:
    for item in _items(patterns, tables, set()):
        if isinstance(item, Missing):
            return item
        pattern = item.lstrip("!")
        inside = (len(item) - len(pattern)) % 2 == 0
        found = fits(pattern)
        if isinstance(found, Missing):
            return found
        if found is not None:
            return msgspec.structs.replace(found, inside=inside)
    return None


def _items(patterns: str, tables: Tables, seen: set[str]) -> Iterator[str | Missing]:
    """With the files of the list read in their places."""
    for _, item in listed_items(patterns):
        pattern = item.lstrip("!")
        if not file_of(item):
            yield item
        elif pattern not in seen:
            seen.add(pattern)
            text = tables.text(pattern)
            if text is None:
                yield Missing(pattern, "unreadable")
                continue
            for each in _items(text.decode("utf-8", "surrogateescape"), tables, seen):
                yield item[: len(item) - len(pattern)] + each if isinstance(each, str) else each


def _domain_fits(domain: str, pattern: str, tables: Tables, *, parents: bool) -> Membership | Missing | None:
    if _is_table(pattern):
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


def _name_fits(name: str, pattern: str, tables: Tables) -> Membership | Missing | None:
    if not _is_table(pattern):
        return Membership(pattern, True) if name == pattern.lower() else None
    table = tables.table(pattern)
    found = table.ask(name)
    if isinstance(found, Untold):
        return Missing(table.spec, found.why, found.line)
    return None if found is None else Membership(f"{pattern}: {name}", True, table.file, found.line)


def _network_fits(address: str, pattern: str, tables: Tables) -> Membership | Missing | None:
    if _is_table(pattern):
        return _name_fits(address, pattern, tables)
    try:
        client = ipaddress.ip_address(address)
        network = ipaddress.ip_network(pattern.replace("[", "").replace("]", ""))
    except ValueError:
        return None
    return Membership(pattern, True) if client.version == network.version and client in network else None


def _is_table(pattern: str) -> bool:
    return ":" in pattern and not pattern.startswith("[")
