"""`mailproof ese`: what it prints, its exit codes, and that it writes nothing."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from running import CLEAN, mailproof, modules_imported_by, sentence_of

from esefiles import DATABASE, WHOLE, beside, flip, kept, lay, made_database

PASTED = """\
[PS] D:\\Exchange\\MailboxDB01>eseutil /mh MailboxDB01.edb
         Database: MailboxDB01.edb
            State: {state}
     Log Required: {required}
    Log Committed: 0-6 (0x0-0x6)
     Repair Count: {repairs}
    Log Signature: Create time:00/00/1900 00:00:00.000 Rand:{random} Computer:
[PS] D:\\Exchange\\MailboxDB01>eseutil /ml E00
     Base name: E00
      Log file: D:\\Exchange\\MailboxDB01\\E0000000005.log - OK
      Log file: D:\\Exchange\\MailboxDB01\\E00.log - OK
"""
DIRTY = PASTED.format(state="Dirty Shutdown", required="5-6 (0x5-0x6)", repairs=0, random=4711)
REPAIRED = PASTED.format(state="Clean Shutdown", required="0-0 (0x0-0x0)", repairs=1, random=0)


def test_a_dirty_database_that_can_be_replayed(tmp_path: Path) -> None:
    done = mailproof("ese", "check", str(lay(tmp_path)))
    assert done.returncode == 1
    assert done.stdout.startswith("FAIL: SRUDB.dat was not shut down cleanly (Dirty Shutdown)")
    assert "92 (0x5C): there and sound" in done.stdout
    assert "eseutil /r SRU /l 'C:\\Windows\\system32\\SRU'" in done.stdout
    assert "Do not move all logs away" in done.stdout
    assert "mailproof explain ese-dirty-shutdown" in done.stdout
    assert done.stderr == ""


@beside
def test_the_whole_files_in_both_languages() -> None:
    english = mailproof("ese", "check", str(WHOLE / "win11-Dirty"))
    assert "606 read, 124 of them unused, 0 damaged" in english.stdout
    japanese = mailproof("--lang", "ja", "ese", "check", str(WHOLE / "win11-Clean"))
    assert "修復回数 2" in japanese.stdout
    assert "メールボックスを新しいデータベースに移動します" in japanese.stdout
    assert english.returncode == japanese.returncode == 1


def test_a_sound_database(tmp_path: Path) -> None:
    (tmp_path / "DB01.edb").write_bytes(made_database(5, 32768, at_108=4711))
    done = mailproof("ese", "check", str(tmp_path))
    assert done.returncode == 0
    assert done.stdout.startswith("PASS: DB01.edb: shut down cleanly")
    assert len(done.stdout.splitlines()) < 24, "a sound one fits on one screen"


def test_what_is_only_worth_a_warning(tmp_path: Path) -> None:
    (tmp_path / "DB01.edb").write_bytes(made_database(2, at_240=1))
    assert mailproof("ese", "check", str(tmp_path)).returncode == 0
    assert mailproof("ese", "check", "--fail-on", "warn", str(tmp_path)).returncode == 1


def test_json(tmp_path: Path) -> None:
    lay(tmp_path)
    for lang in ("en", "ja"):
        done = mailproof("--lang", lang, "ese", "check", "--format", "json", str(tmp_path))
        data = json.loads(done.stdout)
        assert done.returncode == 1
        assert data["verdict"] == "fail"
        assert [cause["name"] for cause in data["causes"]] == ["ese-dirty-shutdown"]
        (database,) = data["ese"]["databases"]
        assert (database["state"], database["repair_count"]) == ("dirty-shutdown", 0)
        assert database["required_first"] == database["required_last"] == database["committed_last"] == 92
        assert [log["generation"] for log in data["ese"]["logs"]] == [89, 90, 91, 92]
        (plan,) = data["ese"]["plans"]
        assert plan["rows"] == [{"number": 3, "name": "replay"}]
        assert [step["name"] for step in plan["steps"]] == ["copy", "replay", "expect-clean", "mount"]
        assert plan["steps"][1]["message"].startswith("Replay the logs.")
        assert data["ese"]["pages"][0]["pages"] == 30


def test_pages_can_be_left_out(tmp_path: Path) -> None:
    flip(lay(tmp_path) / DATABASE, 5 * 4096 + 99)
    assert "ese-page-damaged" in mailproof("ese", "check", str(tmp_path)).stdout
    done = mailproof("ese", "check", "--no-pages", str(tmp_path))
    assert "ese-page-damaged" not in done.stdout
    assert "the pages of SRUDB.dat were not read" in done.stdout


def test_the_safe_copies(tmp_path: Path) -> None:
    done = mailproof("ese", "check", "--copy-plan", "--copy-to", "F:\\copy", str(lay(tmp_path)))
    assert done.returncode == 0
    assert done.stdout.splitlines()[-3:] == [
        "       Dismount-Database -Identity 'SRUDB' -Confirm:$false",
        "       robocopy 'C:\\Windows\\system32\\SRU' 'F:\\copy' 'SRUDB.dat' /R:1 /W:1",
        "       robocopy 'C:\\Windows\\system32\\SRU' 'F:\\copy' 'SRU*.log' 'SRU*.jrs' 'SRU.chk' /R:1 /W:1",
    ]
    (copy,) = json.loads(mailproof("ese", "check", "--copy-plan", "--format", "json", str(tmp_path)).stdout)
    assert [step["name"] for step in copy["steps"]] == ["copy"]


def test_what_was_pasted() -> None:
    """The article's own case, and the one in which the same step loses mail."""
    done = mailproof("ese", "plan", "-", given=REPAIRED)
    assert done.returncode == 1
    assert "Moving the logs away is right here" in done.stdout
    assert "Move-Item 'D:\\Exchange\\MailboxDB01\\E00*.log'" in done.stdout
    assert "New-MoveRequest -TargetDatabase 'MailboxDB01-new'" in done.stdout
    done = mailproof("ese", "plan", "-", given=DIRTY)
    assert "Do not move all logs away" in done.stdout
    assert "eseutil /r E00 /l 'D:\\Exchange\\MailboxDB01' /s 'D:\\Exchange\\MailboxDB01'" in done.stdout


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp932"])
def test_a_file_of_a_windows_console(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_bytes(("状態\r\n" + DIRTY).encode(encoding))
    done = mailproof("ese", "plan", str(tmp_path / "out.txt"))
    assert done.stdout.startswith("FAIL: MailboxDB01.edb was not shut down cleanly")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ese", "check"), "say what to check"),
        (("ese", "plan"), "say what eseutil printed"),
        (("ese", "mend", "x"), "check, plan"),
        (("ese", "check", "/nonexistent/x"), "no such file or folder"),
        (("ese", "check", ""), "say what to check"),
        (("ese", "check", "-"), "not standard input"),
        (("ese", "plan", "/nonexistent/x"), "cannot read"),
        (("ese", "check", "--format", "xml", "x"), "text, json"),
    ],
)
def test_wrong_usage_says_what_to_do(arguments: tuple[str, ...], said: str) -> None:
    done = mailproof(*arguments)
    assert done.returncode == 2
    assert said in sentence_of(done) or said in done.stderr


