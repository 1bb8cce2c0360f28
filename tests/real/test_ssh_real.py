"""Evidence from another machine: a real sshd, reached by the system's ssh, says what this machine says of itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import sshserver
from labcheck import ALICE
from mailproof.lab.real.server import RealLab
from sshserver import ALIAS, SshServer

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(bool(sshserver.missing()), reason=f"needs {', '.join(sshserver.missing())}"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with SshServer(tmp_path_factory.mktemp("ssh")) as server:
        yield server


def mailproof(server: SshServer, *arguments: str, password: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailproof", *arguments]
    environment = {"PATH": server.path, "PW": password}
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=240
    )


def report(server: SshServer, lab: RealLab, *where: str, password: str) -> dict[str, Any]:
    urls = [lab.urls[scheme] for scheme in ("smtp", "submission", "imaps")]
    done = mailproof(
        server, "check", *urls, "--name", lab.name, "--ca-file", str(lab.ca_file), "--user", ALICE,
        "--password-env", "PW", "--log", str(lab.mail_log), "--log", str(lab.dovecot_log),
        "--postfix-dir", str(lab.postfix_dir), "--dovecot-conf", str(lab.dovecot_conf), "--format", "json", *where,
        password=password,
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def unlike(told: object) -> str:
    """Without what differs between two runs of one command: times, sessions, our ports, numbers of lines."""
    text = json.dumps(told, indent=1)
    text = re.sub(
        r"session=<[^>]+>|,<[A-Za-z0-9+/]{16}>|line \d+|in \d+ secs|\([\d. +]+ secs\)|\d+ lines, \d+ of this run",
        "~",
        text,
    )
    text = re.sub(r"\"seconds\": [0-9.e-]+", '"seconds": 0', text)
    return re.sub(r"<[A-Za-z0-9+/=.-]+@[^>]+>|127\.0\.0\.1:\d{5}", "~", text)


@pytest.mark.parametrize("password", [None, "no such password"])
def test_the_report_is_that_of_the_machine_itself(server: SshServer, real_lab: RealLab, password: str | None) -> None:
    here = report(server, real_lab, "--here", password=password or real_lab.accounts[ALICE])
    there = report(server, real_lab, "--ssh", ALIAS, password=password or real_lab.accounts[ALICE])
    for part in ("verdict", "causes", "findings", "passed", "not_tested"):
        assert unlike(there[part]) == unlike(here[part]), part
    assert [cause["name"] for cause in there["causes"]] == (["password-wrong"] if password else [])
    assert {"log-clean", "port-served"} <= {item["name"] for item in here["passed"]} or password


@pytest.mark.parametrize(
    ("known", "allowed", "words"),
    [
        ("other", "user", "the host key is another one than known_hosts has"),
        ("", "user", "its host key is not in known_hosts"),
        ("host", "other", "it takes neither our key nor a password"),
    ],
)
def test_why_ssh_did_not_get_there_is_said(
    server: SshServer, real_lab: RealLab, known: str, allowed: str, words: str
) -> None:
    server.know(known)
    server.allow(allowed)
    try:
        told = report(server, real_lab, "--ssh", ALIAS, password=real_lab.accounts[ALICE])
    finally:
        server.know("host")
        server.allow("user")
    assert told["verdict"] == "unknown"
    (why,) = [item["why"] for item in told["not_tested"] if item["what"] == "server-evidence"]
    assert words in why
    assert not [item for item in told["passed"] if item["name"] in ("log-clean", "port-served")]


def test_a_host_that_is_none_and_a_port_where_nobody_listens(server: SshServer, real_lab: RealLab) -> None:
    for host, words in (("no-such-host.invalid", "there is no such host"), ("ssh://127.0.0.1:1", "nobody listens")):
        told = report(server, real_lab, "--ssh", host, password=real_lab.accounts[ALICE])
        assert words in str(told["not_tested"])
