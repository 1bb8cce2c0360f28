"""Which logs a database needs, and what there is of them (logredo.cxx: ErrLGCheckDatabaseGens)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from mailproof.model.attempt import Job
from mailproof.model.ese import (
    Copy,
    DatabaseState,
    EseCheckpoint,
    EseDatabase,
    EseLog,
    EsePages,
    LogFlaw,
    LogLink,
    Signature,
    Source,
)
from mailproof.model.ese_plan import Readiness
from mailproof.model.record import Attempt, Record
from mailproof.parse.ese.sequence import main_signature, same

Span = tuple[int, int]
"""The first and the last of some generations in a row."""

REPLAYABLE = (LogFlaw.NONE, LogFlaw.UNVERIFIED, LogFlaw.ONE_BIT, LogFlaw.TORN)
"""What is wrong with these, replaying puts right by itself."""
_BROKEN_LINKS = (LogLink.OTHER_TIME, LogLink.OTHER_CONTENT)
BAD = (Copy.DAMAGED, Copy.EMPTY, Copy.NO_HEADER, Copy.ABSENT)
"""A copy of a header that tells nothing."""
_DIRTY = (DatabaseState.DIRTY, DatabaseState.PATCHED)


class Situation(NamedTuple):
    """A database with the logs that are beside it, by what they are to it."""

    database: EseDatabase
    stem: str
    """Of its logs; empty where none is at hand."""
    own: tuple[EseLog, ...]
    """Logs of its signature, or where it has none, of theirs."""
    foreign: tuple[EseLog, ...]
    """Logs of another signature."""
    checkpoint: EseCheckpoint | None
    pages: EsePages | None
    required_missing: tuple[Span, ...]
    required_damaged: tuple[EseLog, ...]
    committed_missing: tuple[Span, ...]
    committed_damaged: tuple[EseLog, ...]
    other_damaged: tuple[EseLog, ...]
    """Logs that it does not need."""

    @property
    def dirty(self) -> bool:
        return self.database.state in _DIRTY

    @property
    def leftover(self) -> bool:
        """Clean, and the logs beside it are of a signature that is not its own: they keep it from mounting."""
        logs = (*self.own, *self.foreign)
        if self.database.state is not DatabaseState.CLEAN or not logs or self.replayable:
            return False
        return not self.database.log_signature.there or any(log.signature.there for log in logs)

    @property
    def replayable(self) -> bool:
        """Whether the logs are the database's own: after a repair none is."""
        signature = self.database.log_signature
        return signature.there and any(same(log.signature, signature) for log in self.own)

    @property
    def repairable(self) -> tuple[EseLog, ...]:
        """Logs that it needs, with a flaw that replaying puts right."""
        needed = (self.database.required, self.database.committed)
        return tuple(
            log
            for log in self.own
            if log.flaw in (LogFlaw.TORN, LogFlaw.ONE_BIT) and any(log.known in span for span in needed)
        )

    @property
    def checkpoint_trouble(self) -> str:
        """`damaged` if neither copy of the checkpoint is sound, `foreign` if it is of other logs; else empty."""
        if self.checkpoint is None:
            return ""
        if self.checkpoint.primary in BAD and self.checkpoint.shadow in BAD:
            return "damaged"
        there, own = self.checkpoint.signature, next((log.signature for log in self.own if log.signature.there), None)
        return "foreign" if there.there and own is not None and not same(there, own) else ""

    def need(self, log: EseLog) -> str:
        """`required`, `committed`, or `no` for a log without which nothing is lost."""
        place = _where(log, self.database)
        if self.dirty and place in self.database.required:
            return "required"
        if self.dirty and place in self.database.committed:
            return "committed"
        return "no"


def situations(record: Record) -> tuple[Situation, ...]:
    """Of every database in a record, in its order."""
    return tuple(
        _situation(database, attempt)
        for attempt in record.attempts
        if attempt.job is Job.EXAMINE
        for database in attempt.observations
        if isinstance(database, EseDatabase)
    )


