"""Lints the files that stand in docs/lint*.md and docs/exim*.md, and pastes below the command what it prints.

Part of `make docs`.

    python tools/lint_sample.py [--check]

A line `# NAME` at the left edge of the block begins a file. With --check nothing is written, and it fails if a page
shows anything else.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from made_pages import keep

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    (lang, ROOT / "docs" / f"{name}.{end}", first)
    for name, first in (("lint", "main.cf"), ("exim", "exim.conf"))
    for lang, end in (("en", "md"), ("ja", "ja.md"))
]
"""Language, page, and the first file of its example."""
_BLOCK = re.compile(r"(?:    .*\n|\n(?=    ))*    \$ mailproof (.*)\n(?:    .*\n|\n(?=    ))*")
_FILE = re.compile(r"^# ([a-z_.]+)\n", re.MULTILINE)
_WIDTH = "100"


def made(page: str, lang: str, first: str = "main.cf") -> str:
    """The page with what its command prints now. Raises ValueError where it has no example."""
    found = next((each for each in _BLOCK.finditer(page) if f"    # {first}\n" in each[0]), None)
    if found is None:
        raise ValueError("there is no example")
    block = re.sub(r"^    ", "", found[0], flags=re.MULTILINE)
    before, _, _ = block.partition("\n$ mailproof ")
    pieces = _FILE.split(before)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        copy.mkdir()
        for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
            (copy / name).write_text(text.rstrip("\n") + "\n", "utf-8")
        printed = _printed(found[1], lang, folder)
    lines = f"{before}\n$ mailproof {found[1]}\n{printed}".rstrip("\n").split("\n")
    return page[: found.start()] + "".join(f"    {line}\n" if line else "\n" for line in lines) + page[found.end() :]


def _printed(words: str, lang: str, folder: str) -> str:
    command = [sys.executable, "-m", "mailproof", *words.split()]
    env = {"PATH": os.environ["PATH"], "HOME": folder, "COLUMNS": _WIDTH, "LANG": "C.UTF-8", "MAILPROOF_LANG": lang}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)
    if done.stderr or done.returncode != 1:
        raise SystemExit(f"{words}: {done.returncode} {done.stderr}")
    return done.stdout


def main() -> int:
    return keep({path: made(path.read_text("utf-8"), lang, first) for lang, path, first in PAGES})


if __name__ == "__main__":
    raise SystemExit(main())
