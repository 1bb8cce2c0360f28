"""What Dovecot 2.3 and 2.4 can be told, as tools/known_settings.py wrote it down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).with_name("known.txt")


class Known(NamedTuple):
    """A setting in one place."""

    name: str
    where: str
    """The block of 2.3 that it belongs in: `service`, `inet_listener`, `passdb` …; `-` for any and for 2.4."""
    kind_23: str
    """`bool`, `uint`, `time`, `size`, `enum`, `str` …; empty where that version has no such setting."""
    kind_24: str
    default: str
    """Of 2.3, at the top."""


@cache
def known() -> Mapping[str, Sequence[Known]]:
    """By name; a name can be a setting of several blocks."""
    found: dict[str, list[Known]] = {}
    for line in _FILE.read_text("utf-8").splitlines():
        row = Known(*line.split("\t"))
        found.setdefault(row.name, []).append(row)
    return found


def default_of(name: str) -> str:
    """At the top, in 2.3; empty where it has none."""
    return next((each.default for each in known().get(name, ()) if each.where == "-"), "")
