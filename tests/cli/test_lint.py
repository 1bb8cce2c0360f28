"""`mailproof postfix lint`: all problems at once, each with its file and line, in four shapes; and the exit codes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from running import mailproof, sentence_of

from configurations import MASTER

MAIN = """compatibility_level = 3.6
myhostname = mail.example.test
smtpd_recipent_restrictions = permit
smtpd_recipient_restrictions = permit_mynetworks,
    # a comment inside
    reject_unauth_destinaton
virtual_alias_maps = texthash:/etc/postfix/virtual
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    (tmp_path / "main.cf").write_text(MAIN)
    (tmp_path / "master.cf").write_text(MASTER)
    (tmp_path / "virtual").write_text("a@example.test b@example.test\nb@example.test\n")
    return tmp_path


WIDE = {"COLUMNS": "400"}


def test_everything_is_named_at_once_with_file_and_line(copy: Path) -> None:
    done = mailproof("postfix", "lint", "--postfix-dir", str(copy), env=WIDE)
    assert (done.returncode, done.stderr) == (1, "")
    assert f"{copy}/main.cf:3: smtpd_recipent_restrictions = permit" in done.stdout
    assert f"{copy}/main.cf:6: reject_unauth_destinaton" in done.stdout
    assert f"{copy}/virtual:2: b@example.test" in done.stdout
    flat = " ".join(done.stdout.split())
    assert "the closest name is reject_unauth_destination. [restriction-misspelt]" in flat
    assert "the closest name is smtpd_recipient_restrictions. [parameter-unknown]" in flat


def test_a_table_in_the_copy_itself_is_read_however_the_copy_is_named(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = copy / "main.cf"
    main.write_text(MAIN.replace("/etc/postfix/virtual", f"{copy}/virtual"))
    monkeypatch.chdir(copy.parent)
    done = mailproof("postfix", "lint", "--postfix-dir", copy.name, env=WIDE)
    assert "virtual:2: b@example.test" in done.stdout
    assert "is not in this copy" not in done.stdout


def test_the_same_in_json_sarif_and_for_github(copy: Path) -> None:
    report = json.loads(mailproof("postfix", "lint", "-c", str(copy), "--format", "json").stdout)
    assert report["verdict"] == "fail"
    names = {item["name"] for item in report["findings"]}
    assert {"restriction-misspelt", "parameter-unknown", "lookup-table-line-ignored"} <= names
    [run] = json.loads(mailproof("postfix", "lint", "-c", str(copy), "--format", "sarif").stdout)["runs"]
    assert {result["ruleId"] for result in run["results"]} == names
    found = next(result for result in run["results"] if result["ruleId"] == "restriction-misspelt")
    place = found["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (f"file://{copy}/main.cf", 6)
    assert run["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == "restriction-misspelt"
    said = mailproof("postfix", "lint", "-c", str(copy), "--format", "github").stdout
    assert f"::error file={copy}/main.cf,line=6,title=restriction-misspelt::" in said


def test_exim_has_its_own(tmp_path: Path) -> None:
    conf = tmp_path / "exim.conf"
    text = "primary_hostname = mail.example.test\ntls_certifcate = /etc/ssl/a.pem\nacl_smtp_rcpt = accept\n"
    conf.write_text(text)
    done = mailproof("exim", "lint", "-c", str(conf), env=WIDE)
    assert (done.returncode, done.stderr) == (1, "")
    assert f"{conf}:2: tls_certifcate = /etc/ssl/a.pem" in done.stdout
    assert "+tls_certificate = /etc/ssl/a.pem" in done.stdout
    conf.write_text(text.replace("certifcate", "certificate"))
    assert "[open-relay-by-restriction]" in mailproof("exim", "lint", "-c", str(conf), env=WIDE).stdout
    [run] = json.loads(mailproof("exim", "lint", "-c", str(conf), "--format", "sarif").stdout)["runs"]
    assert "open-relay-by-restriction" in {result["ruleId"] for result in run["results"]}


def test_it_speaks_japanese(copy: Path) -> None:
    done = mailproof("--lang", "ja", "postfix", "lint", "--postfix-dir", str(copy), env=WIDE)
    assert "最も近い名前は reject_unauth_destination です" in "".join(done.stdout.split("\n"))


def test_a_relative_directory_is_shown_as_it_was_named(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy.parent)
    done = mailproof("postfix", "lint", "-c", copy.name, "--format", "github")
    assert f"::error file={copy.name}/main.cf,line=6," in done.stdout


def test_a_warning_counts_where_it_is_asked_to(copy: Path) -> None:
    (copy / "main.cf").write_text("compatibility_level = 3.6\nmyhostname = mail.example.test\nno_such_thing = 1\n")
    assert mailproof("postfix", "lint", "-c", str(copy)).returncode == 0
    assert mailproof("postfix", "lint", "-c", str(copy), "--fail-on", "warn").returncode == 1


def test_usage_and_what_is_not_there(copy: Path) -> None:
    assert "configuration" in sentence_of(mailproof("postfix", "lint", "-c", str(copy / "nowhere")))
    assert "option" in sentence_of(mailproof("postfix", "lint", "extra", "-c", str(copy)))


def test_a_table_that_is_a_pipe_is_not_opened(copy: Path) -> None:
    (copy / "virtual").unlink()
    os.mkfifo(copy / "virtual")
    (copy / "main.cf").write_text(MAIN.replace("    reject_unauth_destinaton\n", "    reject_unauth_destination\n"))
    done = mailproof("postfix", "lint", "-c", str(copy))
    assert "is a pipe or a device, and is not opened" in " ".join(done.stdout.split())
    assert done.returncode == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("postfix", "lint", "-c", ""), "--postfix-dir"),
        (("postfix", "lint", "--dovecot-conf", ""), "--dovecot-conf"),
        (("dovecot", "lint", "-c", ""), "--dovecot-conf"),
        (("exim", "lint", "-c", ""), "--exim-conf"),
        (("exim", "lint", "word"), "--exim-conf, not word"),
        (("exim", "lint", "-c", "nowhere"), "no configuration at nowhere; name it with --exim-conf"),
        (("check", "smtp://127.0.0.1:1", "--postfix-dir", ""), "--postfix-dir"),
        (("check", "smtp://127.0.0.1:1", "--dovecot-conf", ""), "--dovecot-conf"),
        (("check", "--postfix-dir", "x"), "the configuration alone is read by mailproof postfix lint"),
        (("check", "--exim-conf", "x"), "the configuration alone is read by mailproof exim lint"),
        (("postfix", "lint", "word"), "--postfix-dir, not word"),
        (("dovecot", "lint", "word"), "--dovecot-conf, not word"),
        (("dovecot", "lint", "-c", "nowhere"), "no configuration at nowhere; name it with --dovecot-conf"),
        (("postfix", "lint", "-c", "main.cf"), "main.cf is a file; --postfix-dir wants the directory"),
        (("dovecot", "lint", "-c", "archive"), "archive is no configuration: it is no text"),
        (("exim", "lint", "-c", "archive"), "archive is no configuration"),
        (("dovecot", "lint", "-c", "includes"), "archive is no configuration"),
        (("exim", "lint", "-c", "exim-includes"), "archive is no configuration"),
        (("greylist", "lint", "archive"), "archive is no configuration"),
        (("postfix", "lint", "-c", "of-bytes"), "of-bytes/master.cf is no configuration"),
        (("postfix", "route", "a@b.test", "c@d.test", "-c", "of-bytes"), "of-bytes/master.cf is no configuration"),
        (("postfix", "rewrite", "a@b.test", "-c", "of-bytes"), "of-bytes/master.cf is no configuration"),
        (("postfix", "prove", "a@b.test", "--to", "c@d.test", "-c", "of-bytes"), "of-bytes/master.cf is no conf"),
    ],
)
def test_what_names_no_configuration_is_told_what_to_name(
    arguments: tuple[str, ...], said: str, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy)
    (copy / "archive").write_bytes(bytes(range(256)))
    (copy / "includes").write_text("!include archive\nprotocols = imap\n")
    (copy / "exim-includes").write_text(f".include {copy}/archive\n")
    (copy / "of-bytes").mkdir()
    (copy / "of-bytes" / "main.cf").write_text(MAIN)
    (copy / "of-bytes" / "master.cf").write_bytes(bytes(range(256)))
    assert said in sentence_of(mailproof(*arguments))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("dovecot", "lint", "-c", "."), ". is a directory"),
        (("exim", "lint", "-c", "."), ". is a directory"),
        (("postfix", "lint", "-c", "below"), "below/main.cf is a directory"),
        (("postfix", "lint", "-c", "pipe"), "pipe/main.cf is a pipe or a device"),
    ],
)
def test_what_cannot_be_read_is_told_by_what_it_is(
    arguments: tuple[str, ...], said: str, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy / "below" / "main.cf").mkdir(parents=True)
    (copy / "pipe").mkdir()
    os.mkfifo(copy / "pipe" / "main.cf")
    monkeypatch.chdir(copy)
    done = mailproof(*arguments)
    assert (done.returncode, done.stdout) == (3, "")
    assert said in done.stderr


