"""A machine that lies by ssh: it floods, stalls, hangs up, or answers what nobody asked. Bounded, and said."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from skeletons import disturbing

from mailproof.host.ssh.destination import Destination
from mailproof.host.ssh.there import There
from mailproof.model.configuration import FileState

GREETS = "read -r x; IFS= read -r y; IFS= read -r z; m=${z#m=}; m=${m%%;*}; printf '\\n%s.0 0\\n\\n%s.1 0\\n' $m $m; "
"""Reads the mark out of our script, and answers as the shell would."""


def there(tmp_path: Path, script: str, timeout: float = 20.0) -> There:
    program = tmp_path / "ssh"
    program.write_text(f"#!/bin/bash\n{script}\n")
    program.chmod(0o755)
    return There(Destination("there"), (str(program),), os.environ, timeout=timeout)


FLOOD = "while :; do printf '%065536d' 0; done"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exec cat >/dev/null", "ssh-no-shell"),
        ("exit 0", "ssh-no-shell"),
        ("echo This account is currently not available.; exit 1", "ssh-no-shell"),
        ("echo 'kex_exchange_identification: Connection closed by remote host' >&2; exit 255", "ssh-hung-up"),
        ("echo 'Received disconnect: Too many authentication failures' >&2; exit 255", "ssh-not-permitted"),
        ("echo 'ssh: connect to host mx port 22: Connection timed out' >&2; exit 255", "ssh-timed-out"),
        ("echo 'ssh: connect to host mx port 22: No route to host' >&2; exit 255", "ssh-unreachable"),
        ("echo 'Unable to negotiate with 192.0.2.1 port 22: no matching key exchange method found.' >&2; exit 255",
         "ssh-no-agreement"),
        ("echo '/home/alice/.ssh/config: line 1: Bad configuration option: x' >&2; exit 255", "ssh-configuration"),
        ("kill -9 $$", "ssh-no-shell"),
        (FLOOD, "ssh-rubbish"),
        (f"exec 2>&1; {FLOOD}", "ssh-rubbish"),
        ("while :; do printf '%065536d' 0 >&2; done", "ssh-timed-out"),
        (f"{GREETS} {FLOOD}", "ssh-rubbish"),
        (f"{GREETS} exit 0", "ssh-ended"),
        (f"{GREETS} echo Connection to mx closed by remote host. >&2; exit 255", "ssh-ended"),
        ("echo 'ssh: connect to host mx port 22: Permission denied' >&2; exit 255", "ssh-failed"),
        ("echo 'root@mx: Permission denied (publickey,password).' >&2; exit 255", "ssh-not-permitted"),
        (f"{GREETS} exec sleep 1000", "ssh-no-answer"),
        ("trap '' TERM; exec sleep 1000", "ssh-timed-out"),
    ],
)  # fmt: skip
def test_it_ends_and_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, why: str) -> None:
    # Only where nothing is to come is it worth while to be impatient.
    patience = 1.0 if why in ("ssh-no-answer", "ssh-timed-out") else 60.0
    monkeypatch.setattr("mailproof.host.ssh.there._PATIENCE", patience)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with there(tmp_path, script, timeout=patience) as machine:
        assert machine.look("/etc/passwd").state is FileState.ELSEWHERE
        assert machine.unreached is not None
        assert machine.unreached.why == why
        assert machine.read("/etc/passwd").state is FileState.ELSEWHERE
        assert (machine.part("/x", 0, 1), machine.lines("/x", 1), machine.glob("/*")) == (None, 0, [])
        assert (machine.answer(("uname", "-n")), machine.clock()) == (None, None)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


def test_a_machine_that_answers_slowly_again_and_again_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailproof.host.ssh.there._PATIENCE_IN_ALL", 2.0)
    slow = "n=2; while read -r x; do read -r x; sleep 0.7; printf '\\n%s.%s 0\\n' $m $n; n=$((n+1)); done"
    with there(tmp_path, GREETS + slow) as machine:
        asked = 0
        while machine.unreached is None and asked < 20:
            machine.look("/x")
            asked += 1
        assert machine.unreached is not None
        assert machine.unreached.why == "ssh-no-answer"
        assert asked < 5


def test_the_line_that_is_quoted_is_the_one_that_tells(tmp_path: Path) -> None:
    said = 'Welcome\\nLoad key "/k": Permission denied\\r\\nroot@mx: Permission denied (publickey).\\r\\n'
    with there(tmp_path, f"printf '{said}' >&2; exit 255") as machine:
        assert machine.unreached is not None
        assert machine.unreached.words == "root@mx: Permission denied (publickey)."


ANSWERS: Sequence[bytes] = (
    b"",
    b"\x00\xff\x1b[2J\n",
    b"81a4 0 0 99999999999999999999999 1 1e999 root:root\n",
    b"81a4 0 0 9 1 1.0 \x1b[2J:\xff\n",
    b"ffffffff 0 0 0 0 0 a:b\n",
    b"20261129083000\n99999999999999\n",
    b"1 -rwxrwxrwx 1 a b 5, 6 Nov 1 1\n",
    b"9" * 5000,
    b"\0" * 5000,
)


@pytest.mark.parametrize("data", ANSWERS)
def test_any_answer_is_something_or_nothing(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "said").write_bytes(data)
    answer = f"n=2; while read -r x; do cat {tmp_path}/said; printf '\\n%s.%s 0\\n' $m $n; n=$((n+1)); done"
    loop = answer.replace("while read -r x; do", "cat >/dev/null & while [ $n -lt 40 ]; do")
    with there(tmp_path, GREETS + loop) as machine:
        machine.look("/x")
        machine.read("/x")
        machine.part("/x", 0, 3)
        machine.lines("/x", 1)
        machine.glob("/*")
        machine.answer(("uname", "-n"))
        machine.clock()


def test_what_ssh_says_is_no_escape(tmp_path: Path) -> None:
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\nprintf '\\033[2J\\033]0;owned\\007\\342\\200\\256bad' >&2\nexit 255\n")
    program.chmod(0o755)
    for lang in ("en", "ja"):
        done = subprocess.run(
            [sys.executable, "-m", "mailproof", "--lang", lang, "check", "smtp://127.0.0.1:1", "--ssh", "mx", "-v"],
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert b"owned" in done.stdout
        assert not disturbing(done.stdout.decode() + done.stderr.decode())


def test_a_host_that_would_be_an_option_never_reaches_ssh(tmp_path: Path) -> None:
    program, trap = tmp_path / "ssh", tmp_path / "trap"
    program.write_text(f"#!/bin/sh\ntouch {trap}\n")
    program.chmod(0o755)
    for host in ("-oProxyCommand=id", "ssh://-oProxyCommand=id", "a;id", ""):
        done = subprocess.run(
            [sys.executable, "-m", "mailproof", "check", "smtp://127.0.0.1:1", "--ssh", host],
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert "no host for --ssh" in done.stderr or "--ssh" in done.stderr
    assert not trap.exists()


def test_without_ssh_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "python").symlink_to(sys.executable)
    done = subprocess.run(
        [sys.executable, "-m", "mailproof", "check", "smtp://127.0.0.1:1", "--ssh", "mx"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert "there is no ssh on this machine" in done.stderr
    assert shutil.which("ssh", path=str(tmp_path)) is None
