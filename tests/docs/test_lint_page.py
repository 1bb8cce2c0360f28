"""What the page of lint shows is what lint prints of the files that stand there."""

from __future__ import annotations

import sys

import pytest
from documentation import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from lint_sample import PAGES, made


@pytest.mark.parametrize("lang", PAGES)
def test_the_example_is_printed(lang: str) -> None:
    page = PAGES[lang].read_text("utf-8")
    assert made(page, lang) == page, "make docs"


def test_another_sentence_is_replaced_and_nothing_else() -> None:
    page = PAGES["en"].read_text("utf-8")
    old = page.replace("[restriction-misspelt]", "[another-name]")
    assert old != page and made(old, "en") == page