def test_wrong_usage_with_files_that_are_none(tmp_path: Path) -> None:
    assert "no ESE database" in sentence_of(mailproof("ese", "check", str(tmp_path)))
    assert "no output of eseutil" in sentence_of(mailproof("ese", "plan", "-", given="hello"))


def test_more_databases_than_are_judged_together() -> None:
    """A plan for some of them would be read as one for all."""
    pasted = [f"Database: a{n}.edb\nState: Dirty Shutdown\n" for n in range(101)]
    assert "there are 101 databases in it" in sentence_of(mailproof("ese", "plan", "-", given="".join(pasted)))
    assert "101 databases" not in mailproof("ese", "plan", "-", given="".join(pasted[1:])).stderr


_WATCHED = """\
import sys
seen = []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & (1 | 2 | 0o100 | 0o1000 | 0o2000):
        seen.append(str(arguments[0]))
    elif event.startswith(("os.", "shutil.")) and event.split(".")[1] in (
        "mkdir", "remove", "rename", "rmdir", "truncate", "link", "symlink", "chmod", "chown", "utime", "copyfile"
    ):
        seen.append(event)
    elif event in ("subprocess.Popen", "os.system", "socket.connect"):
        seen.append(event)
sys.addaudithook(watch)
from mailproof.__main__ import main
sys.argv = ["mailproof", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
print("\\n".join(seen), file=sys.stderr)
"""


def _state(directory: Path) -> dict[str, tuple[str, int]]:
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in sorted(directory.iterdir())
    }


