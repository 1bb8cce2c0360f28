"""What gathering asks of a server's machine. Implemented by `host.files`, and in memory by tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mailproof.model.configuration import FileSeen


class Host(Protocol):
    """A machine with files. Nothing of it raises, and nothing waits: pipes and devices are not opened."""

    def look(self, path: str) -> FileSeen:
        """What lies there, without its data. Links are followed."""
        ...

    def read(self, path: str) -> FileSeen:
        """The same with its data, where it is a file that may be read and is not too large."""
        ...

    def glob(self, pattern: str) -> Sequence[str]:
        """Paths that fit, as glob(7) has them, sorted."""
        ...

    def answer(self, command: Sequence[str]) -> str | None:
        """What a command prints, within a few seconds; None where it is not there, fails or may not be run.

        Only for commands that change nothing.
        """
        ...
