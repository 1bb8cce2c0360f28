"""The examples of docs/ese.md are what `mailproof ese` says now, of what stands there and of files of the tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documentation import ROOT
from played import blocks, examples, played

from esefiles import lay
from mailproof.model.ese_plan import Row

PAGES = {"en": ROOT / "docs" / "ese.md", "ja": ROOT / "docs" / "ese.ja.md"}


@pytest.mark.parametrize("lang", PAGES)
def test_every_example_is_as_it_was_just_now(lang: str, tmp_path: Path) -> None:
    (pasted,) = (block.partition("\n\n")[0] for block in blocks(PAGES[lang], r"\[PS\]"))
    (tmp_path / "eseutil.txt").write_text(pasted + "\n", "utf-8")
    lay(tmp_path / "SRU")
    for name in ("DB01", "DB02"):
        lay(tmp_path / "copy" / name)
    shown = examples(PAGES[lang], "mailproof ese ")
    assert len(shown) == 3
    for example in shown:
        printed = played(example.command, tmp_path, lang)
        if printed.code == 2:  # a complaint is wrapped where it is read, on a terminal
            assert "".join(example.shown.split()) == "".join(printed.said.split())
        else:
            assert example.shown == printed.said


@pytest.mark.parametrize("lang", PAGES)
def test_the_table_has_every_case(lang: str) -> None:
    numbers = re.findall(r"^\| (\d+) \|", PAGES[lang].read_text("utf-8"), re.MULTILINE)
    assert numbers == [str(row.number) for row in Row]
