"""How much room a file system of the server has."""

from __future__ import annotations

from mailproof.model.observed import Observation


class SpaceSeen(Observation, frozen=True):
    """Of the file system that a directory is on."""

    path: str
    """The directory that was asked about; where it is not there yet, the one above it that is."""
    free: int
    """Octets that are free for everybody but root."""
    text: str
    """As df(1) says it."""
    files: int | None = None
    """How many more files it takes; None where it has no such number, or nobody tells."""
    files_text: str = ""
    """As `df -Pi` says it."""
