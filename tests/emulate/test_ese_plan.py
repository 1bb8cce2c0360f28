"""The decision table: a row here for each row there, the order of the steps, and the commands with their paths."""

from __future__ import annotations

import pytest

from esefiles import OTHER, database, found, log, of_facts, planned, situation_of
from mailproof.emulate.ese.shell import quoted
from mailproof.emulate.ese.situation import missing
from mailproof.emulate.ese.table import rows
from mailproof.model.ese import (
    BadPage,
    Copy,
    EseCheckpoint,
    EseDatabase,
    EseLog,
    EsePages,
    LogFlaw,
    PageFlaw,
    Position,
    Signature,
)
from mailproof.model.ese_plan import Readiness, Row
from mailproof.model.record import Record

SOUND = (log(3), log(4), log(5), log(6, current=True))
ZERO = Signature()
BAD = BadPage(3, 131072, PageFlaw.CHECKSUM)
PAGES = EsePages(database().file, page_size=32768, pages=9, counts={PageFlaw.CHECKSUM: 1}, bad=(BAD,))
CLEAN = {"state": "clean-shutdown", "required": (0, 0), "committed": 0}


def test_every_row_of_the_table_has_a_row_here() -> None:
    assert {row for *_, expected in TABLE for row in expected} == set(Row)
    assert [row.number for row in Row] == list(range(1, 16))


TABLE: list[tuple[EseDatabase, tuple[EseLog, ...], tuple[Row, ...]]] = [
    (database(**CLEAN), SOUND, (Row.MOUNT,)),
    (database(**CLEAN), (), (Row.MOUNT,)),
    (database(**CLEAN, repair_count=1), SOUND, (Row.EVACUATE,)),
    (database(**CLEAN, repair_count=2, log_signature=ZERO), SOUND, (Row.EVACUATE,)),
    (database(), SOUND, (Row.REPLAY,)),
    (database(repair_count=1), SOUND, (Row.REPLAY,)),
    (database(), (log(4, flaw=LogFlaw.SEGMENT), *SOUND[2:]), (Row.UNNEEDED_DAMAGED, Row.REPLAY)),
    (database(committed=8), SOUND, (Row.COMMITTED_LOST,)),
    (database(committed=7), (*SOUND[:3], log(6), log(7, flaw=LogFlaw.SEGMENT)), (Row.COMMITTED_LOST,)),
    (database(), SOUND[:3], (Row.REQUIRED_MISSING,)),
    (database(), (), (Row.LOGS_UNSEEN,)),
    (database(), (*SOUND, log(7, signature=OTHER)), (Row.UNNEEDED_DAMAGED, Row.REPLAY)),
    (database(), (log(5, flaw=LogFlaw.SEGMENT),), (Row.REQUIRED_MISSING, Row.REQUIRED_DAMAGED)),
    (database(), (log(5, flaw=LogFlaw.SEGMENT), SOUND[3]), (Row.REQUIRED_DAMAGED,)),
    (database(), (SOUND[2], log(6, current=True, flaw=LogFlaw.TORN)), (Row.REQUIRED_DAMAGED,)),
    (database(), (SOUND[2], log(6, previous_created="2001-01-01T00:00:00.000Z")), (Row.REQUIRED_DAMAGED,)),
    (database(required=(0, 0), committed=0, log_signature=ZERO), SOUND, (Row.LAST_RESORT,)),
    (database(primary=Copy.DAMAGED), SOUND, (Row.SHADOW, Row.REPLAY, Row.STORAGE)),
    (database(primary=Copy.DAMAGED, shadow=Copy.EMPTY), SOUND, (Row.HEADERS_BAD, Row.STORAGE)),
    (database("unknown"), SOUND, (Row.HEADERS_BAD,)),
    (database("incremental-reseed-in-progress"), SOUND, (Row.NOT_BY_HAND,)),
    (database("dirty-and-patched-shutdown"), SOUND, (Row.NOT_BY_HAND,)),
    (database("revert-in-progress"), SOUND, (Row.NOT_BY_HAND,)),
    (database("just-created", required=(0, 0), committed=0), (), (Row.NEVER_MADE,)),
    (EseDatabase("DB01.edb", primary=Copy.ABSENT, shadow=Copy.ABSENT), (), (Row.NEVER_MADE,)),
    (database(), (log(5, signature=OTHER), log(6, signature=OTHER)), (Row.FOREIGN_LOGS,)),
    (database(**CLEAN, uncorrected_pages=1), (), (Row.MOUNT, Row.STORAGE)),
    (database(bad_checksums=3), SOUND, (Row.REPLAY, Row.STORAGE)),
]


