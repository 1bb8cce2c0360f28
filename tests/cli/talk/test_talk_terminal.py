"""`mailproof talk` in a terminal: prompts, completion, history, hidden secrets, both languages."""

from __future__ import annotations

import ssl
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from running import CLEAN, Peer, Server, serving, smtp
from test_secrets import PASSWORD, USER, assert_silent

from ptys import Terminal

Trusted = tuple[ssl.SSLContext, Path]

OFFERS = ("AUTH PLAIN LOGIN", "SIZE 1000")


@pytest.fixture
def server(trusted: Trusted) -> Iterator[Server]:
    context, _ = trusted
    talk = partial(
        smtp, offers=OFFERS, answer=lambda line: "235 ok\r\n" if line[:4].upper() == b"AUTH" else "250 ok\r\n"
    )
    with serving(talk, context) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def talking(server: Server, trusted: Trusted, home: Path, *options: str, **env: str) -> Terminal:
    url = f"submissions://127.0.0.1:{server.port}"
    command = [sys.executable, "-m", "mailproof", "talk", url, "--ca-file", str(trusted[1]), *options]
    return Terminal(command, {**CLEAN, "HOME": str(home), **env})


def test_a_session_and_its_goodbye(server: Server, trusted: Trusted, home: Path) -> None:
    with talking(server, trusted, home) as terminal:
        terminal.wait_for("verified, for 127.0.0.1")
        terminal.wait_for("a login is offered: PLAIN, LOGIN")
        terminal.line("RSET", "S: 250 ok")
        terminal.line("RCPT TO:<a@b.test>", "who has logged in (/auth)")
        terminal.line("EHOL me", "did you mean EHLO?")
        terminal.line("/help", "/keepalive")
        terminal.line("/cert", "the server's own certificate")
        terminal.line("/what", "there is no /what")
        terminal.line("/data", "name a file: /data message.eml")
        terminal.line("//etc", "S: 250 ok")
        terminal.line("/raw NOOP\\r\\n", "S: 250 ok")
        terminal.type("\x04")  # Ctrl-D
        terminal.wait_for("S: 221 bye")
        assert terminal.end() == 0
    assert server.heard()[1:] == [b"RSET", b"RCPT TO:<a@b.test>", b"EHOL me", b"/etc", b"NOOP", b"QUIT"]


def test_auth_asks_and_shows_nothing(server: Server, trusted: Trusted, home: Path, tmp_path: Path) -> None:
    saved, record = tmp_path / "saved", tmp_path / "record"
    with talking(server, trusted, home, "--record", str(record)) as terminal:
        terminal.wait_for("a login is offered")
        terminal.line("/auth FOO", "there is no mechanism FOO here")
        terminal.line("/auth", "User name:")
        terminal.line(USER, f"Password of {USER}:")
        terminal.line(PASSWORD, "logged in")
        terminal.line("AUTH PLAIN AGFsaWNlAHNlY3JldA==", "logged in")
        terminal.line(f"/save {saved}", "saved in")
        terminal.line("QUIT", "S: 221 bye")
        assert terminal.end() == 0
        assert_silent(terminal.shown, saved.read_text(), record.read_text())
        assert "AGFsaWNlAHNlY3JldA==" not in terminal.shown + saved.read_text()
        assert "C: AUTH PLAIN ****" in terminal.shown
    history = (home / ".local/state/mailproof/talk_history").read_text()
    assert_silent(history)
    assert "+AUTH PLAIN\n" in history and "+QUIT\n" in history and "AGFs" not in history
    assert (home / ".local/state/mailproof/talk_history").stat().st_mode & 0o777 == 0o600


def test_tab_completes_verbs_and_what_the_server_offers(server: Server, trusted: Trusted, home: Path) -> None:
    with talking(server, trusted, home) as terminal:
        terminal.wait_for("a login is offered")
        terminal.type("NO\t")
        terminal.wait_for("OP")
        terminal.line("", "S: 250 ok")
        terminal.type("AUTH PL\t")
        terminal.wait_for("AIN")
        terminal.line("", "logged in")
        terminal.type("MAIL \t")
        terminal.wait_for("MAIL FROM:<")
        terminal.type("a@b.test> \t")
        terminal.wait_for("SIZE=")
        terminal.type("\x03")  # Ctrl-C
        terminal.end()
    assert b"NOOP" in server.heard()
    assert b"AUTH PLAIN" in server.heard()


def test_the_server_that_hangs_up_ends_the_prompt(trusted: Trusted, home: Path) -> None:
    def talk(peer: Peer) -> None:
        peer.say("220 mail.example.test ESMTP\r\n")
        peer.hear()
        peer.say("250 mail.example.test\r\n")
        peer.hear()
        peer.say("421 4.4.2 \x1b]0;owned\x07 timeout\r\n")

    context, _ = trusted
    with serving(talk, context) as server, talking(server, trusted, home) as terminal:
        terminal.wait_for("S: 250 mail.example.test")
        terminal.line("NOOP", "the server hangs up: try later")
        terminal.wait_for("the server closed the connection")
        assert terminal.end() == 0
        assert "\\x1b]0;owned\\x07" in terminal.shown
        assert b"\x1b]0;owned" not in terminal.raw


