"""Makes docs/talk.svg and talk.ja.svg: `mailproof talk` with the private real server, in tmux, as it looks.

Usage: .venv/bin/python tools/talk_screenshot.py [--text]      (root, tmux, and the packages of the tests)
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

from mailproof.lab.real.server import RealLab

ROOT = Path(__file__).parent.parent
ALICE = "alice@example.test"
# What is typed, and what is waited for after it.
STEPS = (
    ("MAIL FROM: bob@example.test", "2.1.0 Ok"),
    ("RCPT TO:<a@outside.example>", "Access denied"),
    ("RSET", "2.0.0 Ok"),
    ("/auth", "235 2.7.0"),
    (f"MAIL FROM:<{ALICE}>", "2.1.0 Ok"),
    ("RCPT TO:<bob@example.test>", "2.1.5 Ok"),
    ("DATA", "354"),
    ("SUBJECT this is test", "Subject: this is test"),
    ("test mail", "test mail"),
    (".", "queued as"),
    ("QUIT", "221 2.0.0 Bye"),
)


def tmux(socket: str, *words: str) -> str:
    return subprocess.run(["tmux", "-S", socket, *words], check=True, capture_output=True, text=True).stdout


def captured(lab: RealLab, lang: str, directory: Path) -> str:
    """The screen at the end, with its colours."""
    socket, password = str(directory / f"tmux-{lang}"), directory / "password"
    password.write_text(lab.accounts[ALICE])
    url = f"submission://127.0.0.1:{lab.ports['submission']}"
    options = f"--name {lab.name} --ca-file {lab.ca_file} --ehlo client.example.test"
    login = f"--user {ALICE} --password-file {password}"
    command = f"{ROOT}/.venv/bin/mailproof --lang {lang} talk {url} {options} {login}; sleep 60"
    env = {"PATH": os.environ["PATH"], "HOME": str(directory), "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    subprocess.run(
        ["tmux", "-S", socket, "-u", "new-session", "-d", "-x", "100", "-y", "90", command], check=True, env=env
    )
    try:
        wait_for(socket, "250 CHUNKING", 2)
        for typed, answer in STEPS:
            before = tmux(socket, "capture-pane", "-p", "-J").count(answer)
            tmux(socket, "send-keys", "-l", typed)
            tmux(socket, "send-keys", "Enter")
            wait_for(socket, answer, before + 1)
            time.sleep(0.3)
        return tmux(socket, "capture-pane", "-p", "-e")
    finally:
        tmux(socket, "kill-server")


def wait_for(socket: str, words: str, times: int) -> None:
    for _ in range(600):
        if tmux(socket, "capture-pane", "-p", "-J").count(words) >= times:
            return
        time.sleep(0.05)
    raise SystemExit(f"{words!r} never came:\n" + tmux(socket, "capture-pane", "-p"))


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, RealLab() as lab:
        for lang, name in (("en", "talk.svg"), ("ja", "talk.ja.svg")):
            screen = captured(lab, lang, Path(directory)).rstrip("\n")
            text = Text.from_ansi(screen)
            if "--text" in sys.argv:
                print(text.plain)
                continue
            console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
            console.print(text)
            svg = console.export_svg(title="mailproof talk submission://mail.example.test")
            # Nothing is loaded from anywhere: the fonts of the reader do.
            svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
            (ROOT / "docs" / name).write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", "utf-8")


if __name__ == "__main__":
    main()
