"""The lines of a log that this program does not know, for tests with real servers."""

from __future__ import annotations

from pathlib import Path

from mailproof.parse.log.facts import fact_of, is_mail
from mailproof.run.log.files import day_of, lines_of
from mailproof.run.log.packed import raw_lines


def unread(log: Path) -> list[str]:
    """Those of no known form, and those of a mail server that say nothing we know."""
    found = []
    for line in lines_of(raw_lines(log), day_of(log)):
        if isinstance(line, bytes):
            found.append(line.decode("utf-8", "replace"))
        elif is_mail(line) and fact_of(line) is None:
            found.append(f"{line.tag}: {line.text}")
    return found
