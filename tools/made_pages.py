"""Pages that are made: written, or, with --check, held against what would be written."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path


def keep(texts: Mapping[Path, str], by: str = "make docs") -> int:
    """The exit code. Writes what is not there yet or is another; with --check it names that, and writes nothing."""
    stale = {path: text for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text}
    if "--check" in sys.argv[1:]:
        print("".join(f"{path.name} is stale: {by}\n" for path in stale), end="", file=sys.stderr)
        return 1 if stale else 0
    for path, text in stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return 0
