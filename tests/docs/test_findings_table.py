"""docs/findings.md is what the code says, and says why where a finding is shown by nothing of a kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_tables_are_current_and_have_no_unexplained_gap() -> None:
    command = [sys.executable, str(ROOT / "tools" / "findings_table.py"), "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
