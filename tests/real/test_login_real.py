"""`login` against the real Postfix and Dovecot, and what their own logs say of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from mailproof.lab.real.server import RealLab

pytestmark = pytest.mark.real

USER = "alice@example.test"
MECHANISMS = {"PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"}


def login(lab: RealLab, scheme: str, password: str, *words: str) -> tuple[int, list[dict[str, object]]]:
    """Exit code, and the logins of the JSON."""
    where = (lab.urls[scheme], "--ca-file", str(lab.ca_file), "--name", lab.name, "--format", "json")
    command = (sys.executable, "-m", "mailproof", "login", *where, "--password-env", "PW", "--pace", "1ms", *words)
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent", "PW": password}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)["logins"]


@pytest.mark.parametrize("scheme", ["submission", "submissions", "pop3", "pop3s", "imap", "imaps", "sieve"])
def test_right_and_wrong_at_every_port(real_lab: RealLab, scheme: str) -> None:
    code, [accepted] = login(real_lab, scheme, real_lab.accounts[USER], "-u", USER)
    assert (code, accepted["end"]) == (0, "accepted")
    code, [refused] = login(real_lab, scheme, "another", "-u", USER)
    assert (code, refused["end"]) == (28, "refused")
    assert refused["cause"]["name"] == "auth-rejected"  # type: ignore[index]


def test_every_mechanism_of_both_servers(real_lab: RealLab) -> None:
    for scheme, more in (("submission", set()), ("pop3s", {"USER"}), ("imaps", set())):
        code, logins = login(real_lab, scheme, real_lab.accounts[USER], "-u", USER, "--all-mechanisms")
        assert code == 0
        assert {str(made["mechanism"]) for made in logins} == MECHANISMS | more


def test_the_name_without_its_domain_is_told_from_a_wrong_password(real_lab: RealLab) -> None:
    code, logins = login(real_lab, "imaps", real_lab.accounts[USER], "-u", "alice", "--try-names")
    assert code == 28
    assert [(made["user"], made["end"]) for made in logins] == [("alice", "refused"), (USER, "accepted")]
    assert logins[0]["cause"]["name"] == "user-name-lacks-domain"  # type: ignore[index]


def test_one_wrong_password_is_one_failure_in_the_log(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with()
    login(lab, "submission", "another", "-u", USER)
    assert lab.mail_log.read_text("utf-8", "replace").count("authentication failed") == 1
