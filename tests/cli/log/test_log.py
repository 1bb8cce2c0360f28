"""`mailproof log` as users start it, on files of every kind, and on what the real servers have just written."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import secrets
import smtplib
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from running import CLEAN, mailproof

from mailproof.lab.real.server import RealLab

LINE = "Jan 18 20:28:39 mx postfix/master[1]: fatal: bind 0.0.0.0 port 25: Address already in use\n"


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, bz2.compress, lzma.compress], ids=["plain", "gzip", "bzip2", "xz"]
)
def test_a_file_of_every_kind(pack: object, tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_bytes(pack(LINE.encode()))  # type: ignore[operator]
    done = mailproof("log", "explain", "--format", "json", str(file))
    assert done.returncode == 1
    assert [cause["name"] for cause in json.loads(done.stdout)["causes"]] == ["port-taken-by-another-program"]


def test_standard_input_and_exit_codes(tmp_path: Path) -> None:
    assert mailproof("log", "explain", "-", given=LINE).returncode == 1
    assert (
        mailproof("log", "explain", "-", given="Jan 18 20:28:39 mx postfix/smtpd[1]: connect from a\n").returncode
        == 0
    )
    assert mailproof("log", "explain", "-", given="nothing of a mail server\n").returncode == 3
    assert mailproof("log", "explain", str(tmp_path / "none")).returncode == 2
    assert mailproof("log", "nonsense").returncode == 2
    broken = tmp_path / "broken.gz"
    broken.write_bytes(gzip.compress(LINE.encode() * 100)[:-12])
    assert mailproof("log", "explain", str(broken)).returncode == 2


@pytest.mark.real
def test_what_the_real_servers_have_just_written(real_lab: RealLab) -> None:
    user, password = next(iter(real_lab.accounts.items()))
    trust = ssl.create_default_context(cafile=str(real_lab.ca_file))
    with smtplib.SMTP("127.0.0.1", real_lab.ports["submission"], timeout=30) as client:
        client.starttls(context=_named(trust))
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login(user, "wrong")
        client.login(user, password)
        message_id = f"{secrets.token_hex(8)}@client.example"
        client.sendmail(user, [user], f"Message-ID: <{message_id}>\nSubject: log\n\nlog\n")
    for log in (real_lab.mail_log, real_lab.dovecot_log):
        done = mailproof("log", "explain", "-v", "--format", "json", str(log))
        result = json.loads(done.stdout)
        assert (result["unknown"], result["unread"]) == (0, 0), result["samples"]
    done = mailproof("log", "trace", "--message-id", message_id, str(real_lab.mail_log), str(real_lab.dovecot_log))
    assert f"handed in by {user}" in done.stdout
    done = mailproof("log", "explain", "--format", "json", str(real_lab.mail_log))
    assert "password-wrong" in [cause["name"] for cause in json.loads(done.stdout)["causes"]]


def _named(context: ssl.SSLContext) -> ssl.SSLContext:
    context.check_hostname = False  # reached by address; the chain is still verified
    return context


ACTIONS = (("explain",), ("summary",), ("trace", "--client", "192.0.2.9"))
CAME = "Jan 18 20:28:39 mx postfix/smtpd[1]: 4F1C2A3B: client=a[192.0.2.9]\n"


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action[0])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_log_in_a_pipe_and_on_standard_input(
    action: tuple[str, ...], pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    """`<(zcat mail.log.2.gz)` of a shell, and a packed file as it is."""
    data = pack((CAME + LINE).encode())
    file = tmp_path / "log"
    file.write_bytes(data)
    whole = mailproof("log", *action, "--format", "json", str(file))
    assert "4F1C2A3B" in whole.stdout or '"mail": 2' in whole.stdout
    theirs, ours = os.pipe()
    os.write(ours, data)
    os.close(ours)
    piped = mailproof("log", *action, "--format", "json", f"/dev/fd/{theirs}", pass_fds=(theirs,))
    os.close(theirs)
    assert (piped.returncode, piped.stdout, piped.stderr) == (whole.returncode, whole.stdout, "")
    given = subprocess.run(
        [sys.executable, "-m", "mailproof", "log", *action, "--format", "json", "-"],
        input=data,
        env=CLEAN,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (given.returncode, given.stdout.decode()) == (whole.returncode, whole.stdout)


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action[0])
def test_one_file_of_several_names_counts_once(action: tuple[str, ...], tmp_path: Path) -> None:
    file, hard, soft = (tmp_path / name for name in ("mail.log", "hard", "soft"))
    file.write_text(CAME + LINE)
    hard.hardlink_to(file)
    soft.symlink_to(file)
    once = mailproof("log", *action, "--format", "json", str(file))
    again = mailproof("log", *action, "--format", "json", *map(str, (file, hard, soft, file)))
    assert again.stdout == once.stdout


def test_no_line_of_mail_is_said(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text("hello\nworld\n")
    for action in ACTIONS:
        done = mailproof("log", *action, str(file))
        assert done.returncode == 3
        assert "There is no line of a mail server in it" in done.stdout, done.stdout
