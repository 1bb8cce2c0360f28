"""Microsocks, Dante and tinyproxy from Debian's packages, each on a free loopback port and ended by its number."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mailproof.lab.real.ports import ClaimedPorts, listening_ports
from mailproof.lab.real.processes import Daemon, end, wait_for_end

_START_SECONDS = 60.0

DANTE = """
logoutput: stderr
internal: 127.0.0.1 port = {port}
external: lo
socksmethod: none
clientmethod: none
user.privileged: root
user.unprivileged: nobody
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks block {{ from: 0.0.0.0/0 to: 127.0.0.0/8 port = {forbidden} }}
socks pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
"""
TINYPROXY = """
Port {port}
Listen 127.0.0.1
Timeout 60
Allow 127.0.0.1
{more}
"""


def missing(program: str) -> str:
    """Why it cannot be had; empty if it can."""
    return "" if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") else f"needs {program}"


@contextmanager
def microsocks(directory: Path, *options: str) -> Iterator[int]:
    with ClaimedPorts(("proxy",)) as claimed:
        port = claimed.numbers["proxy"]
        with _running(["/usr/bin/microsocks", "-i", "127.0.0.1", "-p", str(port), *options], port, directory):
            yield port


@contextmanager
def dante(directory: Path, forbidden: int) -> Iterator[int]:
    with ClaimedPorts(("proxy",)) as claimed:
        port = claimed.numbers["proxy"]
        file = directory / "danted.conf"
        file.write_text(DANTE.format(port=port, forbidden=forbidden))
        pid_file = directory / "danted.pid"
        with _running(["/usr/sbin/danted", "-f", str(file), "-p", str(pid_file)], port, directory):
            yield port


@contextmanager
def tinyproxy(directory: Path, *lines: str) -> Iterator[int]:
    with ClaimedPorts(("proxy",)) as claimed:
        port = claimed.numbers["proxy"]
        file = directory / "tinyproxy.conf"
        file.write_text(TINYPROXY.format(port=port, more="\n".join(lines)))
        with _running(["/usr/bin/tinyproxy", "-d", "-c", str(file)], port, directory):
            yield port


@contextmanager
def _running(command: Sequence[str], port: int, directory: Path) -> Iterator[None]:
    output = directory / "proxy.out"
    daemon = Daemon(command, {"PATH": os.environ["PATH"]}, output)
    try:
        until = time.monotonic() + _START_SECONDS
        while port not in listening_ports():
            assert daemon.status is None, output.read_text()
            assert time.monotonic() < until, output.read_text()
            wait_for_end([daemon.pid], 0.05)
        yield
    finally:
        end([daemon], str(directory))
