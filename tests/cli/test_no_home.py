"""A user id without an account and a home, as containers run programs: nothing crashes, nothing is left lying."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

NOBODY = 54321
"""A user id that no account has."""

# What the program would see of such a process: no HOME, and no name for its user id.
AS_NOBODY = f"""
import os, pwd, sys
def unknown(uid):
    raise KeyError(uid)
pwd.getpwuid = unknown
os.getuid = lambda: {NOBODY}
from mailproof.cli.program import run
sys.exit(run(sys.argv[1:]))
"""


def nobody(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", AS_NOBODY, *arguments],
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("send", "smtp://127.0.0.1:1", "--to", "bob@example.test", "--timeout", "1s"), 2, "refuses connections"),
        (("login", "smtp://127.0.0.1:1", "--netrc"), 1, "cannot read ~/.netrc"),
        (("check", "smtp://127.0.0.1:1", "-u", "a", "--password-file", "~/pw"), 2, "~/pw"),
    ],
    ids=["send", "netrc", "password-file"],
)
def test_no_command_needs_a_home_or_a_name(arguments: tuple[str, ...], code: int, told: str, tmp_path: Path) -> None:
    """send, --netrc and ~ ended in a crash."""
    done = nobody(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert told in done.stdout + done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_talk_keeps_no_history_in_the_current_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from mailproof.cli.talk import prompt

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)  # a KeyError, as of an id without an account
    assert prompt._file() is None
    assert not list(tmp_path.iterdir())
