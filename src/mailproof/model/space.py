"""How much room a file system of the server has."""

from __future__ import annotations

from mailproof.model.observed import Observation


class SpaceSeen(Observation, frozen=True):
    """Of the file system that a directory is on."""

    path: str
    free: int
    """Octets that are free for everybody but root."""
    text: str
    """As df(1) says it."""
