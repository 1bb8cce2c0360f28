"""docs/hostile.md names the servers that there are, in both languages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_hostile_servers_is_current() -> None:
    command = [sys.executable, str(ROOT / "tools" / "hostile_page.py"), "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
