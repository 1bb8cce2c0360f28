"""What went out and what came, for who only reads it."""

from __future__ import annotations

from mailproof.model.escape import for_eyes, to_text
from mailproof.wire.outgoing import Outgoing


def shown(outgoing: Outgoing) -> str:
    """What goes out, its secrets masked."""
    return eyes(outgoing.masked.rstrip(b"\r\n"))


def eyes(data: bytes) -> str:
    """For who only reads it."""
    return for_eyes(to_text(data))
