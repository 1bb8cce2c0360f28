"""Was the database shut down cleanly, or does it still need its logs?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.ese.shown import called, header_lines, span
from mailproof.emulate.ese.situation import situations
from mailproof.model.ese import DatabaseState, EseDatabase
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.ese.eseutil import STATE_WORDS

NAME = "ese-shut-down-cleanly"
NEEDS = (EseDatabase,)
KINDS = (
    FindingKind(
        "ese-dirty-shutdown",
        Layer.DATABASE,
        params=("file", "state", "required", "committed"),
        references=(
            "learn.microsoft.com: Eseutil /MH file dump mode",
            "Extensible-Storage-Engine dev/ese/src/ese/_log/logredo.cxx ErrLGCheckDatabaseGens",
        ),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    name = called(record)
    for situation in situations(record):
        database = situation.database
        if database.state is DatabaseState.CLEAN:
            yield Passed(NAME, header_lines(database, f"State: {STATE_WORDS[database.state]}"))
        elif database.state is not DatabaseState.UNKNOWN:
            committed = range(database.required_first, max(database.committed_last, database.required_last) + 1)
            params: dict[str, Param] = {
                "file": name(database.file),
                "state": STATE_WORDS[database.state],
                "required": span(database.required),
                "committed": span(committed if database.required else range(0)),
            }
            yield Finding("ese-dirty-shutdown", header_lines(database), params=params)
