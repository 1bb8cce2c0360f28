"""Lists: names with what they mean, side by side where there is room, else one below the other; and as JSON."""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.catalog.pages import load
from mailproof.cli.terminal import Terminal
from mailproof.report.layout import wrap


def titles_of(names: Iterable[str], lang: str) -> dict[str, str]:
    """The title of each finding's page. Raises NoSuchPage for one that has none."""
    return {name: load(name, lang).title for name in names}


def listing(titles: dict[str, str], terminal: Terminal) -> str:
    width, longest = terminal.width, max(map(len, titles))
    lines: list[str] = []
    for name, title in titles.items():
        if width >= longest * 2:
            lines += wrap(title, width, f"{name:{longest}}  ")
        else:
            lines += [name, *wrap(title, width, "  ")]
    return "\n".join(lines) + "\n"


def as_json(data: object) -> str:
    """Indented, with a final newline."""
    from mailproof.report.json import text_of

    return text_of(data)