@pytest.mark.parametrize(("its", "logs", "expected"), TABLE)
def test_a_row_of_the_table(its: EseDatabase, logs: tuple[EseLog, ...], expected: tuple[Row, ...]) -> None:
    assert rows(situation_of(its, *logs)) == expected
    plan = planned(of_facts(its, *logs))
    assert plan.rows == expected
    assert plan.steps[0].name == "copy", "every plan begins with a copy"
    assert len(plan.steps) > 1


@pytest.mark.parametrize("row", [Row.REQUIRED_MISSING, Row.REQUIRED_DAMAGED, Row.FOREIGN_LOGS, Row.LOGS_UNSEEN])
def test_where_nothing_is_left_only_the_last_resort_remains(row: Row) -> None:
    its, logs, _ = next(each for each in TABLE if each[2] == (row,))
    plan = planned(of_facts(its, *logs), nothing_left=True)
    assert plan.rows == (Row.LAST_RESORT,)
    assert [step.name for step in plan.steps][1:3] == ["restore", "repair"]
    assert plan.steps[2].warning == "repair-loses"
    assert planned(of_facts(database(), *SOUND), nothing_left=True).rows == (Row.REPLAY,)


def test_damaged_pages_are_a_matter_of_the_storage() -> None:
    plan = planned(of_facts(database(**CLEAN), pages=(PAGES,)))
    assert plan.rows == (Row.MOUNT, Row.STORAGE)
    assert [step.name for step in plan.steps] == ["copy", "bad-pages", "storage", "mount"]


def _steps(record: Record) -> dict[str, tuple[str, ...]]:
    return {step.name: step.commands for step in planned(record).steps}


def test_the_article_s_case_with_its_paths() -> None:
    """Clean, repaired, logs of the former signature beside it: aside with them, mount, then leave this database."""
    logs = tuple(log(n, signature=OTHER) for n in (1, 2))
    plan = planned(of_facts(database(**CLEAN, repair_count=1), *logs))
    assert (plan.warning, plan.required) == ("article-right", Readiness.NONE_NEEDED)
    assert [step.name for step in plan.steps] == [
        "copy",
        "move-logs",
        "mount-without",
        "mount-force",
        "evacuate",
        "remove",
    ]
    assert plan.steps[1].commands == (
        "New-Item -ItemType Directory -Force 'D:\\Exchange\\DB01\\backup'",
        "Move-Item 'D:\\Exchange\\DB01\\E00*.log','D:\\Exchange\\DB01\\E00*.jrs','D:\\Exchange\\DB01\\E00.chk' "
        "'D:\\Exchange\\DB01\\backup'",
    )
    assert plan.steps[2].commands == ("Mount-Database -Identity 'DB01'",)


def test_the_same_step_would_lose_mail_of_a_dirty_one() -> None:
    plan = planned(of_facts(database(committed=7), *SOUND[:3], log(6), log(7, current=True)))
    assert plan.warning == "article-loses-since"
    assert plan.params == {"logs": "0x5-0x7", "since": "2024-03-02 14:05"}
    assert not any("Force" in command for step in plan.steps for command in step.commands)


def test_replaying() -> None:
    steps = _steps(of_facts(database(), *SOUND))
    assert steps["replay"] == (
        "eseutil /r E00 /l 'D:\\Exchange\\DB01' /s 'D:\\Exchange\\DB01' /d 'D:\\Exchange\\DB01'",
    )
    assert list(steps) == ["copy", "replay", "expect-clean", "mount"]


def test_a_repaired_one_is_left_after_replaying() -> None:
    assert list(_steps(of_facts(database(repair_count=1), *SOUND)))[-2:] == ["evacuate", "remove"]


def test_only_the_damaged_logs_that_are_not_needed_are_moved() -> None:
    steps = _steps(of_facts(database(), log(4, flaw=LogFlaw.SEGMENT), *SOUND[2:]))
    assert steps["move-unneeded"][1] == "Move-Item 'D:\\Exchange\\DB01\\E0000000004.log' 'D:\\Exchange\\DB01\\backup'"


def test_good_copies_of_all_are_looked_for_before_anything_else() -> None:
    steps = list(_steps(of_facts(database(), log(5, flaw=LogFlaw.SEGMENT))))
    assert steps[:5] == ["copy", "find-required", "find-damaged", "replay-when-there", "restore-else"]
    assert steps.index("repair") > steps.index("restore-else")


def test_many_logs_are_all_moved() -> None:
    damaged = [log(n, flaw=LogFlaw.SEGMENT, created="") for n in range(1, 101)]
    its = database(required=(101, 101), committed=101)
    steps = _steps(of_facts(its, *damaged, log(101, created="", current=True)))
    moved = " ".join(steps["move-unneeded"])
    assert all(f"E00{n:08X}.log'" in moved for n in range(1, 101))
    assert moved.count("New-Item") == 1


