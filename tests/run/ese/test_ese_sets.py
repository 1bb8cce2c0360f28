"""Several databases at once: whose logs are whose, where stems, names and signatures are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from esefiles import DATABASE, OTHER, OWN, database, flip, lay, log, seen
from mailproof.catalog.profiles import load_profile
from mailproof.checks import all_checks
from mailproof.diagnose.judge import judge
from mailproof.emulate.ese.several import groups, plans
from mailproof.emulate.ese.shell import Wishes
from mailproof.emulate.ese.situation import situations
from mailproof.model.ese import Copy, EseCheckpoint, EseDatabase, EseLog, Position, Signature, Source
from mailproof.model.ese_plan import Plan, Row
from mailproof.model.record import Record
from mailproof.parse.ese.eseutil import read_eseutil
from mailproof.report.build import build
from mailproof.run.ese.look import attempts_of

CURRENT = "SRU.log"


def two(root: Path) -> Path:
    """As Exchange lays them: a folder for each, in it a database, and logs of the same stem and numbers."""
    for name in ("DB01", "DB02"):
        (lay(root / name) / DATABASE).rename(root / name / f"{name}.edb")
    return root


def planned(record: Record, wishes: Wishes | None = None) -> dict[str, Plan]:
    return {plan.file: plan for plan in plans(groups(record), wishes or Wishes())}


def params(record: Record) -> list[tuple[str, dict[str, object]]]:
    return [(item.name, dict(item.params)) for item in judge(record, load_profile(), all_checks("ese")).findings]


def test_a_log_that_one_lacks_is_not_found_beside_the_other(tmp_path: Path) -> None:
    """Taken together, the two would have every log, and the plan would be to replay both."""
    two(tmp_path)
    (tmp_path / "DB02" / CURRENT).unlink()
    record = seen(tmp_path / "DB01", tmp_path / "DB02")
    found = planned(record)
    assert found[str(tmp_path / "DB01" / "DB01.edb")].rows == (Row.REPLAY,)
    assert found[str(tmp_path / "DB02" / "DB02.edb")].rows == (Row.REQUIRED_MISSING,)
    assert [len(each.own) for each in situations(record)] == [4, 3]
    lacking = [said for name, said in params(record) if name == "ese-log-missing"]
    assert lacking == [{"logs": ("0x5C",), "need": "required"}]


def test_damage_beside_one_is_not_told_of_the_other(tmp_path: Path) -> None:
    two(tmp_path)
    flip(tmp_path / "DB01" / CURRENT, 100)
    record = seen(tmp_path / "DB01", tmp_path / "DB02")
    one, other = planned(record).values()
    assert (one.rows, other.rows) == ((Row.REQUIRED_DAMAGED,), (Row.REPLAY,))
    (damaged,) = [said for name, said in params(record) if name == "ese-log-damaged"]
    assert damaged["files"] == (str(tmp_path / "DB01" / CURRENT),), "one of this name lies in the other folder too"


def test_a_checkpoint_is_of_the_logs_beside_it(tmp_path: Path) -> None:
    two(tmp_path)
    for at in (30, 4096 + 31):
        flip(tmp_path / "DB02" / "SRU.chk", at)
    one, other = situations(seen(tmp_path / "DB01", tmp_path / "DB02"))
    assert (one.checkpoint_trouble, other.checkpoint_trouble) == ("", "damaged")


def test_a_database_of_the_same_name_is_told_apart(tmp_path: Path) -> None:
    lay(tmp_path / "a")
    lay(tmp_path / "b", "clean")
    said = params(seen(tmp_path / "a", tmp_path / "b"))
    assert {each["file"] for _, each in said} == {str(tmp_path / place / DATABASE) for place in "ab"}


def test_a_folder_that_is_named_twice_is_one(tmp_path: Path) -> None:
    two(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "DB01")
    assert len(situations(seen(tmp_path / "DB01", tmp_path / "again", tmp_path / "DB01" / ".." / "DB01"))) == 1


def test_of_two_databases_named_one_of_each_folder(tmp_path: Path) -> None:
    two(tmp_path)
    record = seen(tmp_path / "DB01" / "DB01.edb", tmp_path / "DB02" / "DB02.edb")
    assert [len(each.own) for each in situations(record)] == [4, 4]


def test_logs_of_another_folder_are_whose_signature_they_have() -> None:
    """Databases on one disk, logs on another; none lies beside its own."""
    one = database(file="D:\\one\\DB01.edb")
    two = database(file="D:\\two\\DB02.edb", log_signature=OTHER, database_signature=OTHER)
    logs = [
        *(log(number, file=f"L:\\b\\E00{number:08X}.log") for number in (5, 6)),
        *(log(number, file=f"L:\\a\\E00{number:08X}.log", signature=OTHER) for number in (5, 6)),
    ]
    found = situations(record_of((one, two), logs))
    assert {each.database.file: {each.file[:4] for each in each.own} for each in found} == {
        one.file: {"L:\\b"},
        two.file: {"L:\\a"},
    }
    assert not any(each.foreign for each in found)


def test_a_database_without_logs_does_not_take_those_of_its_copy() -> None:
    """Both have one signature, and what is replayed is what lies in the folder of the copy."""
    here, copy = database(file="D:\\DB01.edb"), database(file="X:\\copy\\DB01.edb")
    logs = [log(number, file=f"X:\\copy\\E00{number:08X}.log") for number in (5, 6)]
    found = {each.database.file: each for each in situations(record_of((here, copy), logs))}
    assert len(found[copy.file].own) == 2
    assert not found[here.file].own


def test_a_storage_group_has_one_set_and_several_databases() -> None:
    both = [
        database(file=f"D:\\SG\\{name}.edb", database_signature=sign) for name, sign in (("a", OWN), ("b", OTHER))
    ]
    logs = [log(number, file=f"D:\\SG\\E00{number:08X}.log") for number in (5, 6)]
    record = record_of(both, logs)
    assert [len(each.own) for each in situations(record)] == [2, 2]
    assert len(groups(record)) == 1
    assert {plan.steps[0].commands[1].split("'")[3] for plan in planned(record).values()} == {
        "X:\\copy\\a",
        "X:\\copy\\b",
    }


def test_a_checkpoint_of_the_system_folder() -> None:
    point = EseCheckpoint("C:\\system\\E00.chk", 8192, Copy.GOOD, Copy.GOOD, Position(5, 8, 0), OWN)
    one = (database(), [log(5), log(6)])
    (found,) = situations(record_of((one[0],), one[1], (point,)))
    assert found.checkpoint == point


def test_what_was_pasted_of_two_folders_is_two_sets() -> None:
    """The current log has no number: it follows the last of its own folder. Windows knows no case of letters."""
    text = "".join(
        f"[PS] D:\\{folder}>eseutil /mh {folder}.edb\n"
        f"         Database: {folder}.edb\n            State: Dirty Shutdown\n"
        f"     Log Required: {need}-{need} (0x1-0x1)\n"
        f"    Log Signature: Create time:01/02/2020 00:00:00.000 Rand:{sign} Computer:\n"
        f"      Log file: d:\\{folder.lower()}\\E00{need - 1:08X}.log - OK\n"
        f"      Log file: d:\\{folder.lower()}\\E00.log - OK\n"
        for folder, need, sign in (("DB01", 9, 1), ("DB02", 3, 2))
    )
    pasted = read_eseutil(text)
    assert [each.known for each in pasted.logs] == [8, 9, 2, 3]
    found = planned(record_of(pasted.databases, pasted.logs))
    assert {file: plan.rows for file, plan in found.items()} == {
        "D:\\DB01\\DB01.edb": (Row.REPLAY,),
        "D:\\DB02\\DB02.edb": (Row.REPLAY,),
    }


@pytest.mark.parametrize(("wish", "root"), [("", "X:\\copy"), ("F:\\safe", "F:\\safe")])
def test_copies_do_not_overwrite_each_other(wish: str, root: str, tmp_path: Path) -> None:
    """The logs of both have the same names."""
    lay(tmp_path / "a")
    lay(tmp_path / "b", "clean")
    steps = [plan.steps[0] for plan in planned(seen(tmp_path / "a", tmp_path / "b"), Wishes(copy_to=wish)).values()]
    places = [{command.split("'")[3] for command in step.commands[1:]} for step in steps]
    assert places == [{f"{root}\\SRUDB"}, {f"{root}\\SRUDB-2"}]


def test_every_database_whose_pages_were_not_read_is_told(tmp_path: Path) -> None:
    two(tmp_path)
    record = seen(tmp_path / "DB01", tmp_path / "DB02", with_pages=False)
    report = build(record, judge(record, load_profile(), all_checks("ese")), load_profile())
    assert [each.params["file"] for each in report.not_tested] == ["DB01.edb", "DB02.edb"]


def test_a_signature_that_nobody_has_is_of_the_only_set_that_nobody_has() -> None:
    """Then the logs are foreign, which is worth knowing; with two such sets nothing can be told."""
    lonely = database(file="D:\\DB01.edb", log_signature=Signature(1, "2001-01-01T00:00:00.000"))
    one = [log(5, file="L:\\a\\E0000000005.log")]
    two = [*one, log(5, file="L:\\b\\E0000000005.log")]
    assert situations(record_of((lonely,), one))[0].foreign
    assert not situations(record_of((lonely,), two))[0].foreign


def record_of(
    databases: tuple[EseDatabase, ...] | list[EseDatabase],
    logs: tuple[EseLog, ...] | list[EseLog],
    points: tuple[EseCheckpoint, ...] = (),
) -> Record:
    from datetime import UTC, datetime

    return Record(datetime(2026, 1, 1, tzinfo=UTC), attempts=attempts_of(databases, logs, points))


def test_the_same_folder_written_in_two_ways_by_windows() -> None:
    one = database(file="D:\\Exchange/DB01\\DB01.edb", source=Source.PASTED)
    logs = [log(number, file=f"d:\\exchange\\db01\\E00{number:08X}.log", source=Source.PASTED) for number in (5, 6)]
    assert len(situations(record_of((one,), logs))[0].own) == 2


def test_letters_of_a_stem_are_told_by_no_case() -> None:
    logs = [log(5, file="D:\\a\\e0000000005.log", stem="e00"), log(6, file="D:\\a\\E0000000006.log")]
    point = EseCheckpoint("D:\\a\\e00.chk", 8192, Copy.GOOD, Copy.GOOD, Position(5, 8, 0), OWN)
    (found,) = situations(record_of((database(file="D:\\a\\a.edb"),), logs, (point,)))
    assert (len(found.own), found.checkpoint) == (2, point)
