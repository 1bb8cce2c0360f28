"""What a command shows, for tests that look for what it must not show."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from wild import PASSWORD
from wildsmtp import ESCAPES

TEXT = ESCAPES.decode("utf-8", "surrogateescape")


def shown(*arguments: str | bytes, given: bytes = b"", env: Mapping[str, str] | None = None) -> str:
    """What a command writes, to standard output and standard error."""
    usual = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "RUDE_PASSWORD": PASSWORD, "COLUMNS": "100"}
    command = [sys.executable, "-m", "mailproof", *arguments]
    done = subprocess.run(
        command, env={**usual, **(env or {})}, input=given, capture_output=True, timeout=60, check=False
    )
    assert b"Traceback" not in done.stderr
    return (done.stdout + done.stderr).decode("utf-8", "surrogateescape")
