"""Are both copies of the database's header sound, and the same?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.ese.shown import called, place
from mailproof.emulate.ese.situation import situations
from mailproof.model.ese import Copy, EseDatabase
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "ese-header-whole"
NEEDS = (EseDatabase,)
KINDS = (
    FindingKind(
        "ese-header-damaged",
        Layer.DATABASE,
        params=("file", "copy"),
        references=("Extensible-Storage-Engine dev/ese/src/ese/_osu/fileu.cxx ErrUtilReadShadowedHeader",),
    ),
)
_SOUND = (Copy.GOOD, Copy.UNSEEN)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    name = called(record)
    for situation in situations(record):
        database = situation.database
        text = f"header: {database.primary}\nshadow: {database.shadow}"
        where = place(database.file, database.source, "/mh")
        evidence = (Evidence(EvidenceKind.FILE, where, text),)
        first, second = database.primary in _SOUND, database.shadow in _SOUND
        if first and second:
            yield Passed(NAME, evidence)
        else:
            copy = "shadow" if first else "primary" if second else _of_both(database)
            yield Finding("ese-header-damaged", evidence, params={"file": name(database.file), "copy": copy})


def _of_both(database: EseDatabase) -> str:
    """What stands where neither copy is sound; a value that the pages of the finding have words for."""
    copies = (database.primary, database.shadow)
    if not database.size and Copy.ABSENT in copies:
        return "empty"
    if Copy.NO_HEADER in copies:
        return "none"
    if set(copies) <= {Copy.EMPTY, Copy.ABSENT}:
        return "zeros" if Copy.EMPTY in copies else "cut-off"
    return "both"
