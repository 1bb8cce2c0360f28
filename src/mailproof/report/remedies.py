"""A remedy in lines: the diff, and what is to be run."""

from __future__ import annotations

from collections.abc import Iterator

from mailproof.catalog.words import Words
from mailproof.model.escape import printable
from mailproof.model.remedy import Remedy, hunks


def remedy_parts(remedy: Remedy | None, say: Words) -> Iterator[tuple[str, list[str]]]:
    """Each part with its heading; nothing where there is no remedy. Safe to print, with tabs as they are."""
    if remedy is None:
        return
    if remedy.changes:
        yield say("report.remedy"), [_safe(line) for line in hunks(remedy)]
    if remedy.then:
        yield (
            say("report.remedy-then" if remedy.changes else "report.remedy-run"),
            [_safe(line) for line in remedy.then],
        )


def _safe(line: str) -> str:
    return "\t".join(map(printable, line.removesuffix("\r").split("\t")))
