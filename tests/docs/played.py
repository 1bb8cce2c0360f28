"""Examples of a page, played: each command that it shows is run where the files of the page lie."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

# As wide as the pages show them.
_COLUMNS = 110


class Example(NamedTuple):
    command: str
    shown: str
    """What the page shows below it, without the indent."""


class Printed(NamedTuple):
    said: str
    """On standard output; a complaint on standard error."""
    code: int


def blocks(page: Path, beginning: str) -> list[str]:
    """Indented blocks that begin so, without their indent."""
    found = re.findall(rf"^    {beginning}.*\n(?:(?:    .*)?\n)*", page.read_text("utf-8"), re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE).rstrip("\n") for block in found]


def examples(page: Path, command: str) -> list[Example]:
    """All that begin so behind the prompt."""
    return [Example(*block.removeprefix("$ ").partition("\n")[::2]) for block in blocks(page, rf"\$ {command}")]


def shown_files(page: Path) -> dict[str, str]:
    """The files that stand in it: fenced blocks whose first line is a comment with the name, and part of them."""
    found = re.findall(r"^```\n(# (\S+)\n.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return {name: text for text, name in found}


def played(command: str, folder: Path, lang: str, stand_ins: Mapping[str, str] | None = None, **env: str) -> Printed:
    """What it prints, as a reader who has `folder` before him would see it.

    `stand_ins` are what is there in place of something that the page names, by that; as long as it, so that every
    line is broken where the page has it broken. A command of the page has no `--lang`: it is that of the page.
    """
    assert all(len(there) == len(named) for named, there in (stand_ins or {}).items())
    program = folder / "mailproof"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mailproof --lang {lang} "$@"\n')
    program.chmod(0o755)
    for named, there in (stand_ins or {}).items():
        command = command.replace(named, there)
    path = f"{folder}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={"PATH": path, "LANG": "C.UTF-8", "COLUMNS": str(_COLUMNS), "TZ": "UTC", **env},
        capture_output=True,
        timeout=120,
        check=False,
    )
    said = (done.stderr if done.returncode == 2 else done.stdout).decode()
    for named, there in (stand_ins or {}).items():
        said = said.replace(there, named)
    return Printed(said.rstrip("\n"), done.returncode)
