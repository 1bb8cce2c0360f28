"""Postfix's own trivial-rewrite(8), asked without a running Postfix: what it answers is what would happen."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

DAEMON = Path("/usr/lib/postfix/sbin/trivial-rewrite")
# chdir to queue_directory and the daemon itself want root, or the user postfix.
needs_postfix = pytest.mark.skipif(not DAEMON.exists() or os.geteuid() != 0, reason="needs Postfix and root")

_CLASSES = {1 << 8: "local", 1 << 9: "alias", 1 << 10: "virtual", 1 << 11: "relay", 1 << 12: "default"}


def ask(directory: Path, request: str, **attributes: str) -> dict[str, str]:
    """The attributes of the answer; of two with one name the last."""
    given = "".join(f"{name}\0{value}\0" for name, value in {"request": request, **attributes}.items())
    done = subprocess.run(
        [DAEMON, "-S", "-n", "rewrite", "-t", "unix"],
        input=f"{given}\0".encode(),
        env={"MAIL_CONFIG": str(directory), "PATH": os.environ["PATH"]},
        capture_output=True,
        timeout=60,
        check=True,
    )
    words = done.stdout.decode().split("\0")
    return dict(zip(words[::2], words[1::2], strict=False))


def resolved(directory: Path, sender: str, address: str) -> tuple[str, str, str, str]:
    """Class, transport, next hop and recipient, as it resolves them."""
    said = ask(directory, "resolve", sender=sender, address=address)
    bits = int(said["flags"])
    name = next((text for bit, text in _CLASSES.items() if bits & bit), "")
    return name, said["transport"], said["nexthop"], said["recipient"]


def rewritten(directory: Path, address: str) -> str:
    """In its standard form, in the local context."""
    return ask(directory, "rewrite", rule="local", address=address)["address"]
