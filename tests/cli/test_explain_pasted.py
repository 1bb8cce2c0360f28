"""`mailproof explain` of what was pasted, as users start it."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from running import mailproof, sentence_of

BOUNCES = Path(__file__).parents[1] / "parse" / "bounce"
ARTICLE = Path(__file__).parents[1] / "run" / "log" / "article_2.log"
BOUNCE = BOUNCES / "made" / "postfix-spf.eml"


def test_a_file_and_standard_input_and_the_text_itself_are_the_same(tmp_path: Path) -> None:
    text = BOUNCE.read_text("utf-8")
    packed = tmp_path / "bounce.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    told = [mailproof("explain", str(BOUNCE)), mailproof("explain", "-", given=text), mailproof("explain", text)]
    told.append(mailproof("explain", str(packed)))
    assert {done.returncode for done in told} == {0}
    assert len({done.stdout for done in told}) == 1
    assert told[0].stdout.startswith("Not delivered to spf@example.com: ")
    assert "mx.example.com (Gmail) said:" in told[0].stdout


def test_a_message_of_a_log_is_explained_by_its_name() -> None:
    done = mailproof("explain", "tlsmgr-cache-broken")
    assert done.returncode == 0
    assert "smtpd_scache.db: Invalid argument" in done.stdout


def test_several_words_that_are_nothing_are_not_known() -> None:
    done = mailproof("explain", "hello world")
    assert done.returncode == 3
    assert done.stdout.startswith("What this means is not known")


def test_it_is_told_in_japanese() -> None:
    said = mailproof("--lang", "ja", "explain", str(BOUNCE)).stdout
    assert said.startswith("spf@example.com に届いていません。")
    assert "どちら側の問題か: 送信側のサーバー" in said


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_json_has_the_same_names_in_every_language(lang: str) -> None:
    told = json.loads(mailproof("--lang", lang, "explain", "--format", "json", str(BOUNCE)).stdout)
    assert (told["known"], told["pasted"], told["format"]) == (True, "bounce", "postfix")
    (cause,) = told["causes"]
    assert (cause["name"], cause["side"], cause["provider"]) == ("message-unauthenticated", "your-server", "gmail")
    assert cause["mend"] and cause["cause"]


def test_a_log_is_explained_with_the_side_of_each_cause(tmp_path: Path) -> None:
    line = (
        "Jan 18 20:28:39 mx postfix/smtpd[1248]: error: open database /etc/postfix/a.db: No such file or directory\n"
    )
    log = tmp_path / "mail.log"
    log.write_text(line * 3)
    done = mailproof("explain", str(log))
    assert done.returncode == 0
    assert "(lookup-table-not-built)" in done.stdout and "x 3" in done.stdout
    assert "your server, the one with this log" in done.stdout
    quiet = mailproof(
        "explain", "-", given="Jan 18 20:28:39 mx postfix/smtpd[1]: connect from a.example[192.0.2.1]\n"
    )
    assert quiet.returncode == 0


def test_what_is_not_known_ends_with_three() -> None:
    done = mailproof("explain", "Milk, bread, 2 eggs.")
    assert done.returncode == 3
    assert "not known" in done.stdout
    assert mailproof("explain", "550 5.9.9 quux").returncode == 3


def test_words_that_could_be_a_name_are_a_text_where_a_server_says_them() -> None:
    assert "(relay-denied)" in mailproof("explain", "Relay access denied").stdout
    assert "(recipient-unknown)" in mailproof("explain", "User", "unknown").stdout
    assert mailproof("explain", "relay-denyed").returncode == 2


def test_a_mask_hides_whom_it_is_about() -> None:
    for shape in ("text", "json"):
        said = mailproof("explain", "--mask", "--format", shape, str(BOUNCE)).stdout
        assert "example.org" not in said and "spf@" not in said and "192.0.2.10" not in said.replace("192.0.2.1 ", "")
        assert "message-unauthenticated" in said


def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    done = mailproof("explain", str(tmp_path))
    assert done.returncode == 2
    assert "Is a directory" in done.stderr


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_what_windows_wrote(encoding: str, tmp_path: Path) -> None:
    """Notepad and PowerShell write UTF-16; a log and a bounce in it say the same."""
    for name, text in (("log", ARTICLE.read_text("utf-8")), ("bounce", BOUNCE.read_text("utf-8"))):
        plain, wide = tmp_path / name, tmp_path / f"{name}.txt"
        plain.write_text(text, "utf-8")
        wide.write_bytes(text.encode(encoding))
        day = plain.stat().st_mtime
        os.utime(wide, (day, day))
        assert mailproof("explain", str(wide)).stdout == mailproof("explain", str(plain)).stdout != ""


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_log_that_is_cut_is_said(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """Also where it is longer than what is read to see what it is."""
    line = "Jan 18 20:28:39 mx postfix/smtpd[1248]: connect from a.example[192.0.2.9]\n"
    for times in (3, 500_000):
        packed = tmp_path / "mail.log.gz"
        packed.write_bytes(pack(line.encode() * times)[:-9])
        done = mailproof("explain", str(packed))
        assert done.returncode == 2
        assert "cannot read" in sentence_of(done)


@pytest.mark.parametrize(
    "name", ["/var/log/none.log", "./none", "../none here.eml", "none.eml", "logs/none", "~/none"]
)
def test_a_file_that_is_not_there_is_said(name: str, tmp_path: Path) -> None:
    done = mailproof("explain", name, cwd=tmp_path)
    assert done.returncode == 2
    assert sentence_of(done) == f"cannot read {name}: No such file or directory"


@pytest.mark.parametrize("text", ["https://example.com/none", "and so on/or not", "5.1.1", "mail.example.com"])
def test_a_text_is_no_file_for_a_slash_or_a_dot(text: str) -> None:
    done = mailproof("explain", text)
    assert "No such file" not in done.stderr
    assert done.returncode in (0, 3)


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "user-unknown.txt").write_text("550 5.1.1 User unknown\n")
    assert mailproof("explain", "user-unknown.txt", cwd=tmp_path).returncode == 0
