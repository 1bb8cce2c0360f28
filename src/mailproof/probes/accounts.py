"""Accounts of a machine, as its files have them: passwd(5) and group(5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mailproof.host.interface import Host
from mailproof.model.configuration import Account


def account(host: Host, user: str, more: Iterable[str] = ()) -> Account | None:
    """By a name or a number, with the groups that it is given besides; None where these files lack one of them."""
    users = _table(host, "/etc/passwd")
    row = users.get(user) or next((each for each in users.values() if each[2:3] == [user]), None)
    if row is None or not row[2:3] or not _is_number(row[2]):
        return None
    name, own = row[0], row[3:4]
    groups = _table(host, "/etc/group")
    found = [group for group, fields in groups.items()
             if fields[2:3] == own or name in ",".join(fields[3:4]).split(",")]  # fmt: skip
    for each in more:
        named = each if each in groups else next((n for n, fields in groups.items() if fields[2:3] == [each]), None)
        if named is None:
            return None
        found.append(named)
    return Account(name, int(row[2]), tuple(dict.fromkeys(found)))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 11


def _table(host: Host, path: str) -> Mapping[str, list[str]]:
    text = host.read(path).data.decode("utf-8", "replace")
    rows = [line.split(":") for line in text.splitlines() if ":" in line]
    return {row[0]: row for row in rows}
