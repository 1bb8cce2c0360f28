"""Files that look as if they had lain there for a while."""

from __future__ import annotations

import os
import time
from pathlib import Path


def write(file: Path, text: str) -> None:
    """A minute ago: Postfix waits where a file of its configuration has changed within two seconds."""
    file.write_text(text, "utf-8")
    old = time.time() - 60
    os.utime(file, (old, old))
