"""`mailproof log follow` on a terminal and into a pipe, while a log grows and is rotated."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import CLEAN, mailproof

from ptys import Terminal

HEAD = "Nov 20 10:00:00 mx postfix/"
SENT = (
    f"{HEAD}smtp[1]: 3nPDKq2Z3bz2nX: to=<b@c.example>, relay=h[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (ok)\n"
)
DENIED = (
    f"{HEAD}smtpd[1]: NOQUEUE: reject: RCPT from u[192.0.2.9]: 554 5.7.1 <q@r.example>: Relay access denied; "
    "from=<a@b.example> to=<q@r.example> proto=ESMTP helo=<u>\n"
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    path.write_text(f"{HEAD}smtpd[1]: connect from first.example[192.0.2.9]\n")
    return path


def grow(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def following(*arguments: str, columns: int = 110) -> Terminal:
    return Terminal([sys.executable, "-m", "mailproof", "log", "follow", *arguments], CLEAN, columns)


def test_on_a_terminal_over_rotation_until_ctrl_c(log: Path) -> None:
    with following(str(log)) as terminal:
        terminal.wait_for("connect from first.example")
        grow(log, SENT)
        terminal.wait_for("status=sent")
        assert b"\x1b[" in terminal.raw and terminal.raw.count(b"m3nPDKq2Z3bz2nX\x1b[0m") == 1
        grow(log, DENIED)
        terminal.wait_for("Relay access denied")
        terminal.wait_for("# ")
        terminal.wait_for("-> ")
        log.rename(log.with_suffix(".1"))
        log.write_text(f"{HEAD}smtpd[1]: connect from second.example[192.0.2.9]\n")
        terminal.wait_for("connect from second.example")
        os.truncate(log, 0)
        # Whether it was looked at while it was empty cannot be told: until then nothing new may be longer.
        grow(log, f"{HEAD}smtpd[1]: connect from x[1]\n")
        terminal.wait_for("connect from x[1]")
        terminal.type("\x03")
        assert terminal.end() == 0
    assert "Traceback" not in terminal.shown


def test_in_japanese_and_only_trouble(log: Path) -> None:
    with following("--lang", "ja", "--only", "trouble", str(log)) as terminal:
        grow(log, SENT + DENIED)
        terminal.wait_for("Relay access denied")
        terminal.wait_for("# ")
        assert "status=sent" not in terminal.shown
        assert any(ord(char) > 0x3000 for char in terminal.shown)
        terminal.type("\x03")
        assert terminal.end() == 0


def _lines(process: subprocess.Popen[str]) -> Iterator[dict[str, object]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def test_json_lines_into_a_pipe(log: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mailproof",
        "log",
        "follow",
        "--format",
        "json",
        "--from",
        "a@b.example",
        str(log),
    ]
    with subprocess.Popen(command, env=CLEAN, stdout=subprocess.PIPE, text=True) as process:
        lines = _lines(process)
        grow(log, SENT + DENIED)
        told = next(lines)
        assert (told["program"], told["queue_id"]) == ("smtpd", "")
        assert told["fact"]["type"] == "Refused" and told["note"]["name"] == "relay-denied"  # type: ignore[index]
        grow(log, DENIED)
        assert next(lines)["text"] == told["text"]
        process.send_signal(signal.SIGINT)
        assert list(lines) == []
        assert process.wait(30) == 0


def test_sigterm_is_no_ctrl_c(log: Path) -> None:
    command = [sys.executable, "-m", "mailproof", "log", "follow", str(log)]
    with subprocess.Popen(command, env=CLEAN, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None and b"first.example" in process.stdout.readline()
        process.terminate()
        assert process.wait(30) == 143


def test_standard_input_ends_it() -> None:
    done = mailproof("log", "follow", "-", given=SENT + "no line of any form\n\n")
    assert done.returncode == 0
    assert "3nPDKq2Z3bz2nX" in done.stdout and "no line of any form" in done.stdout


def test_the_journal_is_followed_where_there_is_no_file(tmp_path: Path) -> None:
    """A program in the place of journalctl, which says what it was asked and goes on, as that does."""
    entry = {
        "__REALTIME_TIMESTAMP": "1795160100000000",
        "_HOSTNAME": "mx",
        "SYSLOG_IDENTIFIER": "postfix/smtpd",
        "MESSAGE": "connect from there.example[192.0.2.9]",
    }
    tool = tmp_path / "journalctl"
    tool.write_text(f"#!/bin/sh\necho '{json.dumps(entry)}'\necho \"$@\" >{tmp_path}/asked\nexec sleep 1000\n")
    tool.chmod(0o755)
    (tmp_path / "postconf").write_text("#!/bin/sh\n")
    (tmp_path / "postconf").chmod(0o755)
    if Path("/var/log/mail.log").is_file() or Path("/var/log/maillog").is_file():
        pytest.skip("this machine has a mail log of its own")
    command = [sys.executable, "-m", "mailproof", "log", "follow", "-n", "3"]
    env = {**CLEAN, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and "connect from there.example" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    asked = (tmp_path / "asked").read_text()
    assert "-o json --all" in asked and "--follow --lines 3" in asked


def test_complaints(tmp_path: Path) -> None:
    for arguments in ((str(tmp_path / "none"),), ("--only", "nothing"), ("-n", "x"), ("--format", "html")):
        assert mailproof("log", "follow", *arguments).returncode == 2
