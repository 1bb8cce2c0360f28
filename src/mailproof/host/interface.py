"""What gathering asks of a server's machine. Implemented by `host.here` and `host.ssh`, and in memory by tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mailproof.model.configuration import FileSeen
from mailproof.model.machine import Clock, Unreached, Way

BLOCK = 1 << 16
"""Bytes of a block of `Host.part` and `Host.lines`."""


class Host(Protocol):
    """A machine with files. Nothing of it raises, and nothing waits: pipes and devices are not opened.

    Nothing is ever written, made or changed. A machine that does not answer any more has nothing: its files are
    ELSEWHERE, and `unreached` says why.
    """

    def look(self, path: str) -> FileSeen:
        """What lies there, without its data. Links are followed."""
        ...

    def read(self, path: str) -> FileSeen:
        """The same with its data, where it is a file that may be read and is not too large."""
        ...

    def part(self, path: str, first: int, blocks: int) -> bytes | None:
        """That many blocks of a file from the block `first` on, fewer at its end; None where it cannot be read."""
        ...

    def lines(self, path: str, blocks: int) -> int:
        """How many lines end in its first blocks; 0 where that cannot be told."""
        ...

    def glob(self, pattern: str) -> Sequence[str]:
        """Paths that fit, as glob(7) has them, sorted."""
        ...

    def absolute(self, path: str) -> str:
        """The same path from the root on, where the machine tells; else as it is."""
        ...

    def answer(self, command: Sequence[str]) -> str | None:
        """What a command prints, within a few seconds; None where it is not there, fails or may not be run.

        Only those of `host.commands`, which change nothing; ValueError for any other.
        """
        ...

    def timed(self, command: Sequence[str]) -> tuple[int, float] | None:
        """With which exit code such a command ends, and after how many seconds; None where that cannot be told.

        Of another machine the seconds are those of the way, too. What runs for too long is ended, with code 124.
        """
        ...

    def clock(self) -> Clock | None:
        """Its time beside ours; None where it does not tell."""
        ...

    @property
    def way(self) -> Way | None:
        """How it was reached; None for this machine."""
        ...

    @property
    def unreached(self) -> Unreached | None:
        """Why it does not answer; None as long as it does."""
        ...
