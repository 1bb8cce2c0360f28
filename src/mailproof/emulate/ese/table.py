"""The decision table: which case a database is. docs/ese.md shows it; tests/emulate has a row for each row."""

from __future__ import annotations

from mailproof.emulate.ese.situation import BAD, Situation
from mailproof.model.ese import DatabaseState
from mailproof.model.ese_plan import Row

_BY_STATE = {
    DatabaseState.JUST_CREATED: Row.NEVER_MADE,
    DatabaseState.BEING_CONVERTED: Row.NOT_BY_HAND,
    DatabaseState.FORCE_DETACH: Row.NOT_BY_HAND,
    DatabaseState.RESEEDING: Row.NOT_BY_HAND,
    DatabaseState.PATCHED: Row.NOT_BY_HAND,
    DatabaseState.REVERTING: Row.NOT_BY_HAND,
}


def rows(situation: Situation, nothing_left: bool = False) -> tuple[Row, ...]:
    """The case, with what goes before it and after it.

    `nothing_left`: what is missing was looked for in backups, copies and snapshots, and there is none.
    """
    database = situation.database
    if not database.size and database.primary in BAD:
        # A new database begins with a log of generation 1; where there are later ones, it was no new one.
        used = any(log.known > 1 for log in (*situation.own, *situation.foreign))
        return (Row.HEADERS_BAD, Row.STORAGE) if used else (Row.NEVER_MADE,)
    if database.primary in BAD and database.shadow in BAD:
        return (Row.HEADERS_BAD, Row.STORAGE)
    before = (Row.SHADOW,) if database.primary in BAD else ()
    pages = situation.pages
    errors = database.uncorrected_pages or database.bad_checksums or (pages is not None and pages.bad_count)
    after = (Row.STORAGE,) if errors or before else ()
    return (*before, *_cases(situation, nothing_left), *after)


def _cases(situation: Situation, nothing_left: bool) -> tuple[Row, ...]:
    database = situation.database
    if database.state in _BY_STATE:
        return (_BY_STATE[database.state],)
    if database.state is DatabaseState.CLEAN:
        return (Row.EVACUATE if database.repair_count else Row.MOUNT,)
    if database.state is not DatabaseState.DIRTY:
        return (Row.HEADERS_BAD,)
    if not database.required:
        return (Row.LAST_RESORT,)  # a repair that did not come to its end, or a database without logs
    found = _dirty(situation)
    return (Row.LAST_RESORT,) if nothing_left and found[0] in _NEEDS_A_COPY else found


_NEEDS_A_COPY = (Row.REQUIRED_MISSING, Row.REQUIRED_DAMAGED, Row.FOREIGN_LOGS, Row.LOGS_UNSEEN)


def _dirty(situation: Situation) -> tuple[Row, ...]:
    if not (situation.own or situation.foreign):
        return (Row.LOGS_UNSEEN,)
    if situation.foreign and not situation.own:
        return (Row.FOREIGN_LOGS,)
    if situation.required_missing:
        damaged = (Row.REQUIRED_DAMAGED,) if situation.required_damaged else ()
        return (Row.REQUIRED_MISSING, *damaged)
    if situation.required_damaged or any(situation.need(log) == "required" for log in situation.repairable):
        return (Row.REQUIRED_DAMAGED,)
    if situation.committed_missing or situation.committed_damaged:
        return (Row.COMMITTED_LOST,)
    if situation.other_damaged or situation.foreign:
        return (Row.UNNEEDED_DAMAGED, Row.REPLAY)
    return (Row.REPLAY,)
