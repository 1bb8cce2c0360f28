"""`mailproof log` as users start it, on files of every kind, and on what the real servers have just written."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import smtplib
import ssl
from pathlib import Path

import pytest
from running import mailproof

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
        client.sendmail(user, [user], "Subject: log\n\nlog\n")
    for log in (real_lab.mail_log, real_lab.dovecot_log):
        done = mailproof("log", "explain", "-v", "--format", "json", str(log))
        result = json.loads(done.stdout)
        assert (result["unknown"], result["unread"]) == (0, 0), result["samples"]
    done = mailproof("log", "trace", "--from", user, str(real_lab.mail_log), str(real_lab.dovecot_log))
    assert f"handed in by {user}" in done.stdout
    done = mailproof("log", "explain", "--format", "json", str(real_lab.mail_log))
    assert "password-wrong" in [cause["name"] for cause in json.loads(done.stdout)["causes"]]


def _named(context: ssl.SSLContext) -> ssl.SSLContext:
    context.check_hostname = False  # reached by address; the chain is still verified
    return context
