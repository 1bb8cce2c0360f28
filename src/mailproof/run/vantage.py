"""From where a run looked: what its record keeps of our own addresses."""

from __future__ import annotations

from collections.abc import Sequence

from mailproof.model.connection import Connection
from mailproof.model.record import Attempt


def own_addresses(attempts: Sequence[Attempt]) -> tuple[str, ...]:
    """The addresses we came from: a server reached at one of them is this machine."""
    local = [
        seen.local.rpartition(":")[0].strip("[]")
        for attempt in attempts
        for seen in attempt.observations
        if isinstance(seen, Connection) and seen.local
    ]
    return tuple(dict.fromkeys(local))
