"""What a run over the network keeps of itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mailproof import __version__
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Target
from mailproof.model.record import Asked, Attempt, Record


def recorded(
    started: datetime, targets: Sequence[Target], asked: Asked, attempts: Sequence[Attempt], seconds: float
) -> Record:
    """Its record, with the addresses that we came from and the version that made it; a target counts once."""
    return Record(
        started,
        tuple(dict.fromkeys(targets)),
        asked,
        tuple(attempts),
        seconds,
        _own_addresses(attempts),
        __version__,
    )


def _own_addresses(attempts: Sequence[Attempt]) -> tuple[str, ...]:
    """A server reached at one of them is this machine."""
    local = [
        seen.local.rpartition(":")[0].strip("[]")
        for attempt in attempts
        for seen in attempt.observations
        if isinstance(seen, Connection) and seen.local
    ]
    return tuple(dict.fromkeys(local))
