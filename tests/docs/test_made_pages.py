"""The pages of docs/ that are made are what the code, the tests and the kept answers say.

A finding that is shown by nothing of a kind has its reason.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "tool",
    ["findings_table.py", "log_messages_page.py", "corpus.py", "articles_table.py", "readme_demo.py", "man_pages.py"],
)
def test_the_tables_are_current_and_have_no_unexplained_gap(tool: str) -> None:
    command = [sys.executable, str(ROOT / "tools" / tool), "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("page", ["findings.md", "findings.ja.md"])
def test_no_finding_has_a_cell_that_says_nothing(page: str) -> None:
    """What no real server shows yet is said to be that; sixty rows had nothing there."""
    rows = [line for line in (ROOT / "docs" / page).read_text("utf-8").splitlines() if line.startswith("| `")]
    assert rows and [row for row in rows if not all(cell.strip() for cell in row.strip("|").split("|"))] == []


@pytest.mark.parametrize("page", ["log-messages.md", "log-messages.ja.md"])
def test_every_message_of_the_log_is_shown_with_its_line(page: str) -> None:
    blocks = (ROOT / "docs" / page).read_text("utf-8").split("\n### ")[1:]
    assert blocks and [block.partition("\n")[0] for block in blocks if not block.split("\n")[2].strip()] == []
