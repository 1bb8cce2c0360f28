"""`send` to the real Postfix, and what then lies in the mailbox that Dovecot serves."""

from __future__ import annotations

import imaplib
import os
import secrets
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from mailproof.lab.real.server import RealLab

pytestmark = pytest.mark.real

ALICE, BOB = "alice@example.test", "bob@example.test"


def send(lab: RealLab, scheme: str, *words: str, to: str = BOB) -> subprocess.CompletedProcess[str]:
    where = (lab.urls[scheme], "--ca-file", str(lab.ca_file), "--name", lab.name)
    login = () if scheme in ("smtp", "lmtp") else ("-u", ALICE, "--password-env", "PW")
    command = (sys.executable, "-m", "mailproof", "send", *where, *login, "--from", ALICE, "--to", to, *words)
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent", "PW": lab.accounts[ALICE]}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def found(lab: RealLab, subject: str) -> bytes:
    """The one message of this subject in Bob's INBOX, once it has come."""
    context = ssl.create_default_context(cafile=str(lab.ca_file))
    context.check_hostname = False
    with imaplib.IMAP4_SSL("127.0.0.1", lab.ports["imaps"], ssl_context=context, timeout=30) as imap:
        imap.login(BOB, lab.accounts[BOB])
        imap.select("INBOX")

        def numbers() -> list[bytes]:
            imap.noop()  # which asks the server
            return imap.search(None, "SUBJECT", f'"{subject}"')[1][0].split()

        (number,) = lab.wait_until(numbers, "the message", 120.0)
        data = imap.fetch(number.decode(), "(RFC822)")[1][0]
        assert isinstance(data, tuple)
        return data[1]


@pytest.mark.parametrize(
    ("scheme", "words"),
    [
        ("submission", ()),
        ("submissions", ("--pipelining",)),
        ("submission", ("--chunking",)),
        ("submission", ("--chunking", "--chunk-size", "100")),
        ("smtp", ()),
    ],
    ids=["DATA", "pipelining", "BDAT", "BDAT in pieces", "port 25"],
)
def test_every_way_brings_the_same_message(
    real_lab: RealLab, tmp_path: Path, scheme: str, words: tuple[str, ...]
) -> None:
    subject = f"way {secrets.token_hex(8)}"  # others have sent mail to Bob, too
    file = tmp_path / "message.eml"
    body = b"..two dots\n.one dot\nlast line\n"
    file.write_bytes(f"From: <{ALICE}>\nTo: <{BOB}>\nSubject: {subject}\n\n".encode() + body)
    done = send(real_lab, scheme, "--data", f"@{file}", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("OK: the server has taken the message: 250 2.0.0 Ok")
    assert found(real_lab, subject).partition(b"\r\n\r\n")[2] == body.replace(b"\n", b"\r\n")


def test_an_unknown_recipient_among_known_ones(real_lab: RealLab) -> None:
    done = send(real_lab, "smtp", to=f"{BOB},nobody-here@example.test")
    assert done.returncode == 42
    assert "recipient-unknown" in done.stdout


def test_a_relay_is_refused_without_a_login_and_granted_with_one(real_lab: RealLab) -> None:
    stranger = send(real_lab, "smtp", "-q", "RCPT", to="someone@example.com")
    assert stranger.returncode == 24 and "login-required" in stranger.stdout
    user = send(real_lab, "submission", "-q", "RCPT", to="someone@example.com")
    assert user.returncode == 0


def test_dsn_parameters_are_taken(real_lab: RealLab) -> None:
    words = ("--notify", "success,failure", "--ret", "hdrs", "--envid", "a+b=c", "-q", "RCPT", "-v")
    done = send(real_lab, "submission", *words)
    assert done.returncode == 0
    assert "RET=HDRS ENVID=a+2Bb+3Dc" in done.stdout and "NOTIFY=SUCCESS,FAILURE" in done.stdout
