"""Starts the broken servers of the corpus, and checks them from the wire as a user would be told to."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from mailproof.lab.real.ports import ClaimedPorts

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
PORTS = {"smtp": 25, "submission": 587, "smtps": 465, "pop3": 110, "pop3s": 995, "imap": 143, "imaps": 993}
_BESIDES = {"postscreen": 27}
"""Ports that a case may name, and that are checked only there."""
_INSIDE = {"sieve": 190, "sink1": 31, "sink2": 32, "sink3": 33, "milter": 891, "policy": 23, "blackhole": 39}
"""Of daemons and programs that a server itself asks."""

# A server has the usual ports above its base, up to base + 995, all below those that the kernel gives to clients
# (ip_local_port_range). Of each hundred it has one address for a name server.
_BASES = range(20_000, 31_000, 210)

EXIM_TREE = Path(__file__).resolve().parents[2] / ".venv" / "brands" / "exim"
# Its program starts a case on ports of its own choice; what it calls for that takes any.
_START_EXIM = "import sys, exim_lab as lab; lab.ex(f'{lab.lab.CACHE}/ex', int(sys.argv[2]), lab.CASES[sys.argv[1]])"
_CONFIGURATIONS = {
    "postfix-dir": "postfix/etc",
    "dovecot-conf": "dovecot/dovecot.conf",
    "exim-conf": "exim.conf",
}
"""Where a case has them, by the option that names them."""
# Seconds that a server may take to start; it takes two.
_START = 60


def notes() -> dict[str, dict[str, Any]]:
    """By case: what else is true than its own answers, and why."""
    return tomllib.loads(Path(__file__).with_name("notes.toml").read_text("utf-8"))


class Server(NamedTuple):
    """A broken server that runs."""

    directory: Path
    base_port: int
    schemes: tuple[str, ...]
    """What it serves, where the case does not say."""


def cases(*prefixes: str) -> list[dict[str, Any]]:
    """The cases whose name begins with one of these, and that a check can meet.

    None where there is no corpus, none of Exim where its package is not unpacked.
    """
    found = []
    for path in sorted((CORPUS / "broken").glob("*.json")) if CORPUS.is_dir() else ():
        case = json.loads(path.read_text("utf-8"))
        runs = EXIM_TREE.is_dir() or not path.stem.startswith("exim-")
        if path.stem.startswith(prefixes) and case["check"]["run"] and runs:
            found.append(case | {"id": path.stem})
    return found


@contextmanager
def running(case: dict[str, Any]) -> Iterator[Server]:
    """The server of a case, on ports that nobody else has; stopped and removed at the end, also by a signal."""
    with claimed_base() as base_port, _running(case, base_port) as server:
        yield server


@contextmanager
def claimed_base() -> Iterator[int]:
    """Its ports are free, those too that the kernel keeps busy for a minute behind a connection that was closed.

    They stay claimed: its servers may listen there, and another run beside this one passes them by.
    """
    ports = {**PORTS, **_BESIDES, **_INSIDE}
    for base in _BASES:
        try:
            claims = ClaimedPorts(tuple(ports), {name: base + port for name, port in ports.items()})
        except OSError:
            continue
        with claims:
            yield base
        return
    raise RuntimeError("every base has a port that is taken")


@contextmanager
def _running(case: dict[str, Any], base_port: int) -> Iterator[Server]:
    directory = Path(tempfile.mkdtemp(prefix="mailproof-corpus-"))
    directory.chmod(0o755)
    server, start, stop, environment = (_exim if _is_exim(case) else _postfix)(case, base_port, directory)
    # A session of its own: what ends this process must not end its starter half way, nor what stops the server.
    given = {"stdin": subprocess.DEVNULL, "env": {**os.environ, **environment}, "start_new_session": True}
    with (directory / "start.log").open("wb") as log:  # never a pipe: daemons would hold it open
        starter = subprocess.Popen(start, stdout=log, stderr=log, **given)
    try:
        starter.wait(_START)
        yield server
    finally:
        with _undisturbed():
            _end(starter)
            subprocess.run(stop, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, **given)
            shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """What ends the process waits until the end of it: half stopped, a server keeps ports that the next run needs.

    Signals are not blocked, for that is done by thread, and a name server has one.
    """
    heard: list[int] = []
    ending = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.signal(each, lambda number, _: heard.append(number)) for each in ending}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    for number in heard[:1]:
        signal.raise_signal(number)


def _end(starter: subprocess.Popen[bytes]) -> None:
    """A master that has not yet written its process id cannot be stopped: it is let come up."""
    try:
        starter.wait(_START)
    except subprocess.TimeoutExpired:
        starter.kill()
        starter.wait()


_Commands = tuple[Server, list[str], list[str], dict[str, str]]


def _is_exim(case: dict[str, Any]) -> bool:
    return str(case["id"]).startswith("exim-")


def _postfix(case: dict[str, Any], base_port: int, directory: Path) -> _Commands:
    program = [sys.executable, str(CORPUS / "lab" / "lab.py")]
    options = ["--dir", str(directory)]
    start = [*program, "start", "--case", case["id"], "--base-port", str(base_port), *options]
    return Server(directory, base_port, tuple(PORTS)), start, [*program, "stop", *options], {}


def _exim(case: dict[str, Any], base_port: int, directory: Path) -> _Commands:
    """Its lab has a place of its own, wants the unpacked package in its cache, and serves no mailboxes."""
    (directory / "mta").mkdir()
    (directory / "mta" / "exim").symlink_to(EXIM_TREE)
    lab = CORPUS / "lab"
    libraries = ":".join(str(path) for path in (EXIM_TREE / "usr" / "lib").glob("*-linux-gnu*"))
    environment = {"LAB_CACHE": str(directory), "LD_LIBRARY_PATH": libraries, "PYTHONPATH": str(lab)}
    server = Server(directory / "ex", base_port, ("smtp", "submission", "smtps"))
    # The package is built for a user of its own, who is known in a namespace of the server's alone.
    for file, entry in (("passwd", "Debian-exim:x:8:8::/:/bin/false"), ("group", "Debian-exim:x:8:")):
        (directory / file).write_text(f"{Path('/etc', file).read_text('utf-8')}{entry}\n", "utf-8")
    mount = 'mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group && shift && exec "$@"'
    inside = ["unshare", "--mount", "--propagation", "private", "sh", "-c", mount, "sh", str(directory)]
    start = [*inside, sys.executable, "-c", _START_EXIM, case["id"], str(base_port)]
    return server, start, [sys.executable, str(lab / "exim_lab.py"), "stop"], environment


def check(case: dict[str, Any], server: Server, *, inside: bool = False) -> dict[str, Any]:
    """The report on it of the call that the corpus describes: from outside, or with the server's own evidence."""
    wanted = case["check"]
    further = notes().get(case["id"], {}).get("args", [])
    options = [_filled(text, server.base_port) for text in (*wanted.get("args", []), *further)]
    urls = [text for text in options if "://" in text] or [
        f"{scheme}://127.0.0.1:{server.base_port + PORTS[scheme]}" for scheme in wanted.get("only") or server.schemes
    ]
    asked = {
        "--name": "mail.example.test",
        "--ca-file": str(server.directory / "pki" / "root.pem"),
        "--user": wanted.get("user", "alice@example.test"),
        "--password-env": "PW",
        "--from": "alice@example.test",
        "--mailbox": "bob@example.test",
        "--mailbox-user": "bob@example.test",
        "--mailbox-password-env": "PWB",
        "--outside": "y@elsewhere.test",
        "--message": str(CORPUS / "lab" / "message.eml"),
        "--timeout": "10s",
        "--format": "json",
    }
    if inside:
        options += [f"--log={log}" for log in _logs(server)]
        for option, path in _CONFIGURATIONS.items():
            options += [f"--{option}={server.directory / path}"] if (server.directory / path).exists() else []
        options += ["--here"]
    done = subprocess.run(
        [sys.executable, "-m", "mailproof", "check", *urls, *(word for pair in asked.items() for word in pair)]
        + [text for text in options if "://" not in text],
        env={"PATH": os.environ["PATH"], "PW": wanted.get("password", "alicepw"), "PWB": "bobpw"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _logs(server: Server) -> list[Path]:
    """Postfix's and Dovecot's, or Exim's."""
    found = sorted((server.directory / "log").glob("*.log"))
    names = ("mainlog", "paniclog")
    return found or [path for path in sorted(server.directory.rglob("*log")) if path.name in names and path.is_file()]


def _filled(text: str, base_port: int) -> str:
    """`@submission@` stands for that port."""
    for scheme, port in {**PORTS, **_BESIDES}.items():
        text = text.replace(f"@{scheme}@", str(base_port + port))
    return text