def test_a_checkpoint_of_other_logs_is_moved_aside() -> None:
    point = EseCheckpoint("D:\\E00.chk", 8192, Copy.GOOD, Copy.GOOD, Position(5), OTHER)
    record = of_facts(database(), *SOUND, checkpoint=point)
    assert found(record)["ese-checkpoint-damaged"].params == {"file": "E00.chk", "how": "foreign"}
    assert list(_steps(record))[:3] == ["copy", "move-checkpoint", "replay"]


def test_what_is_committed_is_lost_with_the_damaged_log_and_all_later_ones() -> None:
    logs = (*SOUND[:3], log(6), log(7, flaw=LogFlaw.SEGMENT), log(8, current=True))
    record = of_facts(database(committed=8), *logs)
    steps = _steps(record)
    assert steps["move-later"][1] == (
        "Get-ChildItem 'D:\\Exchange\\DB01\\E00*.log' | "
        "Where-Object { $_.Name -ge 'E0000000007.log' -or $_.Name -eq 'E00.log' } | "
        "Move-Item -Destination 'D:\\Exchange\\DB01\\backup'"
    )
    assert steps["replay-lossy"][0].endswith(" /a")
    lossy = next(step for step in planned(record).steps if step.name == "replay-lossy")
    assert lossy.params == {"logs": "0x7-0x8", "since": "2024-03-02 14:06"}
    assert lossy.warning == "loses-committed"
    assert steps["mount-lossy"] == ("Mount-Database -Identity 'DB01' -AcceptDataLoss",)


def test_missing_logs_are_named_as_their_files() -> None:
    plan = planned(of_facts(database(required=(4, 6)), log(5), log(3)))
    step = next(step for step in plan.steps if step.name == "find-required")
    assert step.params["logs"] == "E0000000004.log, E0000000006.log"


def test_paths_that_the_user_gives() -> None:
    its = database(file="/mnt/DB01.edb")
    logs = (log(5, file="/mnt/l/E0000000005.log"), log(6, current=True, file="/mnt/l/E00.log"))
    plan = planned(
        of_facts(its, *logs),
        identity="Mailbox's",
        folder="E:\\db\\",
        log_folder="F:\\logs",
        copy_to="G:\\copy",
    )
    commands = [command for step in plan.steps for command in step.commands]
    assert commands[1] == "robocopy 'E:\\db' 'G:\\copy' 'DB01.edb' /R:1 /W:1"
    assert commands[2].startswith("robocopy 'F:\\logs' 'G:\\copy' 'E00*.log'")
    assert commands[3] == "eseutil /r E00 /l 'F:\\logs' /s 'F:\\logs' /d 'E:\\db'"
    assert commands[-1] == "Mount-Database -Identity 'Mailbox''s'"


def test_paths_that_the_logs_recorded() -> None:
    its = database(file="/mnt/DB01.edb")
    recorded = {"log_folder": "F:\\logs", "databases": ("E:\\db\\db01.EDB",)}
    logs = (log(5, file="/mnt/E0000000005.log"), log(6, current=True, file="/mnt/E00.log", **recorded))
    plan = planned(of_facts(its, *logs))
    assert plan.paths == "recorded"
    assert "eseutil /r E00 /l 'F:\\logs' /s 'F:\\logs' /d 'E:\\db'" in plan.steps[1].commands


def test_where_nothing_tells_the_paths_they_are_said_to_be_those_of_here() -> None:
    its = database(file="/mnt/DB01.edb")
    logs = (log(5, file="/mnt/E0000000005.log"), log(6, current=True, file="/mnt/E00.log"))
    assert planned(of_facts(its, *logs)).paths == "given"
    assert planned(of_facts(its, *logs), folder="E:\\db").paths == "server"
    assert planned(of_facts(database(), *SOUND)).paths == "server"


def test_nothing_of_a_file_name_leaves_its_quotes() -> None:
    assert quoted("a'; Remove-Item x; '") == "'a''; Remove-Item x; '''"
    assert quoted("a\u2019; x") == "'a\u2019\u2019; x'"
    assert "\x1b" not in quoted("a\x1b[31m\n")


def test_generations_are_never_counted_one_by_one() -> None:
    its = database(required=(1, 0x7FFFFFFF), committed=0xFFFFFFFF)
    assert missing(its.required, (log(5), log(9)), its) == ((1, 4), (6, 8), (10, 0x7FFFFFFF))
    assert planned(of_facts(its, log(5))).rows[0] is Row.REQUIRED_MISSING
