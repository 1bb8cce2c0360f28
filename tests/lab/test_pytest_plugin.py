"""The plugin of pytest, used as its page says: the examples of both languages are run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
_EXAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def run(directory: Path, source: str) -> subprocess.CompletedProcess[str]:
    """pytest in a process and a directory of its own, where nothing of this project's settings holds."""
    (directory / "test_example.py").write_text(source, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers", str(directory)]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("page", ["testing.md", "testing.ja.md"])
def test_the_examples_of_the_page_pass(page: str, tmp_path: Path) -> None:
    examples = _EXAMPLE.findall((DOCS / page).read_text("utf-8"))
    done = run(tmp_path, "\n\n".join(examples))
    assert "4 passed" in done.stdout, done.stdout


def test_the_pages_show_the_same_examples() -> None:
    pages = (DOCS / "testing.md", DOCS / "testing.ja.md")
    english, japanese = (_EXAMPLE.findall(page.read_text("utf-8")) for page in pages)
    assert english == japanese


def test_an_unknown_fault_is_named(tmp_path: Path) -> None:
    source = """import pytest
@pytest.mark.mailproof("no-such-fault")
def test_it(mailproof_lab):
    pass
"""
    done = run(tmp_path, source)
    assert "1 error" in done.stdout
    assert "no-such-fault" in done.stdout


def test_a_message_that_does_not_come_is_an_error_and_not_a_hang(tmp_path: Path) -> None:
    source = """import pytest
def test_it(mailproof_lab):
    with pytest.raises(TimeoutError, match="0 messages"):
        mailproof_lab.wait_for("bob@example.test", timeout=0.05)
    assert set(mailproof_lab.urls) >= {"smtp", "submission", "imaps", "sieve"}
    assert all(mailproof_lab.address(scheme)[0] == "127.0.0.1" for scheme in mailproof_lab.urls)
"""
    assert "1 passed" in run(tmp_path, source).stdout


def test_a_run_without_the_fixture_imports_nothing_of_ours(tmp_path: Path) -> None:
    source = """import sys
def test_it():
    ours = {name for name in sys.modules if name.startswith("mailproof.")}
    assert ours == {"mailproof.lab", "mailproof.lab.pytest_plugin"}
"""
    assert "1 passed" in run(tmp_path, source).stdout
