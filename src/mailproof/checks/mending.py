"""Lines of a file as a remedy changes them. What is no plain text, or has a secret that was masked, is left alone."""

from __future__ import annotations

import shlex
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from mailproof.checks.files import SeenFiles
from mailproof.model.configuration import MASK
from mailproof.model.remedy import Change, Remedy, in_order

Changes = tuple[Change, ...] | None
"""None where it cannot be said for sure."""

# More than any that was seen; what is changed in so many places is told of, not shown.
_MOST = 40


def remedy(*parts: Changes, then: Sequence[str] = ()) -> Remedy | None:
    """All of these together; None where one of them cannot be said, or nothing is left to do."""
    found = [change for part in parts for change in part or ()]
    changes = in_order(found) if len(found) <= _MOST else None
    if changes is None or any(part is None for part in parts) or not (changes or then):
        return None
    return Remedy(changes, tuple(then))


def lines_of(files: SeenFiles, name: str) -> Sequence[str]:
    """Of a file that was read, without newlines; bytes that are no UTF-8 as surrogates."""
    data = files.data(name)
    return _lines(data) if data else ()


@lru_cache(maxsize=8)  # each remedy asks for it
def _lines(data: bytes) -> Sequence[str]:
    return data.decode("utf-8", "surrogateescape").split("\n")


def replaced(files: SeenFiles, name: str, line: int, *new: str) -> Changes:
    """One line by these, which end as it does; by none, it goes."""
    lines = lines_of(files, name)
    if not 0 < line <= len(lines):
        return None
    old = lines[line - 1]
    end = "\r" if old.endswith("\r") else ""
    change = Change(files.place(name), line, (old,), tuple(f"{each}{end}" for each in new))
    if change.new == change.old or MASK.decode() in old or not all(map(_plain, (*change.old, *change.new))):
        return None
    return (change,)


def taken_away(files: SeenFiles, name: str, numbers: Iterable[int]) -> Changes:
    """These lines, each by itself: what stands between them stays."""
    parts = [replaced(files, name, number) for number in numbers]
    return None if not parts or None in parts else tuple(each for part in parts for each in part or ())


def inserted(files: SeenFiles, name: str, after: int, *new: str) -> Changes:
    """Lines behind another."""
    lines = lines_of(files, name)
    if not lines or after > len(lines):
        return None
    end = "\r" if lines[max(after - 1, 0)].endswith("\r") else ""
    told = tuple(f"{each}{end}" for each in new)
    return (Change(files.place(name), after, (), told),) if all(map(_plain, told)) else None


def appended(files: SeenFiles, name: str, *new: str) -> Changes:
    """Lines at the end of a file."""
    lines = lines_of(files, name)
    return inserted(files, name, len(lines) - 1 if lines and not lines[-1] else len(lines), *new)


def quoted(path: str) -> str:
    """As a shell takes it."""
    return shlex.quote(path)


def _plain(text: str) -> bool:
    """Whether it can be shown as it is and pasted."""
    return not any(
        char != "\t" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        for char in text.removesuffix("\r")
    )
