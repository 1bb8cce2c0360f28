"""`mailproof talk` with the real Postfix and Dovecot: STARTTLS, logins, a message by hand, scripts."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from labcheck import ALICE, BOB
from mailproof.lab.real.server import RealLab
from ptys import Terminal

pytestmark = pytest.mark.real

ENV = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}


def command(lab: RealLab, scheme: str, *options: str) -> list[str]:
    url = f"{scheme}://127.0.0.1:{lab.ports[scheme]}"
    trust = ("--name", lab.name, "--ca-file", str(lab.ca_file), "--ehlo", "client.example.test")
    return [sys.executable, "-m", "mailproof", "talk", url, *trust, *options]


def talking(lab: RealLab, scheme: str, home: Path, *options: str) -> Terminal:
    return Terminal(command(lab, scheme, *options), {**ENV, "HOME": str(home)})


def played(lab: RealLab, scheme: str, script: str, *options: str) -> subprocess.CompletedProcess[str]:
    env = {**ENV, "HOME": "/nonexistent", "PW": lab.accounts[ALICE]}
    login = ("--user", ALICE, "--password-env", "PW")
    whole = command(lab, scheme, *login, *options)
    return subprocess.run(whole, input=script, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_a_message_by_hand_as_the_articles_type_it(real_lab: RealLab, tmp_path: Path) -> None:
    record = tmp_path / "session.dialogue"
    with talking(real_lab, "submission", tmp_path, "--record", str(record)) as terminal:
        terminal.wait_for("C: STARTTLS")
        terminal.wait_for(f"verified, for {real_lab.name}")
        terminal.wait_for("a login is offered")
        terminal.line("MAIL FROM: bob@example.test", "RFC 5321 wants brackets")
        terminal.wait_for("S: 250 2.1.0 Ok")
        terminal.line("RCPT TO:<a@outside.example>", "log in first")
        terminal.line("RSET", "S: 250")
        terminal.line("/auth", "User name:")
        terminal.line(ALICE, "Password of")
        terminal.line(real_lab.accounts[ALICE], "logged in")
        terminal.line(f"MAIL FROM:<{ALICE}>", "S: 250 2.1.0 Ok")
        terminal.line(f"RCPT TO:<{BOB}>", "S: 250 2.1.5 Ok")
        terminal.line("DATA", "now the message")
        terminal.line("SUBJECT this is test", "you meant: Subject: this is test")
        terminal.line("test mail", "message)")
        terminal.line(".", "the server now answers for it")
        terminal.line("QUIT", "S: 221 2.0.0 Bye")
        assert terminal.end() == 0
        assert real_lab.accounts[ALICE] not in terminal.shown
    again = played(real_lab, "submission", "", "--script", str(record))
    assert again.stdout == "OK: every answer was as the script has it.\n"


INSIDE = {
    "smtp": "C: NOOP\nS: 250~\n",
    "submission": f"* auth\nC: MAIL FROM:<{ALICE}>\nS: 250~\nC: RSET\nS: 250~\n",
    "submissions": "* auth SCRAM-SHA-256\nC: NOOP\nS: 250~\n",
    "pop3": "* auth\nC: STAT\nS: +OK~\n",
    "pop3s": "* auth CRAM-MD5\nC: STAT\nS: +OK~\n",
    "imap": "* auth\nC: a1 SELECT INBOX\nS: * ~ EXISTS\nS: a1 OK~\n",
    "imaps": "* auth LOGIN\nC: a1 NOOP\nS: a1 OK~\n",
    "sieve": "* auth\nC: LISTSCRIPTS\nS: OK~\n",
}


@pytest.mark.parametrize("scheme", INSIDE)
def test_every_protocol_is_upgraded_and_logged_in_to(real_lab: RealLab, scheme: str) -> None:
    done = played(real_lab, scheme, INSIDE[scheme], "-v")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "* TLS began: TLSv1.3" in done.stdout
    assert real_lab.accounts[ALICE] not in done.stdout


def test_lmtp_is_upgraded_on_its_socket_too(real_lab: RealLab) -> None:
    """Dovecot's fourth protocol; a login it has none."""
    whole = command(real_lab, "smtp", "-v")
    whole[whole.index("talk") + 1] = real_lab.urls["lmtp"]
    script = f"C: MAIL FROM:<{ALICE}>\nS: 250~\nC: RCPT TO:<{BOB}>\nS: 250~\nC: RSET\nS: 250~\n"
    done = subprocess.run(whole, input=script, env=ENV, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "C: LHLO client.example.test" in done.stdout and "* TLS began: TLSv1.3" in done.stdout


RELAY = "C: MAIL FROM:<a@x.test>\nS: 250~\nC: RCPT TO:<a@outside.example>\nS: 554~\n"


def test_as_another_client_where_postfix_allows_that(real_lab: RealLab) -> None:
    """Whoever comes from 127.0.0.200 may say so (smtpd_authorized_xclient_hosts of the lab); others may not."""
    xclient = ("--xclient", "ADDR=192.0.2.9", "--xclient", "NAME=mx.other.example", "-v")
    done = played(real_lab, "smtp", RELAY, *xclient, "--source", "127.0.0.200")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "C: XCLIENT ADDR=192.0.2.9 NAME=mx.other.example\nS: 220 " in done.stdout
    refused = played(real_lab, "smtp", RELAY, *xclient)
    assert refused.returncode == 33
    assert refused.stdout.startswith("Before the script began: the server does not offer XCLIENT with ADDR")


def test_as_another_client_in_the_middle_of_a_session(real_lab: RealLab, tmp_path: Path) -> None:
    with talking(real_lab, "smtp", tmp_path, "--source", "127.0.0.200") as terminal:
        terminal.wait_for("/help lists")
        terminal.line("/xclient ADDR=192.0.2.9", "C: XCLIENT ADDR=192.0.2.9")
        terminal.wait_for("C: EHLO client.example.test")
        terminal.line("RCPT TO:<a@outside.example>", "MAIL FROM comes before")
        terminal.type("\x04")
        terminal.wait_for("S: 221")
        assert terminal.end() == 0


def test_lf_alone_is_taken_by_dovecot_and_then_nothing_is_said_of_it(real_lab: RealLab, tmp_path: Path) -> None:
    """T2 is a note for servers that stay silent; nothing is made up where one answers."""
    with talking(real_lab, "imaps", tmp_path, "--lf") as terminal:
        terminal.wait_for("a login is offered")
        terminal.line("a1 NOOP", "S: a1 OK")
        terminal.type("\x04")
        assert terminal.end() == 0
        assert "LF alone" not in terminal.shown


def test_a_wrong_password_ends_with_28(real_lab: RealLab) -> None:
    env = {**ENV, "HOME": "/nonexistent", "PW": "wrong"}
    whole = command(real_lab, "submission", "--user", ALICE, "--password-env", "PW")
    done = subprocess.run(whole, input="* auth\n", env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 28
    assert "535" in done.stdout


TYPED = {
    "pop3": (("USER {user}", "now PASS"), ("PASS {password}", "logged in"), ("STAT", " bytes")),
    "imaps": (
        ("a1 LOGIN {user} {password}", "logged in"),
        ("a2 SELECT INBOX", "a2 OK"),
        ("a3 IDLE", "+ idling"),
        ("DONE", "a3 OK"),
    ),
    "sieve": (('AUTHENTICATE "PLAIN" "{token}"', "logged in"), ("LISTSCRIPTS", "S: OK")),
    "submissions": (
        ("AUTH LOGIN", "user name"),
        ("{user64}", "password"),
        ("{password64}", "logged in"),
        ("NOOP", "S: 250"),
    ),
}


@pytest.mark.parametrize("scheme", TYPED)
def test_a_login_typed_by_hand_is_recorded_without_its_secret_and_played_again(
    real_lab: RealLab, tmp_path: Path, scheme: str
) -> None:
    password, record = real_lab.accounts[ALICE], tmp_path / "session.dialogue"
    values = {
        "user": ALICE,
        "password": password,
        "token": base64.b64encode(f"\0{ALICE}\0{password}".encode()).decode(),
        "user64": base64.b64encode(ALICE.encode()).decode(),
        "password64": base64.b64encode(password.encode()).decode(),
    }
    with talking(real_lab, scheme, tmp_path, "--record", str(record)) as terminal:
        terminal.wait_for("/help lists")
        for line, answer in TYPED[scheme]:
            terminal.line(line.format(**values), answer)
        terminal.type("\x04")
        assert terminal.end() == 0
        kept = record.read_text() + (tmp_path / ".local/state/mailproof/talk_history").read_text() + terminal.shown
        assert not any(values[name] in kept for name in ("password", "token", "password64"))
    again = played(real_lab, scheme, "", "--script", str(record), "-v")
    assert again.returncode == 0, record.read_text() + again.stdout