def test_a_copy_without_master_cf_is_not_sound(copy: Path) -> None:
    (copy / "main.cf").write_text("compatibility_level = 3.6\nmyhostname = mail.example.test\n")
    (copy / "master.cf").unlink()
    done = mailproof("postfix", "lint", "-c", str(copy))
    assert done.returncode == 3
    assert "master.cf is not in this copy of the configuration" in " ".join(done.stdout.split())
    (copy / "master.cf").mkdir()
    assert mailproof("postfix", "lint", "-c", str(copy)).returncode == 1


@pytest.mark.parametrize("shape", ["text", "json", "sarif", "github"])
def test_the_name_of_a_directory_may_be_any_bytes(shape: str, copy: Path) -> None:
    place = os.fsencode(copy) + b"\xff"
    copy.rename(os.fsdecode(place))
    done = mailproof("postfix", "lint", "-c", os.fsdecode(place), "--format", shape, env=WIDE)
    assert (done.returncode, done.stderr) == (1, "")
    if shape == "json":
        places = {piece["where"] for item in json.loads(done.stdout)["findings"] for piece in item["evidence"]}
        assert any(place.endswith(f"/{copy.name}\ufffd/main.cf:3") for place in places)


def test_rules_with_a_number_where_none_is_allowed_and_numbers_that_are_none_are_named(copy: Path) -> None:
    with (copy / "main.cf").open("a") as settings:
        settings.write("virtual_alias_maps = regexp:/etc/postfix/r\ntransport_maps = regexp:/etc/postfix/r\n")
    (copy / "r").write_text("/^(a)@/ smtp:[$1.test]\n/^(b)@/ $1b@c.test\n/^(d)@/ ${1}d@c.test\n")
    report = json.loads(mailproof("postfix", "lint", "-c", str(copy), "--format", "json").stdout)
    found = [each for each in report["findings"] if each["name"] == "lookup-table-line-ignored"]
    told = sorted((each["evidence"][0]["where"].rpartition(":")[2], each["params"]["problem"]) for each in found)
    assert told == [("1", "substitution"), ("2", "bad-replacement"), ("3", "substitution")]
