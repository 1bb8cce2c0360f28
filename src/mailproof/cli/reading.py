"""Files that the user names, `-` for standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from mailproof.cli.terminal import Complaint, Terminal


def read_file(name: str, terminal: Terminal, longest: int = -1) -> bytes:
    """What is in it, `longest` bytes at most. Raises Complaint for one that cannot be read."""
    try:
        if name == "-":
            return sys.stdin.buffer.read(longest)
        with Path(name).open("rb") as file:
            return file.read(longest)
    except (OSError, ValueError) as error:  # ValueError: with a NUL in it, it is no name
        why = getattr(error, "strerror", None) or ""
        raise Complaint(terminal.say("cli.unreadable", file=name, why=why)) from None


def is_file(name: str) -> bool:
    """Whether a text is the name of a file."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # longer than any name, or with a NUL in it: a text
        return False
