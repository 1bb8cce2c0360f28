"""The scripts of the set-up say in one line what they cannot do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

TOOLS = Path(__file__).parent.parent / "tools"


def run(script: str, *arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    """The script on a machine that has only the commands in the directory `path`."""
    command = ["/bin/sh", str(TOOLS / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={"PATH": path}, timeout=60, check=False)


def test_without_apt_the_tests_go_on_and_say_what_is_skipped(tmp_path: Path) -> None:
    done = run("install-test-servers.sh", path=str(tmp_path))
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert "will be skipped" in done.stdout and "no apt" in done.stdout


def test_without_a_python_of_today_there_is_no_environment(tmp_path: Path) -> None:
    for command in ("dirname", "rm"):
        (tmp_path / command).symlink_to(str(shutil.which(command)))
    done = run("make-venv.sh", str(tmp_path / "venv"), path=str(tmp_path))
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert not (tmp_path / "venv").exists()
