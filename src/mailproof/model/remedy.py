"""What would mend a finding, where the configuration was read: lines of files, and what to run then.

It is shown, and never applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec


class Change(msgspec.Struct, frozen=True):
    """Lines of a file that go, and lines that come in their place; without `\\n`, with `\\r` where they have one."""

    file: str
    """Its path, as the evidence has it."""
    line: int
    """Of the first that goes, from 1; where none does, of that behind which the new ones come: 0 is the beginning."""
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


class Remedy(msgspec.Struct, frozen=True):
    """The one change that follows from what was read. Where several are possible there is none."""

    changes: tuple[Change, ...] = ()
    """By file and line, none over another."""
    then: tuple[str, ...] = ()
    """What is to be run, in this order, when the files are changed."""


def one_remedy(remedies: Iterable[Remedy | None]) -> Remedy | None:
    """The remedy of findings that are one fault: all their changes; None where two change the same line otherwise."""
    found = [each for each in remedies if each is not None]
    if not found:
        return None
    then = dict.fromkeys(command for each in found for command in each.then)
    changes = in_order(change for each in found for change in each.changes)
    return None if changes is None else Remedy(changes, tuple(then))


def in_order(changes: Iterable[Change]) -> tuple[Change, ...] | None:
    """Each once, by file and line, and what follows each other in one; None where two take the same line away."""
    found = sorted(dict.fromkeys(changes), key=lambda each: (each.file, each.line, not each.old))
    if any(_meet(one, other) for one, other in pairwise(each for each in found if each.old)):
        return None
    out: list[Change] = []
    for each in found:
        last = out[-1] if out else each
        if out and last.file == each.file and _follows(last, each):
            out[-1] = Change(last.file, last.line, last.old + each.old, last.new + each.new)
        else:
            out.append(each)
    return tuple(out)


def _follows(last: Change, each: Change) -> bool:
    """Lines that go one after the other, or that come behind the last of them."""
    behind = last.line + max(len(last.old) - 1, 0)
    return behind == each.line if not each.old else bool(last.old) and behind + 1 == each.line


def _meet(one: Change, other: Change) -> bool:
    return one.file == other.file and other.line < one.line + len(one.old)


def hunks(remedy: Remedy) -> Sequence[str]:
    """A unified diff without context, as patch(1) takes it: `--- FILE`, `+++ FILE`, `@@ -17 +17 @@`, the lines."""
    lines: list[str] = []
    file, shift = "", 0
    for change in remedy.changes:
        if change.file != file:
            file, shift = change.file, 0
            lines += [f"--- {file}", f"+++ {file}"]
        before, after = len(change.old), len(change.new)
        begin = change.line + shift + (1 if not before else 0) - (1 if not after else 0)
        lines.append(f"@@ -{_range(change.line, before)} +{_range(begin, after)} @@")
        lines += [f"-{each}" for each in change.old]
        lines += [f"+{each}" for each in change.new]
        shift += after - before
    return lines


def _range(line: int, count: int) -> str:
    return str(line) if count == 1 else f"{line},{count}"
