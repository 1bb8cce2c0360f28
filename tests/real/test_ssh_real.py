"""Evidence from another machine: a real sshd, reached by the system's ssh, says what this machine says of itself."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sshserver
from insidecheck import dovecot_of, postfix_of
from labcheck import ALICE
from mailproof.lab.real.server import RealLab
from ptys import Terminal
from sshserver import ALIAS, SshServer

pytestmark = [
    pytest.mark.real,
    pytest.mark.usefixtures("resolver"),
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
        server,
        *("check", *urls, "--name", lab.name, "--ca-file", str(lab.ca_file), "--user", ALICE),
        *("--password-env", "PW", *postfix_of(lab), *dovecot_of(lab), "--format", "json", *where),
        password=password,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def unlike(told: object) -> str:
    """Without what differs between two runs of one command: times, sessions, our ports, lines, processes, room."""
    text = re.sub(r"(\S+) +\d+ +\d+ +\d+ +\d+% (?=/)", r"\1 ~ ", json.dumps(told, indent=1))
    text = re.sub(r"users:\(\(.*?\)\)", "~", text)
    text = re.sub(
        r"session=<[^>]+>|,<[A-Za-z0-9+/]{16}>|line \d+|in \d+ secs|\([\d. +]+ secs\)|\d+ lines, \d+ of this run",
        "~",
        text,
    )
    text = re.sub(r"\"seconds\": [0-9.e-]+", '"seconds": 0', text)
    return re.sub(r"<[A-Za-z0-9+/=.-]+@[^>]+>|127\.0\.0\.1:\d{5}", "~", text)


def _taken(passed: list[Any], name: str) -> list[Any]:
    """What passed under a name, taken out."""
    found = [item for item in passed if item["name"] == name]
    passed[:] = [item for item in passed if item["name"] != name]
    return found


@pytest.mark.parametrize("password", [None, "no such password"])
def test_the_report_is_that_of_the_machine_itself(server: SshServer, real_lab: RealLab, password: str | None) -> None:
    here = report(server, real_lab, "--here", password=password or real_lab.accounts[ALICE])
    there = report(server, real_lab, "--ssh", ALIAS, password=password or real_lab.accounts[ALICE])
    (clock,) = [item for item in there["passed"] if item["name"] == "clock-agrees"]
    there["passed"].remove(clock)  # of itself no machine is asked that
    # There its own getent is asked, here each name server.
    answering = [_taken(told["passed"], "resolver-answers") for told in (here, there)]
    assert ["getent ahostsv4" in json.dumps(each) for each in answering] == [False, True]
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


@pytest.mark.parametrize("shell", ["dash", "busybox sh", "mksh"])
def test_whatever_sh_there_is(real_lab: RealLab, tmp_path: Path, shell: str) -> None:
    if shutil.which(shell.split()[0]) is None:
        pytest.skip(f"needs {shell}")
    with SshServer(tmp_path, shell=shell) as server:
        told = report(server, real_lab, "--ssh", ALIAS, password="no such password")
    assert [cause["name"] for cause in told["causes"]] == ["password-wrong"]


def test_a_forced_command_that_is_no_shell(real_lab: RealLab, tmp_path: Path) -> None:
    with SshServer(tmp_path, force="echo This account is for rsync only.") as server:
        told = report(server, real_lab, "--ssh", ALIAS, password=real_lab.accounts[ALICE])
    (why,) = [item["why"] for item in told["not_tested"] if item["what"] == "server-evidence"]
    assert "there is no POSIX sh" in why


def test_an_ordinary_user_sees_less_and_it_is_said(real_lab: RealLab, tmp_path: Path) -> None:
    """Of what may not be read nothing is judged: no fault, and nothing that passed."""
    closed = tmp_path / "closed"
    shutil.copytree(real_lab.postfix_dir, closed / "postfix")
    shutil.copy(real_lab.mail_log, closed)
    closed.chmod(0o700)
    where = ("--ssh", ALIAS, "--log", str(closed / "mail.log"), "--postfix-dir", str(closed / "postfix"))
    with SshServer(tmp_path, shell="setpriv --reuid 65534 --regid 65534 --clear-groups sh") as server:
        done = mailproof(
            server, "check", real_lab.urls["smtp"], "--name", real_lab.name, "--ca-file", str(real_lab.ca_file),
            *where, "--format", "json",
        )  # fmt: skip
    told = json.loads(done.stdout)
    assert (told["verdict"], told["causes"], done.returncode) == ("unknown", [], 3)
    why = " ".join(item["why"] for item in told["not_tested"])
    assert f"the log {closed}/mail.log may not be read" in why
    assert f"{closed}/postfix/main.cf could not be read" in why
    assert "nft list ruleset" in why
    assert not {item["name"] for item in told["passed"]} & {"log-clean", "postfix-config-readable"}


def test_ssh_asks_on_a_terminal(server: SshServer, real_lab: RealLab) -> None:
    """For the passphrase of a key; without a terminal nobody is asked, and the key is not used."""
    command = ["ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", str(server.directory / "user")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    target = (
        "check",
        real_lab.urls["smtp"],
        "--name",
        real_lab.name,
        "--ca-file",
        str(real_lab.ca_file),
        "--ssh",
        ALIAS,
    )
    try:
        silent = mailproof(server, *target)
        assert "neither our key nor a password" in " ".join(silent.stdout.split())
        environment = {"PATH": server.path, "HOME": str(server.directory), "COLUMNS": "200"}
        with Terminal([sys.executable, "-m", "mailproof", *target], environment, columns=200) as terminal:
            terminal.wait_for("Enter passphrase")
            terminal.type("open sesame\n")
            terminal.wait_for("profile default")
        assert "What the server itself tells" not in terminal.shown
        assert "open sesame" not in terminal.shown
    finally:
        command[command.index("-P") + 1], command[command.index("-N") + 1] = "open sesame", ""
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def test_a_report_that_is_masked_names_no_host_of_ssh(server: SshServer, real_lab: RealLab) -> None:
    server.know("")
    try:
        done = mailproof(server, "check", real_lab.urls["smtp"], "--ssh", ALIAS, "--mask")
    finally:
        server.know("host")
    assert "its host key is not in known_hosts" in " ".join(done.stdout.split())
    assert ALIAS not in done.stdout


def test_nothing_is_left_running_and_nothing_is_written(server: SshServer, real_lab: RealLab, tmp_path: Path) -> None:
    folders = [Path("/etc/postfix"), Path.home() / ".ssh", real_lab.postfix_dir, real_lab.dovecot_conf.parent]

    def there() -> list[tuple[Path, int]]:
        """Every file with its time; nothing of a folder that is not there, nor of Dovecot's own sockets."""
        sockets = real_lab.lmtp_socket.parent
        found = [path for folder in folders for path in (folder, *folder.rglob("*")) if path.exists()]
        found = [path for path in found if path != sockets and sockets not in path.parents]
        return [(path, path.stat().st_mtime_ns) for path in found]

    before = there()
    report(server, real_lab, "--ssh", ALIAS, password="no such password")
    assert there() == before
    assert not server.sessions()


def test_a_host_that_is_none_and_a_port_where_nobody_listens(server: SshServer, real_lab: RealLab) -> None:
    for host, words in (("no-such-host.invalid", "there is no such host"), ("ssh://127.0.0.1:1", "nobody listens")):
        told = report(server, real_lab, "--ssh", host, password=real_lab.accounts[ALICE])
        assert words in str(told["not_tested"])
