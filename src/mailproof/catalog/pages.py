"""Finds and loads pages: only those that are asked for, for a report shows few of many."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from mailproof.catalog import CATALOG
from mailproof.catalog.words import LANGUAGES

if TYPE_CHECKING:
    from mailproof.catalog.page import Page

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


class NoSuchPage(LookupError):
    """There is no page of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no page is called {name!r}")
        self.name = name


@cache
def load(name: str, lang: str = "en") -> Page:
    """The page of a finding.

    Raises NoSuchPage, also for what is no name of a finding at all (`../x`); PageError for a page out of form.
    """
    from mailproof.catalog.page import PageError, parse

    if lang not in LANGUAGES or not _NAME.match(name):
        raise NoSuchPage(name)
    file = CATALOG / lang / f"{name}.md"
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NoSuchPage(name) from None
    page = parse(text, lang, f"{lang}/{name}.md")
    if page.name != name:
        raise PageError(f"{lang}/{name}.md calls itself {page.name}")
    return page


def names(lang: str = "en") -> tuple[str, ...]:
    """Names of all pages in a language, sorted."""
    folder = CATALOG / lang
    return tuple(sorted(f.name.removesuffix(".md") for f in folder.iterdir() if f.name.endswith(".md")))
