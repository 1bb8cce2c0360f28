"""Writes the second part of what `mailproof demo` prints into README.md and README.ja.md.

    python tools/readme_demo.py [--check]

Ports, times and days differ from run to run: where nothing else does, the README is left as it is. With --check
nothing is written; it fails if a README shows something else, the number of checks aside, which grows by itself.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = {"en": "README.md", "ja": "README.ja.md"}
_SHOWN = re.compile(r"^    2\. .*?^      mailproof lab$", re.MULTILINE | re.DOTALL)
# What no two runs have in common; blanks are taken out before, for cells and lines are as long as it makes them.
_CHANCE = re.compile(r":\d{4,5}|\d{4}-\d\d-\d\d(?:\d\d:\d\d)?|\d+\.\d\d(?:s|秒)")
_COUNT = re.compile(r"(?:Passed|正常):\d+")


def main() -> int:
    stale = []
    for lang, name in LANGUAGES.items():
        page = ROOT / name
        text, said = page.read_text("utf-8"), demo(lang)
        shown = _SHOWN.search(text)
        if shown is None:
            print(f"{name} shows no demo", file=sys.stderr)
            return 1
        if "--check" in sys.argv[1:]:
            if _COUNT.sub("", told(shown[0])) != _COUNT.sub("", told(said)):
                stale.append(name)
        elif told(shown[0]) != told(said):
            page.write_text(text[: shown.start()] + said + text[shown.end() :], "utf-8")
    print("".join(f"{name} is stale: make docs\n" for name in stale), end="", file=sys.stderr)
    return 1 if stale else 0


def demo(lang: str) -> str:
    """Its second part, indented as code."""
    command = [sys.executable, "-m", "mailproof", "--lang", lang, "demo"]
    env = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    part = said[said.index("\n2. ") + 1 :].rstrip("\n")
    return "\n".join(f"    {line}".rstrip() for line in part.split("\n"))


def told(text: str) -> str:
    """What it tells in any run."""
    return _CHANCE.sub("", re.sub(r"\s+", "", text))


if __name__ == "__main__":
    sys.exit(main())
