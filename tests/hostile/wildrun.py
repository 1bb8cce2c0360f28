"""The real command against a hostile server, and what it took."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
from wild import PASSWORD, USER, Hostile, Keeper
from wildnames import NameKeeper

from loopback import sound_tls
from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.model.record import Record
from mailproof.model.report import Report
from mailproof.report.build import build

MEGABYTE = 1 << 20
_PATIENCE = 120
"""Seconds for a command that hangs; none of these does."""
_MEASURED = Path(__file__).with_name("measured.py")


class Outcome(msgspec.Struct, frozen=True):
    exit_code: int
    record: Record
    report: Report
    shown: str
    """What it wrote, to standard output and standard error."""
    megabytes: float
    """The largest resident size."""

    @property
    def causes(self) -> tuple[str, ...]:
        return tuple(item.name for item in self.report.causes)


class Place(msgspec.Struct, frozen=True):
    """A directory with a certificate for 127.0.0.1 in it."""

    directory: Path
    root: Path
    context: ssl.SSLContext

    @classmethod
    def make(cls, directory: Path) -> Place:
        context, root = sound_tls(directory)
        return cls(directory, root, context)


@contextmanager
def serving(server: Hostile, place: Place) -> Iterator[list[str]]:
    """What is to be checked, and how it is found, until the end of the block."""
    with ExitStack() as stack:
        urls = []
        if server.names is not None:
            book = NameKeeper(server.names)
            stack.callback(book.close)
            yield ["example.test", "--resolver", f"127.0.0.1:{book.port}"]
            return
        if server.way:
            keeper = Keeper(server.talk, server.scheme, place.context)
            stack.callback(keeper.close)
            yield [f"{server.scheme}://127.0.0.1:9", "--proxy", f"{server.way}://127.0.0.1:{keeper.port}"]
            return
        for scheme in (server.scheme, *server.also):
            keeper = Keeper(server.talk, scheme, place.context)
            stack.callback(keeper.close)
            urls.append(f"{scheme}://127.0.0.1:{keeper.port}")
        yield urls


def run(server: Hostile, place: Place) -> Outcome:
    """A whole check of it. Raises TimeoutError for a command that does not end."""
    with serving(server, place) as urls:
        return check(urls, server, place)


def check(targets: list[str], server: Hostile, place: Place) -> Outcome:
    kept = place.directory / f"{server.name}.json"
    size = place.directory / f"{server.name}.size"
    command = [sys.executable, "-m", "mailproof", "check", "-v", "--record", str(kept), "--ca-file", str(place.root)]
    options = [f"--timeout={server.timeout}s", "--ehlo=client.test", *server.given]
    if server.login:
        options += ["--user", USER, "--password-env", "HOSTILE_PASSWORD"]
    env = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "HOSTILE_PASSWORD": PASSWORD, "COLUMNS": "120"}
    with subprocess.Popen(
        [sys.executable, "-S", str(_MEASURED), str(size), *command, *options, *targets],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            shown = process.communicate(timeout=_PATIENCE)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise TimeoutError(f"the check of {server.name} does not end") from None
    assert kept.exists(), shown.decode("utf-8", "replace")
    record = msgspec.json.decode(kept.read_bytes(), type=Record)
    policy = load_profile()
    report = build(record, judge(record, policy), policy)
    return Outcome(
        process.returncode,
        record,
        report,
        shown.decode("utf-8", "surrogateescape"),
        int(size.read_text("ascii")) * 1024 / MEGABYTE,
    )
