"""What Exim 4.92 to 4.99 can be told: options, drivers, ACL conditions, as tools/known_exim.py wrote them down."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).with_name("known.txt")
_CLASSES = {"main": "MAIN", "router": "ROUTER", "transport": "TRANSPORT", "authenticator": "AUTHENTICATOR"}


class Known(NamedTuple):
    """An option. `kind` is `str`, `bool`, `int`, `octal`, `fixed`, `time` …, with `+` where it may be set again."""

    group: str
    """`main`, `router` for what every router has, `router.manualroute` for one; `acl`, `control`, `verb`, `macro`."""
    name: str
    kind: str
    since: str
    """The version that has it first; empty for 4.92 and older."""
    gone: str
    """The version that has it no more; empty where 4.99 has it."""


@cache
def known() -> Mapping[str, Mapping[str, Known]]:
    """By group and name."""
    found: dict[str, dict[str, Known]] = {}
    for line in _FILE.read_text("utf-8").splitlines():
        row = Known(*line.split("\t"))
        found.setdefault(row.group, {})[row.name] = row
    return found


def macros_without(names: Collection[str]) -> Mapping[str, str]:
    """The same without those that a binary lacks."""
    return {name: value for name, value in built_in_macros().items() if name not in names}


@cache
def built_in_macros() -> Mapping[str, str]:
    """Macros that a binary defines by itself (`_HAVE_TLS`, `_OPT_MAIN_…`), each with `y`: as Debian builds it."""
    names = list(known()["macro"])
    for group, options in known().items():
        section, _, driver = group.partition(".")
        if section in _CLASSES:
            # A generic option of drivers is in the plural.
            plural = "" if driver or section == "main" else "S"
            head = f"_OPT_{_CLASSES[section]}{plural}{'_' if driver else ''}{driver.upper()}"
            names += [f"{head}_{name.upper()}" for name in options]
    return dict.fromkeys(names, "y")
