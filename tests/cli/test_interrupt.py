"""Ctrl-C: at once, politely, and without a trace."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from running import CLEAN, Peer, files_below, serving


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_an_interrupted_check_says_quit_and_leaves_nothing(number: int, code: int, tmp_path: Path) -> None:
    held = threading.Event()

    def silent(peer: Peer) -> None:
        peer.say("220 mail.example.test ESMTP\r\n")
        peer.hear()
        held.set()
        while peer.hear():
            pass

    record = str(tmp_path / "record.json")
    with serving(silent) as server:
        command = [sys.executable, "-m", "mailproof", "check", f"smtp://127.0.0.1:{server.port}", "--timeout", "90"]
        command += ["--record", record]
        with subprocess.Popen(
            command, env={**CLEAN, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as child:
            assert held.wait(30)
            child.send_signal(number)
            out, err = child.communicate(timeout=60)
    assert (child.returncode, err, out) == (code, b"mailproof: interrupted\n", b"")
    assert (out, err) == (b"", b"mailproof: interrupted\n")
    assert server.heard()[-1] == b"QUIT"
    assert files_below(tmp_path) == []


def test_an_interrupted_check_of_a_server_that_never_greets_just_goes(tmp_path: Path) -> None:
    held = threading.Event()

    def mute(peer: Peer) -> None:
        held.set()
        peer.hear()

    with serving(mute) as server:
        command = [sys.executable, "-m", "mailproof", "check", f"smtp://127.0.0.1:{server.port}", "--timeout", "90"]
        with subprocess.Popen(command, env=CLEAN, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            assert held.wait(30)
            child.send_signal(signal.SIGINT)
            child.communicate(timeout=60)
    assert child.returncode == 130
    assert server.heard() == []
