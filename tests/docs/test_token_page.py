"""The examples of docs/token.md are what the tools and `mailproof token` really say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from documentation import ROOT

PAGES = {"en": ROOT / "docs" / "token.md", "ja": ROOT / "docs" / "token.ja.md"}
TOOLS = ("bash", "base64", "dash", "perl", "nkf")
_END = "\x1e"


def blocks(page: Path) -> list[list[str]]:
    """The examples: indented lines that begin with a command, without their indent."""
    found = re.findall(r"(?:^    \$ .*\n(?:(?:    .*)?\n)*)", page.read_text("utf-8"), re.MULTILINE)
    return [[line[4:] for line in block.rstrip("\n").split("\n")] for block in found]


def commands(block: list[str]) -> list[str]:
    return [line[2:] for line in block if line.startswith("$ ")]


def played(page: Path, lang: str, directory: Path) -> list[list[str]]:
    """The same blocks with what the commands print now; all in one shell, for some set what later ones use."""
    (directory / "mailproof").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mailproof --lang {lang} "$@"\n')
    (directory / "mailproof").chmod(0o755)
    env = {"PATH": f"{directory}:{os.environ['PATH']}", "LANG": "C.UTF-8", "HOME": str(directory)}
    script = "".join(f"{line} 2>&1\nprintf '{_END}'\n" for block in blocks(page) for line in commands(block))
    done = subprocess.run(["bash", "-c", script], cwd=directory, env=env, capture_output=True, check=True)
    said = iter(done.stdout.decode("utf-8").split(_END))
    return [[text for line in commands(block) for text in _shown(line, next(said))] for block in blocks(page)]


def _shown(command: str, output: str) -> list[str]:
    return [f"$ {command}", *output.rstrip("\n").split("\n")] if output else [f"$ {command}"]


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}")
@pytest.mark.parametrize("lang", PAGES)
def test_every_example_is_as_it_was_just_now(lang: str, tmp_path: Path) -> None:
    assert len(blocks(PAGES[lang])) == 11
    assert blocks(PAGES[lang]) == played(PAGES[lang], lang, tmp_path)


def test_both_languages_have_the_same_examples() -> None:
    english, japanese = ([commands(block) for block in blocks(page)] for page in PAGES.values())
    assert english == japanese
