"""What to do about a database of Exchange: which case it is, and the steps, with their commands."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Row(StrEnum):
    """The cases, in the order of the table in docs/ese.md. Closed: reports rely on it."""

    MOUNT = "mount"
    EVACUATE = "evacuate"
    REPLAY = "replay"
    UNNEEDED_DAMAGED = "unneeded-damaged"
    COMMITTED_LOST = "committed-lost"
    REQUIRED_MISSING = "required-missing"
    REQUIRED_DAMAGED = "required-damaged"
    LAST_RESORT = "last-resort"
    SHADOW = "shadow"
    HEADERS_BAD = "headers-bad"
    NOT_BY_HAND = "not-by-hand"
    NEVER_MADE = "never-made"
    FOREIGN_LOGS = "foreign-logs"
    STORAGE = "storage"
    LOGS_UNSEEN = "logs-unseen"

    @property
    def number(self) -> int:
        """From 1."""
        return list(Row).index(self) + 1


class PathsFrom(StrEnum):
    SERVER = "server"
    """They are of Windows, or were said with the options."""
    RECORDED = "recorded"
    """The logs name them; the files were looked at elsewhere."""
    GIVEN = "given"
    """As the files were named here, for nothing tells where they are on the server."""


class PlanStep(msgspec.Struct, frozen=True):
    """`name` is `step-NAME` of the catalogue, `params` fill it. A warning is `warn-NAME` of the catalogue."""

    name: str
    params: dict[str, str] = {}
    commands: tuple[str, ...] = ()
    """For the Exchange Management Shell, in their order; names and paths are quoted for it."""
    warning: str = ""


class Readiness(StrEnum):
    """What there is of the logs that a database needs."""

    NONE_NEEDED = "none-needed"
    SOUND = "sound"
    MISSING = "missing"
    DAMAGED = "damaged"
    UNSEEN = "unseen"
    """No log is at hand."""


class Plan(msgspec.Struct, frozen=True):
    """For one database."""

    file: str
    rows: tuple[Row, ...]
    """The case; before and after it, what else has to be heeded."""
    steps: tuple[PlanStep, ...]
    warning: str = ""
    """What the usual advice to move the logs away would do here; `warn-NAME` of the catalogue."""
    params: dict[str, str] = {}
    """Fill the warning."""
    required: Readiness = Readiness.NONE_NEEDED
    committed: Readiness = Readiness.NONE_NEEDED
    size: int = 0
    """Bytes of the files that are copied first; 0 where that is not known."""
    paths: PathsFrom = PathsFrom.SERVER
    """Where those in the commands are from."""