@pytest.mark.parametrize("wish", [(), ("--copy-plan",), ("-v", "--format", "json")])
@pytest.mark.parametrize("state", ["dirty", "clean"])
def test_nothing_is_opened_for_writing(wish: tuple[str, ...], state: str, tmp_path: Path) -> None:
    """The interpreter itself tells of every file that is opened, made, moved or removed, and of every program."""
    lay(tmp_path, state)
    before = _state(tmp_path)
    command = [sys.executable, "-B", "-c", _WATCHED, "ese", "check", *wish, str(tmp_path)]
    done = subprocess.run(command, env=CLEAN, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout
    assert done.stderr.split() == []
    assert _state(tmp_path) == before


def test_the_watch_sees_what_writes(tmp_path: Path) -> None:
    program = _WATCHED.partition("from mailproof")[0] + "open(sys.argv[1], 'w').close(); print(seen)"
    command = [sys.executable, "-c", program, str(tmp_path / "x")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert str(tmp_path / "x") in done.stdout


def test_numpy_is_not_imported_for_a_small_file(tmp_path: Path) -> None:
    """It takes longer than the checksums do."""
    (tmp_path / "DB01.edb").write_bytes(kept("SRUDB.clean.dat"))
    assert "numpy" not in modules_imported_by("ese", "check", "--fail-on", "fail", str(tmp_path))


def test_a_name_that_is_no_utf_8(tmp_path: Path) -> None:
    import os

    name = os.fsencode(tmp_path) + b"/DB\xff'\x1b[31m.edb"
    Path(os.fsdecode(name)).write_bytes(made_database(2))
    for shape in ("text", "json"):
        done = mailproof("ese", "check", "--format", shape, str(tmp_path))
        assert done.returncode == 0
        assert "\x1b" not in done.stdout


def two_databases(root: Path) -> list[str]:
    for name in ("DB01", "DB02"):
        (lay(root / name) / DATABASE).rename(root / name / f"{name}.edb")
    return [str(root / "DB01"), str(root / "DB02")]


def test_two_databases_each_with_its_own_logs(tmp_path: Path) -> None:
    folders = two_databases(tmp_path)
    (tmp_path / "DB02" / "SRU.log").unlink()
    done = mailproof("ese", "check", *folders)
    rows = [line.split("  ")[-1] for line in done.stdout.splitlines() if line.startswith(("required", "logs "))]
    assert rows == [
        "92 (0x5C): there and sound",
        "SRU: 89-92 (0x59-0x5C), 4 files, 0 damaged",
        "92 (0x5C): not all there",
        "SRU: 89-91 (0x59-0x5B), 3 files, 0 damaged",
    ]


@pytest.mark.parametrize("option", ["--database-name", "--database-folder", "--log-folder"])
def test_what_is_said_of_one_database_is_not_taken_for_two(option: str, tmp_path: Path) -> None:
    done = mailproof("ese", "check", option, "D:\\x", *two_databases(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{option} is of one database" in sentence_of(done)
    assert "DB02.edb" in sentence_of(done)


@pytest.mark.parametrize(
    ("lang", "below", "other", "pipe"),
    [
        ("en", "there is below it", "is no ESE database", "a pipe"),
        ("ja", "その下のフォルダー", "どれとも違います", "パイプ"),
    ],
)
def test_places_where_it_is_not(lang: str, below: str, other: str, pipe: str, tmp_path: Path) -> None:
    import os

    two_databases(tmp_path)
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam")
    os.mkfifo(tmp_path / "a.edb")
    for place, said in ((tmp_path, below), (tmp_path / "letter.txt", other), (tmp_path / "a.edb", pipe)):
        done = mailproof("--lang", lang, "ese", "check", str(place))
        assert (done.returncode, done.stdout) == (2, "")
        assert said in sentence_of(done)
    assert str(tmp_path / "DB02") in sentence_of(mailproof("ese", "check", str(tmp_path)))


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "DB.edb: the header is damaged, and so is its copy (the shadow)"),
        ("ja", "DB.edb: ヘッダとその控え(シャドウ)の両方が破損しています"),
    ],
)
def test_a_sentence_has_words_for_what_is_wrong(lang: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "DB.edb").write_bytes(made_database(2))
    for at in (300, 4096 + 300):
        flip(tmp_path / "DB.edb", at)
    done = mailproof("--lang", lang, "ese", "check", str(tmp_path))
    assert said in done.stdout.splitlines()[0]
    assert json.loads(mailproof("ese", "check", "--format", "json", str(tmp_path)).stdout)["causes"][0]["params"] == {
        "file": "DB.edb",
        "copy": "both",
    }
