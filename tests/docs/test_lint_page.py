"""What the pages of lint and exim show is what lint prints of the files that stand there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from documentation import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from lint_sample import PAGES, made


@pytest.mark.parametrize(("lang", "path", "first"), PAGES, ids=[path.name for _, path, _ in PAGES])
def test_the_example_is_printed(lang: str, path: Path, first: str) -> None:
    page = path.read_text("utf-8")
    assert made(page, lang, first) == page, "make docs"


def test_another_sentence_is_replaced_and_nothing_else() -> None:
    page = PAGES[0][1].read_text("utf-8")
    old = page.replace("[restriction-misspelt]", "[another-name]")
    assert old != page and made(old, "en") == page
