"""The page of the lab: its script for shells is run as it stands, and both languages show the same commands."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
_COMMAND = re.compile(r"^    \S.*$", re.MULTILINE)


def commands(page: str) -> list[str]:
    return [line.strip() for line in _COMMAND.findall((DOCS / page).read_text("utf-8"))]


def test_both_languages_show_the_same_commands() -> None:
    assert commands("lab.md") == commands("lab.ja.md")


@pytest.mark.skipif(not all(map(shutil.which, ("bash", "curl", "jq"))), reason="needs bash, curl and jq")
def test_the_script_of_the_page_runs(tmp_path: Path) -> None:
    lines = commands("lab.md")
    script = lines[lines.index("mailproof lab --format json >lab.json &") :][:4]
    assert script[-1].startswith("kill ")
    program = tmp_path / "bin"
    program.mkdir()
    (program / "mailproof").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mailproof "$@"\n')
    (program / "mailproof").chmod(0o755)
    environment = {
        "PATH": f"{program}:{os.environ['PATH']}",
        "TMPDIR": str(tmp_path),
        "LANG": "C.UTF-8",
        "HOME": str(tmp_path),
    }
    with subprocess.Popen(
        ["bash", "-c", "\n".join([*script, "wait"])],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as child:
        try:
            out, err = child.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            raise
    assert child.returncode == 0, err
    assert "The mail server has ended." in err
    assert out == '* LIST (\\HasNoChildren) "." INBOX\n'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "lab.json"]
