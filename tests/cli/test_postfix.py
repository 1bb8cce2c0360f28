"""`mailproof postfix route`: the answer first, each decision with its line, and what is not known is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from running import mailproof, sentence_of

ARGUMENTS = ("postfix", "route", "who@example.co.jp", "you@far.test", "--postfix-dir")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "main.cf").write_text(
        "myhostname = mail.example.test\nrelayhost = [gw.test]\n"
        "sender_dependent_relayhost_maps = hash:/etc/postfix/by_sender\n"
    )
    (tmp_path / "master.cf").write_text("smtp inet n - n - - smtpd\nsmtp unix - - n - - smtp\n")
    (tmp_path / "by_sender").write_text("# the article's\n@example.co.jp\t[relay1.test]:587\n")
    return tmp_path


def test_the_table_of_a_copy_decides_and_is_named(directory: Path) -> None:
    done = mailproof(*ARGUMENTS, str(directory))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("who@example.co.jp -> you@far.test: smtp, next hop [relay1.test]:587\n")
    flat = " ".join(done.stdout.split())
    assert "relay1.test, port 587; addresses only, no MX" in flat
    assert "[/etc/postfix/by_sender:2]" in flat
    assert "lost relayhost = [gw.test]: lost to sender_dependent_relayhost_maps [main.cf:2]" in flat


@pytest.mark.parametrize("named", ["{}", "./{}/", "{0}/../{0}"])
def test_a_copy_may_be_named_from_where_one_stands(
    directory: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(directory.parent)
    from_here = mailproof(*ARGUMENTS, named.format(directory.name))
    assert (from_here.returncode, from_here.stderr) == (0, "")
    assert from_here.stdout == mailproof(*ARGUMENTS, str(directory)).stdout


def test_it_speaks_japanese(directory: Path) -> None:
    done = mailproof("--lang", "ja", *ARGUMENTS, str(directory))
    assert "次ホップ [relay1.test]:587" in done.stdout
    assert "負け relayhost = [gw.test]: sender_dependent_relayhost_maps が優先される" in " ".join(done.stdout.split())


def test_json_has_names_for_everything(directory: Path) -> None:
    said = json.loads(mailproof(*ARGUMENTS, str(directory), "--format", "json").stdout)
    (route,) = said["routes"]
    assert (said["told"], route["class"], route["master_line"]) == (True, "default", 2)
    assert route["hosts"] == [{"host": "relay1.test", "port": 587, "mx": False}]
    assert [step["name"] for step in route["steps"] if step["outcome"] == "lost"] == ["parameter-lost"]


def test_a_table_that_is_not_there_makes_it_uncertain(directory: Path) -> None:
    (directory / "by_sender").unlink()
    done = mailproof(*ARGUMENTS, str(directory))
    assert done.returncode == 1
    assert "hash:/etc/postfix/by_sender could not be read" in " ".join(done.stdout.split())


def test_escapes_of_a_file_do_not_reach_the_terminal(directory: Path) -> None:
    (directory / "by_sender").write_bytes(b"@example.co.jp \x1b]0;x\x07\xff[h]\n")
    for shape in ("text", "json"):
        done = mailproof(*ARGUMENTS, str(directory), "--format", shape)
        assert done.returncode == 0
        assert "\x1b" not in done.stdout


def test_what_is_missing_is_one_sentence(tmp_path: Path) -> None:
    assert "no main.cf" in sentence_of(mailproof(*ARGUMENTS, str(tmp_path)))
    assert "rout" in sentence_of(mailproof("postfix", "rout", "a@b.test", "c@d.test"))