def test_japanese(server: Server, trusted: Trusted, home: Path) -> None:
    with talking(server, trusted, home, LANG="ja_JP.UTF-8", PYTHONUTF8="1") as terminal:
        terminal.wait_for("検証済み")
        terminal.wait_for("ログインできます")
        terminal.line("MAIL FROM: a@b.test", "括弧が要ります")
        terminal.line("/auth", "ユーザー名:")
        terminal.type("\x04")
        terminal.type("\x04")
        terminal.wait_for("S: 221 bye")
        assert terminal.end() == 0


def test_by_hand_nothing_is_said_by_itself(server: Server, trusted: Trusted, home: Path) -> None:
    with talking(server, trusted, home, "--by-hand") as terminal:
        terminal.wait_for("S: 220")
        terminal.line("AUTH LOGIN", "EHLO comes before AUTH")
        terminal.type("\x04")
        assert terminal.end() == 0
    assert server.heard()[0] == b"AUTH LOGIN"


def test_a_message_from_a_file(trusted: Trusted, home: Path, tmp_path: Path) -> None:
    def talk(peer: Peer) -> None:
        peer.say("220 mail.example.test ESMTP\r\n")
        while line := peer.hear():
            peer.say({b"DATA": "354 go\r\n", b"QUIT": "221 bye\r\n"}.get(line, "" if b":" in line else "250 ok\r\n"))

    (tmp_path / "message").write_bytes(b"Subject: a\n:\n.dot:\n")
    context, _ = trusted
    with serving(talk, context) as server, talking(server, trusted, home) as terminal:
        terminal.wait_for("S: 250 ok")
        terminal.line(f"/data {tmp_path / 'message'}", "bytes of")
        terminal.wait_for("S: 250 ok")
        terminal.line("/data /nonexistent", "cannot read /nonexistent")
        terminal.type("\x04")
        assert terminal.end() == 0
    assert server.heard()[1:] == [b"DATA", b"Subject: a", b":", b"..dot:", b".", b"QUIT"]


def test_pasted_lines_are_lines_and_noop_is_said_by_itself(server: Server, trusted: Trusted, home: Path) -> None:
    with talking(server, trusted, home) as terminal:
        terminal.wait_for("/help lists")
        terminal.type("\x1b[200~RSET\nNOOP pasted\x1b[201~")
        terminal.line("", "S: 250 ok")
        terminal.wait_for("S: 250 ok")
        terminal.line("/keepalive 100ms", "NOOP is said every 0.1 s")
        terminal.wait_for("C: NOOP")
        terminal.wait_for("S: 250 ok")
        terminal.line("/keepalive off", "no more NOOP")
        terminal.line("/wait 10ms", "C:")
        terminal.type("\x04")
        assert terminal.end() == 0
    assert server.heard()[1:3] == [b"RSET", b"NOOP pasted"]
    assert b"NOOP" in server.heard()


def test_ctrl_d_while_a_command_of_ours_works_is_for_the_next_prompt(
    server: Server, trusted: Trusted, home: Path
) -> None:
    with talking(server, trusted, home) as terminal:
        terminal.wait_for("a login is offered")
        terminal.line("/keepalive 100ms", "NOOP is said every 0.1 s")
        terminal.line("/wait 1s", "C: NOOP")
        terminal.type("\x04")
        terminal.wait_for("S: 221 bye")
        assert terminal.end() == 0


def test_ctrl_c_while_a_command_of_ours_works_ends_it(server: Server, trusted: Trusted, home: Path) -> None:
    with talking(server, trusted, home) as terminal:
        terminal.wait_for("a login is offered")
        terminal.line("/keepalive 100ms", "NOOP is said every 0.1 s")
        terminal.line("/wait 1m", "C: NOOP")
        terminal.type("\x03")
        terminal.wait_for("interrupted")
        assert terminal.end() == 130
    assert server.heard()[-1] == b"QUIT"


def test_ctrl_c_before_the_prompt_says_quit_and_leaves(trusted: Trusted, home: Path) -> None:
    waits = threading.Event()

    def talk(peer: Peer) -> None:
        peer.say("220 mail.example.test ESMTP\r\n")
        while peer.hear():
            waits.set()

    context, _ = trusted
    with serving(talk, context) as server, talking(server, trusted, home, "--timeout", "1m") as terminal:
        terminal.wait_for("C: EHLO")
        assert waits.wait(60)
        terminal.type("\x03")
        terminal.wait_for("interrupted")
        assert terminal.end() == 130
    assert server.heard()[-1] == b"QUIT"
