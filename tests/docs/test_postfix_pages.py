"""What docs/postfix*.md and docs/rewriting*.md show is what the commands print of the configurations behind it."""

from __future__ import annotations

import sys

import pytest
from documentation import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from postfix_samples import FOLDERS, LANGUAGES, made


def _page(page: str, lang: str) -> str:
    return (ROOT / "docs" / f"{page}{LANGUAGES[lang]}.md").read_text("utf-8")


@pytest.mark.parametrize("page", FOLDERS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_example_is_printed(page: str, lang: str) -> None:
    text = _page(page, lang)
    assert made(page, text, lang) == text, "make docs"


def test_another_word_of_an_example_is_replaced_and_nothing_else() -> None:
    text = _page("rewriting", "en")
    old = text.replace("  partner@example.co.jp\n", "  other@example.co.jp\n", 1)
    assert old != text and made("rewriting", old, "en") == text


def test_a_line_of_a_file_that_no_example_has_is_refused() -> None:
    text = _page("rewriting", "en").replace(
        "    mynetworks = 127.0.0.0/8, 192.0.2.0/24\n", "    mynetworks = 10.0.0.0/8\n"
    )
    with pytest.raises(ValueError, match="mynetworks"):
        made("rewriting", text, "en")
