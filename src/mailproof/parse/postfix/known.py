"""What Postfix 3.4 to 3.12 can be told: names, kinds and defaults, as tools/known_settings.py wrote them down."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).with_name("known.txt")


class Known(NamedTuple):
    """A parameter; `kind` is `bool`, `int`, `time` or `str`."""

    name: str
    kind: str
    since: str
    """The version that has it first; empty for 3.4 and older."""
    gone: str
    """The version that has it no more; empty where 3.12 has it."""
    default: str
    """Of Debian's 3.7, with its $names; empty for what is newer, and for what is the machine's."""


@cache
def known() -> Mapping[str, Known]:
    """By name."""
    rows = (line.split("\t") for line in _FILE.read_text("utf-8").splitlines())
    return {name: Known(name, kind, since, gone, default) for name, kind, since, gone, default in rows}