def logs_of(attempt: Attempt) -> tuple[EseLog, ...]:
    return tuple(fact for fact in attempt.observations if isinstance(fact, EseLog))


def pages_of(attempt: Attempt) -> tuple[EsePages, ...]:
    return tuple(fact for fact in attempt.observations if isinstance(fact, EsePages))


def _situation(database: EseDatabase, attempt: Attempt) -> Situation:
    logs = logs_of(attempt)
    signature = database.log_signature
    if not signature.there or not any(same(log.signature, signature) for log in logs):
        known = [log for log in logs if log.signature.there]
        # None is its own. Of pasted logs nothing is known but that they are where its logs are.
        signature = main_signature(logs) if not database.log_signature.there or not known else signature
    foreign = tuple(log for log in logs if _foreign(log, signature))
    own = tuple(log for log in logs if not _foreign(log, signature))
    wanted = database.state in _DIRTY
    required = database.required if wanted else range(0)
    committed = database.committed if wanted else range(0)
    damaged = {log: _where(log, database) for log in own if not usable(log)}
    return Situation(
        database,
        next((log.stem for log in logs if log.stem), ""),
        own,
        foreign,
        next((fact for fact in attempt.observations if isinstance(fact, EseCheckpoint)), None),
        next((each for each in pages_of(attempt) if each.file == database.file), None),
        missing(required, own, database),
        tuple(log for log, place in damaged.items() if place in required),
        missing(committed, own, database),
        tuple(log for log, place in damaged.items() if place in committed),
        tuple(log for log, place in damaged.items() if place not in required and place not in committed),
    )


def _foreign(log: EseLog, own: Signature) -> bool:
    told = log.source is Source.PASTED and log.link is LogLink.OTHER_SIGNATURE
    return told or (log.signature.there and own.there and not same(log.signature, own))


def usable(log: EseLog) -> bool:
    """Whether replaying gets through it."""
    return log.flaw in REPLAYABLE and log.link not in _BROKEN_LINKS


def missing(wanted: range, logs: Iterable[EseLog], database: EseDatabase) -> tuple[Span, ...]:
    """Of these generations those that no log has, in rows; the range of a damaged header can be of any length."""
    if not wanted:
        return ()
    spans: list[Span] = []
    following = wanted[0]
    for generation in sorted({place for log in logs if (place := _where(log, database)) in wanted}):
        if generation > following:
            spans.append((following, generation - 1))
        following = generation + 1
    if following <= wanted[-1]:
        spans.append((following, wanted[-1]))
    return tuple(spans)


def _where(log: EseLog, database: EseDatabase) -> int:
    """The generation of a damaged log. The current one, whose header tells nothing, is the last that was promised."""
    return log.known or max(database.committed_last, database.required_last)


def gaps(logs: Sequence[EseLog]) -> tuple[Span, ...]:
    """Rows of generations that are missing between logs, whether a database needs them or not."""
    known = sorted({log.known for log in logs if log.known})
    return tuple((before + 1, after - 1) for before, after in pairwise(known) if after > before + 1)


def readiness(situation: Situation) -> tuple[Readiness, Readiness]:
    """Of the logs that are required, and of those after them that are only committed."""
    database = situation.database
    if not situation.dirty:
        return Readiness.NONE_NEEDED, Readiness.NONE_NEEDED
    unseen = not (situation.own or situation.foreign)
    return (
        _ready(database.required, unseen, situation.required_missing, situation.required_damaged),
        _ready(database.committed, unseen, situation.committed_missing, situation.committed_damaged),
    )


def _ready(wanted: range, unseen: bool, lacking: tuple[Span, ...], damaged: tuple[EseLog, ...]) -> Readiness:
    if not wanted:
        return Readiness.NONE_NEEDED
    if unseen:
        return Readiness.UNSEEN
    return Readiness.MISSING if lacking else Readiness.DAMAGED if damaged else Readiness.SOUND
