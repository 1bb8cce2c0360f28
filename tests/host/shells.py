"""`There` with a shell of this machine in the place of ssh: everything but the way is as it is over a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

import pytest

from mailproof.host.ssh.destination import Destination
from mailproof.host.ssh.there import There

PATIENCE = 60.0


def parameters() -> list[object]:
    """Every shell that there is here."""
    shells = (
        "dash",
        "bash --posix",
        "bash",
        "busybox sh",
        "ksh",
        "mksh",
        "zsh --emulate sh",
        "yash --posixly-correct",
    )
    return [
        pytest.param(
            shell,
            marks=pytest.mark.skipif(shutil.which(shell.split()[0]) is None, reason=f"needs {shell.split()[0]}"),
        )
        for shell in shells
    ]


def there(
    *shell: str, before: Sequence[str] = (), environment: dict[str, str] | None = None, sudo: bool = False
) -> There:
    """The words of the destination come behind those of the shell that starts it, and are taken for its own."""
    words = ("/bin/sh", "-c", f"{'; '.join((*before, 'exec'))} {' '.join(shell)}")
    return There(Destination("there"), words, {**os.environ, **(environment or {})}, timeout=PATIENCE, sudo=sudo)
