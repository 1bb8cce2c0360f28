"""Lines of a log as evidence, and whose they are."""

from __future__ import annotations

from mailproof.checks.survey import Place, place
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.record import Sighting
from mailproof.model.server_log import LogSaid


def quoted(sighting: Sighting[LogSaid]) -> tuple[Evidence, ...]:
    """With the turns that they are the other side of. Never empty: a cause has a line."""
    lines = (Evidence(EvidenceKind.LOG, line.where, line.text) for line in sighting.fact.lines)
    return (*lines, *sighting.evidence())


def whose(sighting: Sighting[LogSaid]) -> Place:
    """The place of the attempt that they speak of; none for the whole server."""
    return place(sighting) if sighting.attempt.endpoint is not None else {"endpoint": None, "address": ""}
