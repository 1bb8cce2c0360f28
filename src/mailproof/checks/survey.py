"""What several checks ask of a record: which sightings to judge, and where a finding stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict, TypeVar

from mailproof.model.observation import Observation
from mailproof.model.record import Record, Sighting

Seen = TypeVar("Seen", bound=Observation)
Other = TypeVar("Other", bound=Observation)

# These jobs walk again through what the survey has seen; judged twice, one fault would be named twice.
_REPEATING = frozenset({"version", "login", "fetch"})


class Place(TypedDict):
    """The keyword arguments that say where a `Finding` was seen."""

    endpoint: str | None
    address: str


def surveyed(record: Record, kind: type[Seen]) -> Iterator[Sighting[Seen]]:
    """Every observation of this type, but for those of jobs that only repeat the survey's way."""
    return (sighting for sighting in record.seen(kind) if sighting.attempt.job not in _REPEATING)


def alongside(sighting: Sighting[Seen], record: Record, kind: type[Other]) -> list[Sighting[Other]]:
    """The observations of `kind` that the same attempt made, in order."""
    return [other for other in record.seen(kind) if other.attempt is sighting.attempt]


def url(sighting: Sighting[Seen]) -> str | None:
    """Of its endpoint; None for a record that holds no more than a pasted reply."""
    return sighting.attempt.endpoint.url if sighting.attempt.endpoint else None


def place(sighting: Sighting[Seen]) -> Place:
    """Where a finding made of this sighting was seen."""
    endpoint = sighting.attempt.endpoint
    return {"endpoint": endpoint.url if endpoint else None, "address": endpoint.address if endpoint else ""}
