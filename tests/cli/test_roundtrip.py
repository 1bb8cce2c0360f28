"""`roundtrip` from the outside, against the real Postfix and Dovecot."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from running import CLEAN, mailproof, sentence_of

from mailproof.lab.real.server import RealLab

ALICE, BOB = "alice@example.test", "bob@example.test"


@pytest.mark.real
@pytest.mark.parametrize(("submit", "read"), [("submission", "imaps"), ("submissions", "pop3s"), ("smtp", "imap")])
def test_there_and_back(real_lab: RealLab, submit: str, read: str) -> None:
    where = (real_lab.urls[submit], real_lab.urls[read], "--ca-file", str(real_lab.ca_file), "--name", real_lab.name)
    sender = () if submit == "smtp" else ("-u", ALICE, "--password-env", "AP")
    reader = ("--mailbox-user", BOB, "--mailbox-password-env", "BP", "--format", "json")
    command = [sys.executable, "-m", "mailproof", "roundtrip", *where, *sender, *reader]
    env = {**CLEAN, "AP": real_lab.accounts[ALICE], "BP": real_lab.accounts[BOB]}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["body"], told["folder"], told["changes"], told["removed"]) == ("same", "INBOX", [], True)
    assert len(told["queue_ids"]) >= 2
    assert not any(secret in done.stdout for secret in (real_lab.accounts[ALICE], real_lab.accounts[BOB]))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "handed in"),
        (("imaps://mx.test",), "handed in"),
        (("smtp://mx.test", "lmtp://mx.test"), "handed in"),
        (("smtp://mx.test", "imaps://mx.test"), "--to"),
        (("smtp://mx.test", "imaps://mx.test", "--to", "a@x.test"), "--mailbox-user"),
        (("mx.test", "-u", "alice", "--password-env", "PW"), "--to"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(words: tuple[str, ...], says: str) -> None:
    done = mailproof("roundtrip", *words, env={"PW": "x"})
    assert done.returncode == 1
    assert says in sentence_of(done)
