"""The sessions of the articles, typed into `mailproof talk` in a terminal, to the private Postfix and Dovecot."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from labcheck import ALICE, BOB
from mailproof.lab.real.server import RealLab
from ptys import Terminal

pytestmark = pytest.mark.real

ENV = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"}


@contextmanager
def talk(lab: RealLab, scheme: str, home: Path, *options: str) -> Iterator[Terminal]:
    url = f"{scheme}://127.0.0.1:{lab.ports[scheme]}"
    trust = ("--name", lab.name, "--ca-file", str(lab.ca_file))
    with Terminal(
        [sys.executable, "-m", "mailproof", "talk", url, *trust, *options], {**ENV, "HOME": str(home)}
    ) as made:
        made.wait_for("/help lists")
        yield made


def encoded(command: str) -> str:
    """What a shell line of the article prints."""
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout.strip()


def test_article_1_a_stranger_is_refused_and_auth_plain_lets_in(real_lab: RealLab, tmp_path: Path) -> None:
    password = real_lab.accounts[ALICE]
    token = encoded(f"printf '{ALICE}\\0{ALICE}\\0{password}' | base64 -w0")
    with talk(real_lab, "submission", tmp_path) as terminal:
        terminal.line("EHLO localhost", "250 CHUNKING")
        terminal.line(f"MAIL FROM: {ALICE}", "S: 250 2.1.0 Ok")
        terminal.line("RCPT TO: xxxx@outside.example", "S: 554 5.7.1")
        terminal.line("RSET", "S: 250")
        terminal.line(f"AUTH PLAIN {token}", "S: 235 2.7.0 Authentication successful")
        terminal.line(f"MAIL FROM: {ALICE}", "S: 250 2.1.0 Ok")
        terminal.line(f"RCPT TO: {BOB}", "S: 250 2.1.5 Ok")
        terminal.line("QUIT", "S: 221")
        assert terminal.end() == 0
        assert token not in terminal.shown and password not in terminal.shown


@pytest.mark.parametrize("maker", ["printf {} | base64", "echo -n {} | base64"])
def test_articles_1_3_4_and_5_auth_login(real_lab: RealLab, tmp_path: Path, maker: str) -> None:
    """Both answers are base64; what begins with R or Q is swallowed by s_client, and not here."""
    user, password = (encoded(maker.format(f"'{text}'")) for text in (ALICE, real_lab.accounts[ALICE]))
    with talk(real_lab, "submission", tmp_path) as terminal:
        terminal.line("AUTH LOGIN", "S: 334 VXNlcm5hbWU6")
        terminal.wait_for("it asks for the user name")
        terminal.line(user, "S: 334 UGFzc3dvcmQ6")
        terminal.wait_for("it asks for the password")
        terminal.line(password, "S: 235 2.7.0 Authentication successful")
        terminal.line("NOOP", "S: 250 2.0.0 Ok")
        terminal.line("QUIT", "S: 221")
        assert terminal.end() == 0
        assert password not in terminal.shown


def test_article_5_echo_without_n_is_seen_before_it_goes_out(real_lab: RealLab, tmp_path: Path) -> None:
    user = base64.b64encode(f"{ALICE}\n".encode()).decode()
    with talk(real_lab, "submission", tmp_path) as terminal:
        terminal.line("AUTH LOGIN", "it asks for the user name")
        terminal.line(user, "newline")
        terminal.wait_for("mailproof explain auth-rejected")
        terminal.type("\x04")
        assert terminal.end() == 0


def test_article_5_helo_and_auth_plain_in_two_lines(real_lab: RealLab, tmp_path: Path) -> None:
    token = encoded(f"echo -ne '\\0{ALICE}\\0{real_lab.accounts[ALICE]}' | base64 -w0")
    with talk(real_lab, "submissions", tmp_path) as terminal:
        terminal.line("HELO me", "EHLO is what lists STARTTLS and AUTH")
        terminal.wait_for("S: 250")
        terminal.line("EHLO me", "a login is offered")
        terminal.line("AUTH PLAIN", "it waits for the first message")
        terminal.line(token, "S: 235 2.7.0 Authentication successful")
        terminal.line("NOOP", "S: 250 2.0.0 Ok")
        terminal.line("QUIT", "S: 221")
        assert terminal.end() == 0


def test_article_2_telnet_25_and_telnet_110(real_lab: RealLab, tmp_path: Path) -> None:
    """In clear text, as the article does it on the server itself: the message, and then its way out by POP3."""
    with talk(real_lab, "smtp", tmp_path, "--tls", "never") as terminal:
        terminal.line(f"MAIL FROM:{ALICE}", "S: 250 2.1.0 Ok")
        terminal.line(f"RCPT TO:{BOB}", "S: 250 2.1.5 Ok")
        terminal.line("DATA", "S: 354")
        terminal.line("SUBJECT this is test", "you meant: Subject: this is test")
        terminal.line("the mail of article 2", "message)")
        terminal.line(".", "queued as")
        terminal.line("QUIT", "S: 221")
        assert terminal.end() == 0
    password = real_lab.accounts[BOB]
    for _ in range(50):
        with talk(real_lab, "pop3", tmp_path, "--tls", "never") as terminal:
            terminal.line(f"USER {BOB}", "now PASS")
            terminal.line(f"PASS {password}", "S: +OK Logged in.")
            terminal.line("STAT", " bytes")
            if " 0 messages" not in terminal.shown:
                terminal.line("LIST", "\nS: .")
                terminal.line("RETR 1", "Delivered-To")
                terminal.wait_for("\nS: .")
                terminal.line("DELE 1", "it goes at QUIT")
                terminal.line("QUIT", "S: +OK")
                assert terminal.end() == 0
                assert password not in terminal.shown
                return
            terminal.line("QUIT", "S: +OK")
    raise AssertionError("the message never came")


def test_article_1_pop3s(real_lab: RealLab, tmp_path: Path) -> None:
    with talk(real_lab, "pop3s", tmp_path) as terminal:
        terminal.line(f"USER {ALICE}", "now PASS")
        terminal.line(f"PASS {real_lab.accounts[ALICE]}", "S: +OK Logged in.")
        terminal.line("LIST", "\nS: .")
        terminal.type("\x04")
        terminal.wait_for("S: +OK Logging out.")
        assert terminal.end() == 0
        assert "C: PASS ***" in terminal.shown
