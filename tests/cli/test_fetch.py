"""`fetch` from the outside, against the real Dovecot: tables, bytes, folders, boxes."""

from __future__ import annotations

import json
import mailbox
import subprocess
import sys
from pathlib import Path

import pytest
from running import CLEAN, mailproof, sentence_of

from mailproof.lab.real.server import RealLab

BOB = "bob@example.test"
TEXT = b"Subject: =?iso-2022-jp?B?GyRCN29MPhsoQg==?=\nFrom: a@x.test\nTo: bob@example.test\n\n.dot\n..two\nlast\n"
EXPECTED = TEXT.partition(b"\n\n")[2].replace(b"\n", b"\r\n")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> RealLab:  # type: ignore[misc]
    """Two messages in Bob's mailbox, handed to Dovecot's LMTP, which answers when they are there."""
    with RealLab() as lab:
        file = tmp_path_factory.mktemp("message") / "message.eml"
        file.write_bytes(TEXT)
        for _ in range(2):
            done = mailproof("send", lab.urls["lmtp"], "--from", "a@x.test", "--to", BOB, "--data", f"@{file}")
            assert done.returncode == 0, done.stdout
        yield lab


def fetch(lab: RealLab, scheme: str, *words: str, password: str | None = None) -> subprocess.CompletedProcess[bytes]:
    where = (lab.urls[scheme], "--ca-file", str(lab.ca_file), "--name", lab.name, "-u", BOB, "--password-env", "PW")
    secret = lab.accounts[BOB] if password is None else password
    command = [sys.executable, "-m", "mailproof", "fetch", *where, *words]
    return subprocess.run(command, env={**CLEAN, "PW": secret}, capture_output=True, timeout=60, check=False)


BOTH = pytest.mark.parametrize("scheme", ["imaps", "imap", "pop3s", "pop3"])


@pytest.mark.real
@BOTH
def test_a_table_of_what_is_there(filled: RealLab, scheme: str) -> None:
    done = fetch(filled, scheme)
    shown = done.stdout.decode()
    assert done.returncode == 0
    assert shown.startswith("OK: INBOX holds 2 messages.")
    assert shown.count("件名") == 2 and "a@x.test" in shown


@pytest.mark.real
@BOTH
def test_raw_is_the_message_to_the_byte(filled: RealLab, scheme: str) -> None:
    done = fetch(filled, scheme, "--message", "1", "--raw")
    assert done.returncode == 0
    assert done.stdout.partition(b"\r\n\r\n")[2] == EXPECTED


@pytest.mark.real
def test_one_message_and_the_way_it_came(filled: RealLab) -> None:
    shown = fetch(filled, "imaps", "--message", "last", "--hops", "").stdout.decode()
    assert "LMTP" in shown and f"Delivered-To: {BOB}" in shown
    told = json.loads(fetch(filled, "pop3s", "--message", "last", "--format", "json").stdout)
    [message] = told["messages"]
    assert message["subject"] == "件名" and message["text"] == ".dot\n..two\nlast\n"
    assert message["hops"][-1]["protocol"].startswith("LMTP")


@pytest.mark.real
def test_kept_in_a_maildir_and_an_mbox(filled: RealLab, tmp_path: Path) -> None:
    for place, box in ((tmp_path / "kept", mailbox.Maildir), (tmp_path / "kept.mbox", mailbox.mbox)):
        done = fetch(filled, "imaps", "--save", str(place))
        assert done.returncode == 0, done.stderr
        kept = box(str(place))
        assert [message["From"] for message in kept] == ["a@x.test"] * 2
        kept.close()


@pytest.mark.real
@pytest.mark.parametrize("scheme", ["imaps", "pop3s"])
def test_nothing_is_deleted_before_it_is_kept(filled: RealLab, tmp_path: Path, scheme: str) -> None:
    nowhere = tmp_path / "file"
    nowhere.write_text("not a Maildir")
    failed = fetch(filled, scheme, "--message", "1", "--delete", "--save", str(nowhere))
    assert failed.returncode == 1
    missing = fetch(filled, scheme, "--message", "1", "--message", "99", "--delete", "--raw")
    assert missing.returncode == 41 and EXPECTED in missing.stdout
    assert fetch(filled, scheme).stdout.startswith(b"OK: INBOX holds 2 messages.")


@pytest.mark.real
def test_folders_and_exit_codes(filled: RealLab) -> None:
    assert "INBOX" in fetch(filled, "imaps", "--folders").stdout.decode()
    assert fetch(filled, "imaps", "--message", "9").returncode == 41
    assert fetch(filled, "imaps", "--folder", "no such").returncode == 40
    assert fetch(filled, "imaps", password="wrong").returncode == 28


def test_the_way_of_a_message_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "m.eml"
    file.write_text("Received: from a.test by b.test with ESMTP id 1; Sun, 29 Nov 2026 10:00:00 +0000\n\nx\n")
    done = mailproof("fetch", "--hops", str(file))
    assert done.returncode == 0 and "b.test" in done.stdout
    told = json.loads(mailproof("fetch", "--hops", "-", "--format", "json", given=file.read_text()).stdout)
    assert told["hops"][0]["by"] == "b.test"
    by, queue_id = "mx-with-a-long-name.example.test", "0E5zGB1BDGsPVwAAg+zDdQ"
    file.write_text(
        f"Received: from a.test by {by} with ESMTPS id {queue_id}; Sun, 29 Nov 2026 10:00:00 +0000\n\nx\n"
    )
    assert queue_id in mailproof("fetch", "--hops", str(file), env={"COLUMNS": "60"}).stdout
    file.write_text("Received: from a.test by b.test with ESMTP id 1; Sun, 29 Nov 2026 10:00:00 +0000\n\nx\n")
    masked = mailproof("fetch", "--hops", str(file), "--mask").stdout
    assert "b.test" not in masked and "domain-1.example" in masked


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "TARGET"),
        (("smtp://mx.test", "-u", "a"), "smtp"),
        (("imaps://mx.test",), "--user"),
        (("imaps://mx.test", "-u", "a", "--message", "first"), "--message"),
        (("imaps://mx.test", "-u", "a", "--delete"), "--message"),
        (("imaps://mx.test", "-u", "a", "--delete", "--save", "x"), "--message"),
        (("imaps://mx.test", "-u", "a", "--search", "x", "--save", "x"), "--search"),
        (("imaps://mx.test", "-u", "a", "--mask", "--raw"), "--mask"),
        (("imaps://mx.test", "-u", "a", "--mask", "--keep-bodies"), "--keep-bodies"),
        (("--hops", "/no/such"), "/no/such"),
        (("--hops", "/dev/null"), "/dev/null is no message"),
        (("pop3://mx.test", "-u", "a", "--folder", "Junk"), "--folder is of IMAP"),
        (("pop3s://mx.test", "-u", "a", "--folders"), "--folders is of IMAP"),
        (
            ("imaps://mx.test", "-u", "a", "--folder", "Entw\udcfcrfe"),
            "--folder takes the name of a folder, in UTF-8",
        ),
        (("imaps://mx.test", "-u", "a", "--folder", ""), "--folder takes the name of a folder"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(words: tuple[str, ...], says: str) -> None:
    done = mailproof("fetch", *words)
    assert done.returncode == 1
    assert says in sentence_of(done)
