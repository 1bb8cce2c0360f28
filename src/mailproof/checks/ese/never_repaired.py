"""Was the database ever repaired with `eseutil /p`? Then it mounts, and Microsoft does not support it any longer."""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.ese.shown import called, header_lines
from mailproof.emulate.ese.situation import situations
from mailproof.model.ese import DatabaseState, EseDatabase
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "ese-never-repaired"
NEEDS = (EseDatabase,)
KINDS = (
    FindingKind(
        "ese-repaired",
        Layer.DATABASE,
        params=("file", "count"),
        references=("Exchange Team Blog, 1 May 2015: Change in support policy for repaired Exchange databases",),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    name = called(record)
    for situation in situations(record):
        database = situation.database
        if database.state is DatabaseState.UNKNOWN:
            continue
        evidence = header_lines(database, *_lines(database))
        if database.repair_count:
            params: dict[str, Param] = {"file": name(database.file), "count": database.repair_count}
            yield Finding("ese-repaired", evidence, params=params)
        else:
            yield Passed(NAME, evidence)


def _lines(database: EseDatabase) -> tuple[str, ...]:
    date = (f"Repair Date: {database.repaired}",) if database.repaired else ()
    return (f"Repair Count: {database.repair_count}", *date)
