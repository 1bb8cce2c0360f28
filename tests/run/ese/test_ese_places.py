"""Where `ese check` looks, and what it says of a place where there is nothing of the kind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from esefiles import DATABASE, LOGS, found, lay, made_database, planned, seen
from mailproof.emulate.ese.situation import situations
from mailproof.model.ese_plan import Row
from mailproof.model.failure import UsageError
from mailproof.run.ese.files import find

TEXT = b"Dear Sir or Madam,\n" * 2000


def refused(*places: Path) -> UsageError:
    with pytest.raises(UsageError) as told:
        seen(*places)
    return told.value


def test_the_folders_below_are_named(tmp_path: Path) -> None:
    """Exchange has a folder for each database below one for all."""
    for name in ("DB02", "DB01"):
        lay(tmp_path / name)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "setup.txt").write_bytes(TEXT)
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    lay(tmp_path / "deep" / "deeper")
    error = refused(tmp_path)
    assert error.reason == "ese-below"
    assert error.params["folders"] == (str(tmp_path / "DB01"), str(tmp_path / "DB02"))


def test_of_many_folders_the_first_are_named(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"DB{number}").mkdir()
        (tmp_path / f"DB{number}" / "a.edb").write_bytes(made_database(1))
    folders = refused(tmp_path).params["folders"]
    assert len(folders) == 7
    assert folders[-1] == "…"


def test_a_checkpoint_alone_does_not_hide_what_lies_below(tmp_path: Path) -> None:
    (lay(tmp_path / "DB01") / "SRU.chk").rename(tmp_path / "SRU.chk")
    assert refused(tmp_path).reason == "ese-below"


def test_what_lies_in_the_folder_itself_comes_first(tmp_path: Path) -> None:
    lay(tmp_path)
    lay(tmp_path / "copy")
    assert len(situations(seen(tmp_path))) == 1


def test_where_there_is_nothing_of_the_kind_below_either(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    assert refused(tmp_path).reason == "ese-nothing"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_below_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir(mode=0)
    assert refused(tmp_path).reason == "ese-nothing"


@pytest.mark.parametrize("name", ["letter.txt", "letter", "mail.dat", "thumbs.db"])
def test_a_file_that_is_none_is_said_to_be_none(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(TEXT)
    assert refused(tmp_path / name).reason == "ese-no-such-content"


@pytest.mark.parametrize("name", ["SRUDB.dat", "dhcp.mdb", "secedit.sdb"])
def test_beside_logs_it_is_the_database_of_which_nothing_is_left(name: str, tmp_path: Path) -> None:
    lay(tmp_path)
    (tmp_path / DATABASE).unlink()
    (tmp_path / name).write_bytes(TEXT)
    record = seen(tmp_path / name)
    assert found(record)["ese-header-damaged"].params == {"file": name, "copy": "none"}
    assert planned(record).rows[0] is Row.HEADERS_BAD


@pytest.mark.parametrize(
    ("content", "copy"),
    [(TEXT, "none"), (b"\xff" * 9000, "none"), (bytes(8192), "zeros"), (b"", "empty"), (b"x", "cut-off")],
)
def test_an_edb_file_fails_with_what_stands_in_it(content: bytes, copy: str, tmp_path: Path) -> None:
    (tmp_path / "a.edb").write_bytes(content)
    for place in (tmp_path, tmp_path / "a.edb"):
        assert found(seen(place))["ese-header-damaged"].params["copy"] == copy


def test_a_database_of_any_name_is_known_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "restored.bin").write_bytes(made_database(2))
    assert situations(seen(tmp_path / "restored.bin"))


@pytest.mark.parametrize("name", ["a.edb", "E00.log", "E00.chk", "pipe"])
def test_a_pipe_or_a_device_that_is_named(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    assert refused(tmp_path / name).reason == "ese-no-file"
    assert refused(Path("/dev/zero")).reason == "ese-no-file"


def test_logs_of_a_named_database_are_looked_for_beside_it_though_others_are_named(tmp_path: Path) -> None:
    """A folder that is named beside it is of another database, which lies in it."""
    lay(tmp_path / "a")
    lay(tmp_path / "b")
    both = find((tmp_path / "a" / DATABASE, tmp_path / "b"))
    assert len(both.logs) == 2 * len(LOGS)


def test_logs_that_lie_beside_no_database_are_those_of_the_one_that_is_named(tmp_path: Path) -> None:
    """Whoever names the folder of the logs does not mean old ones beside the database."""
    lay(tmp_path / "a")
    lay(tmp_path / "logs")
    (tmp_path / "logs" / DATABASE).unlink()
    logs = find((tmp_path / "a" / DATABASE, tmp_path / "logs")).logs
    assert {path.parent.name for path in logs} == {"logs"}


def test_a_link_that_leads_to_itself_hides_nothing(tmp_path: Path) -> None:
    lay(tmp_path / "DB01")
    for folder in (tmp_path, tmp_path / "DB01"):
        (folder / "loop").symlink_to("loop")
        (folder / "nowhere").symlink_to("none")
    assert len(situations(seen(tmp_path / "DB01"))) == 1
    assert refused(tmp_path).reason == "ese-below"


def test_a_checkpoint_alone_proves_nothing(tmp_path: Path) -> None:
    lay(tmp_path)
    for name in (DATABASE, *LOGS):
        (tmp_path / name).unlink()
    assert refused(tmp_path).reason == refused(tmp_path / "SRU.chk").reason == "ese-nothing"


@pytest.mark.parametrize(
    ("name", "other", "right"),
    [
        ("SRU.log", "SRU.log.bak", "SRU.log"),
        ("SRU.log", "moved", "SRU0005C.log"),
        ("SRU.log", "a.old", "SRU0005C.log"),
    ],
)
def test_a_log_that_it_lacks_is_found_under_another_name(name: str, other: str, right: str, tmp_path: Path) -> None:
    """Whoever follows a guide renames them; what it needs is not to be looked for in backups then, nor repaired."""
    lay(tmp_path)
    (tmp_path / name).rename(tmp_path / other)
    record = seen(tmp_path)
    assert found(record)["ese-log-damaged"].params == {"files": (other,), "how": "renamed", "need": "required"}
    plan = planned(record)
    assert plan.rows == (Row.REQUIRED_DAMAGED,)
    assert f"'{other}'" in plan.steps[0].commands[2], "it is copied first too"
    assert plan.steps[1].commands == (f"Rename-Item 'C:\\Windows\\system32\\SRU\\{other}' '{right}'",)
    assert plan.steps[2].name == "replay"


def test_a_copy_of_a_log_under_another_name_is_no_fault(tmp_path: Path) -> None:
    lay(tmp_path)
    for name, other in (("SRU.log", "SRU.log.bak"), ("SRU0005A.log", "old")):
        (tmp_path / other).write_bytes((tmp_path / name).read_bytes())
    assert found(seen(tmp_path)).keys() == {"ese-dirty-shutdown"}


def test_where_all_logs_have_lost_their_names(tmp_path: Path) -> None:
    lay(tmp_path)
    for name in LOGS:
        (tmp_path / name).rename(tmp_path / f"{name}.bak")
    record = seen(tmp_path)
    assert found(record)["ese-log-damaged"].params["files"] == ("SRU.log.bak",), "the one that it needs"
    plan = planned(record)
    rename = "Rename-Item 'C:\\Windows\\system32\\SRU\\SRU.log.bak' 'SRU.log'"
    assert plan.steps[1].commands == (rename,)
    assert plan.steps[2].commands[0].startswith("eseutil /r SRU ")
