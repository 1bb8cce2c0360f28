"""Paths of files as texts, of Windows or of POSIX: they come from another machine as often as from this one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable


def bare(path: str) -> str:
    """The last part of a path of Windows or of POSIX."""
    return re.split(r"[\\/]", path)[-1]


def folder(path: str) -> str:
    """What stands before it, without the separator; empty for none."""
    return path[: len(path) - len(bare(path))].rstrip("\\/") or path[: len(path) - len(bare(path))]


def told_apart(paths: Iterable[str]) -> Callable[[str], str]:
    """How to call each of these files: by its bare name, and by its path where another has the same name."""
    places: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        places[bare(path).lower()].add(path)

    def called(path: str) -> str:
        name = bare(path)
        return path if len(places[name.lower()]) > 1 else name

    return called
