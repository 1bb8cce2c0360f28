"""The examples of docs/ese.md are what `mailproof ese` says now, of what stands there and of files of the tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from documentation import ROOT

from esefiles import lay
from mailproof.model.ese_plan import Row

PAGES = {"en": ROOT / "docs" / "ese.md", "ja": ROOT / "docs" / "ese.ja.md"}


def blocks(page: Path, beginning: str) -> list[str]:
    """Indented blocks that begin so, without their indent."""
    found = re.findall(rf"^    {beginning}.*\n(?:(?:    .*)?\n)*", page.read_text("utf-8"), re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE).rstrip("\n") for block in found]


@pytest.mark.parametrize("lang", PAGES)
def test_every_example_is_as_it_was_just_now(lang: str, tmp_path: Path) -> None:
    (pasted,) = (block.partition("\n\n")[0] for block in blocks(PAGES[lang], r"\[PS\]"))
    (tmp_path / "eseutil.txt").write_text(pasted + "\n", "utf-8")
    lay(tmp_path / "SRU")
    for name in ("DB01", "DB02"):
        lay(tmp_path / "copy" / name)
    (tmp_path / "mailproof").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mailproof --lang {lang} "$@"\n')
    (tmp_path / "mailproof").chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "LANG": "C.UTF-8", "COLUMNS": "110"}
    text = PAGES[lang].read_text("utf-8")
    examples = re.findall(r"^    \$ (mailproof ese .*)\n((?:(?:    .*)?\n)*)", text, re.MULTILINE)
    assert len(examples) == 3
    for command, told in examples:
        done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=env, capture_output=True, check=False)
        shown = re.sub(r"^    ", "", told, flags=re.MULTILINE).rstrip("\n")
        if done.returncode == 2:  # a complaint is wrapped where it is read, on a terminal
            assert "".join(shown.split()) == "".join(done.stderr.decode().split())
        else:
            assert shown == done.stdout.decode().rstrip("\n")


@pytest.mark.parametrize("lang", PAGES)
def test_the_table_has_every_case(lang: str) -> None:
    numbers = re.findall(r"^\| (\d+) \|", PAGES[lang].read_text("utf-8"), re.MULTILINE)
    assert numbers == [str(row.number) for row in Row]
