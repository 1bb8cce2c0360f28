"""Runs a mail server from packages that are unpacked and not installed, as if they were, and for one test only.

The server gets a mount namespace of its own: its packages lie over /usr and /etc, /etc can be written to and is
thrown away, /run, /var/lib, /var/mail and /var/spool are folders of the test. It gets a process namespace too: when
its first process is killed, the kernel kills the rest. Names are looked up in files alone, and DNS is not asked.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO, NamedTuple

from loglines import unread
from mailproof.lab.real.ports import ClaimedPorts, listening_ports
from mailproof.lab.real.processes import Daemon, end, wait_for_end
from mailproof.script.authority import Authority, CertificateKind

BRANDS = Path(__file__).resolve().parents[2] / ".venv" / "brands"
NAME = "mail.example.test"
ACCOUNTS = {"alice@example.test": "looking-glass-1871", "bob@example.test": "can-we-fix-it-1999"}

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# The slowest is up within two seconds; a machine with thirty times the load is still waited for.
_START_SECONDS = 60.0
# How often the kernel is asked which ports listen. It does not tell by itself.
_POLL_SECONDS = 0.02

# $1 is the tree, $2 the folder of the server; what is left is started in the world that was made.
_WORLD = """
set -e
tree=$1 folder=$2
shift 2
mount -t tmpfs -o mode=755 tmpfs "$folder/scratch"
mkdir "$folder/scratch/etc" "$folder/scratch/work"
over=/etc
[ ! -d "$tree/etc" ] || over=$tree/etc:$over
mount -t overlay overlay -o "lowerdir=$tree/usr:/usr" /usr
mount -t overlay overlay \
    -o "lowerdir=$folder/etc:$over,upperdir=$folder/scratch/etc,workdir=$folder/scratch/work" /etc
mount --bind "$folder/run" /run
mount --bind "$folder/lib" /var/lib
mount --bind "$folder/spool" /var/spool
mount --bind "$folder/mail" /var/mail
if [ -d "$folder/dev" ]; then
    mount -t tmpfs -o mode=755 tmpfs "$folder/dev"
    cp -a /dev/null /dev/zero /dev/random /dev/urandom /dev/tty "$folder/dev/"
    ln -s "$folder/log.socket" "$folder/dev/log"
    mount --rbind "$folder/dev" /dev
fi
umask 022
cd /
exec sh "$folder/start"
"""


class Place:
    """Where a server of the test lives, for the functions that configure it."""

    def __init__(self, directory: Path, ports: Mapping[str, int], changes: Mapping[str, str]) -> None:
        self.directory = directory
        self.ports = ports
        self._changes = changes
        self.chain = directory / "chain.pem"
        self.key = directory / "key.pem"
        """Only root reads it."""

    def changed(self, text: str) -> str:
        """A configuration with what the test wants changed in it."""
        for old, new in self._changes.items():
            if old not in text:
                raise ValueError(f"not in the configuration: {old}")
            text = text.replace(old, new)
        return text

    def write(self, path: str, text: str, mode: int = 0o644) -> Path:
        """A file below the directory. What is written to `etc/…` lies over /etc of the server."""
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode)
        file.chmod(mode)
        file.write_text(text, "utf-8")
        return file


class Brand(NamedTuple):
    """A server that is started from its packages."""

    name: str
    """Its folder in `.venv/brands`, made by tools/fetch-server-brands.sh."""
    program: str
    """Its daemon, below that folder."""
    schemes: tuple[str, ...]
    users: tuple[str, ...]
    """Which its packages would make, each with a group of its name; `name:group` for another group."""
    configure: Callable[[Place], str]
    """Writes its configuration, and says in shell what prepares it and then becomes the server."""
    sockets: Mapping[str, str] = {}
    """Unix sockets that it must make, below its directory, by scheme."""
    logs: tuple[str, ...] = ()
    """Files of its log, below its directory; `syslog` is what it sends to /dev/log, which is then its own."""

    @property
    def tree(self) -> Path:
        return BRANDS / self.name

    def runs(self) -> bool:
        """Whether its packages are unpacked here and this user may lay them over /usr."""
        return (self.tree / self.program).exists() and _may_overlay(self.tree)


class Ended(RuntimeError):
    """The server ended, or did not come up in time; with what it printed and logged."""


@contextmanager
def serving(
    brand: Brand, certificate: CertificateKind = CertificateKind.GOOD, changes: Mapping[str, str] | None = None
) -> Iterator[SimpleNamespace]:
    """The server listens; what a check needs to know of it: `urls`, `ports`, `ca_file`, `name`, `accounts`.

    `changes` exchanges text in its main configuration. `directory` holds its files, `output` is the file of what it
    prints.
    """
    directory = Path(tempfile.mkdtemp(prefix=f"mailproof-{brand.name}-", dir="/var/tmp"))
    try:
        directory.chmod(0o755)
        for folder in ("etc", "run", "lib", "spool", "scratch", "mail"):
            (directory / folder).mkdir()
        authority = Authority("Lab")
        authority.write(authority.issue(certificate, NAME, datetime.now(UTC)), directory)
        with _syslog(brand, directory), ClaimedPorts(brand.schemes) as claims:
            place = Place(directory, claims.numbers, changes or {})
            _write_names(place, brand.users)
            place.write("start", brand.configure(place))
            daemon = _start(brand, place)
            try:
                _wait(daemon, place, [directory / socket for socket in brand.sockets.values()])
                urls = {scheme: f"{scheme}://127.0.0.1:{port}" for scheme, port in claims.numbers.items()}
                urls |= {scheme: f"{scheme}+unix://{directory / path}" for scheme, path in brand.sockets.items()}
                yield SimpleNamespace(
                    brand=brand.name,
                    urls=urls,
                    ports=dict(claims.numbers),
                    ca_file=directory / "root.pem",
                    name=NAME,
                    accounts=ACCOUNTS,
                    directory=directory,
                    output=directory / "output",
                    wait_until=lambda condition: _wait_until(daemon, place, condition),
                    inside=lambda script, **words: _inside(daemon, script, words),
                )
                # Whatever a test made it do, `log` knows every line of it.
                logs = [directory / log for log in brand.logs]
                unknown = [line for log in logs if log.exists() for line in unread(log)]
                assert not unknown, unknown
            finally:
                end([daemon], str(directory))
    finally:
        shutil.rmtree(directory)


@contextmanager
def _syslog(brand: Brand, directory: Path) -> Iterator[None]:
    """What the server sends to syslog(3) is written to the file `syslog`, a line for each datagram."""
    if "syslog" not in brand.logs:
        yield
        return
    (directory / "dev").mkdir()
    path = directory / "log.socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver, (directory / "syslog").open("wb") as file:
        receiver.bind(str(path))
        path.chmod(0o666)
        thread = threading.Thread(target=_write, args=(receiver, file))
        thread.start()
        ended: Ended | None = None
        try:
            yield
        except Ended as early:
            ended = early
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"", str(path))
            thread.join()
        if ended is not None:
            raise Ended(str(ended) + (directory / "syslog").read_text("utf-8", "replace")) from ended


def _write(receiver: socket.socket, file: BinaryIO) -> None:
    while datagram := receiver.recv(1 << 16):
        file.write(datagram.rstrip(b"\0\n") + b"\n")
        file.flush()


def said_by(brand: Brand, script: str, files: Mapping[str, str] | None = None) -> str:
    """What a shell script prints in the world of an unpacked brand, with `files` below its directory `$d`.

    Raises RuntimeError if it fails.
    """
    directory = Path(tempfile.mkdtemp(prefix=f"mailproof-{brand.name}-", dir="/var/tmp"))
    try:
        directory.chmod(0o755)
        for folder in ("etc", "run", "lib", "spool", "scratch", "mail"):
            (directory / folder).mkdir()
        place = Place(directory, {}, {})
        _write_names(place, brand.users)
        authority = Authority("Lab")
        authority.write(authority.issue(CertificateKind.GOOD, NAME, datetime.now(UTC)), directory)
        for path, text in (files or {}).items():
            place.write(path, text)
        place.write("start", f"d={directory}\n{script}")
        run = subprocess.run(_command(brand, directory), capture_output=True, text=True, timeout=120, check=False)
        if run.returncode:
            raise RuntimeError(run.stdout + run.stderr)
        return run.stdout + run.stderr
    finally:
        shutil.rmtree(directory)


def _inside(daemon: Daemon, script: str, words: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """A shell script run in the world of a server that runs, with `words` in its environment."""
    number = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text("ascii").split()[0]
    command = ["nsenter", "--target", number, "--mount", "--pid", "sh", "-c", script]
    env = {"PATH": _PATH, "LANG": "C", **words}
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=240, check=False)


def _write_names(place: Place, users: tuple[str, ...]) -> None:
    """The users and groups of its package beside those of this machine, and hosts that need no DNS."""
    known = {name: Path("/etc", name).read_text("utf-8") for name in ("passwd", "group")}
    # High and in a row: nobody else's.
    for number, user in enumerate(users, 63900):
        name, _, group = user.partition(":")
        if f"\n{name}:" not in known["passwd"]:
            if not group:
                known["group"] += f"{name}:x:{number}:\n"
            gid = number if not group else _gid(known["group"], group)
            known["passwd"] += f"{name}:x:{number}:{gid}::/nonexistent:/usr/sbin/nologin\n"
    for file, text in known.items():
        place.write(f"etc/{file}", text)
    place.write("etc/hosts", f"127.0.0.1 localhost\n127.0.0.1 {NAME} mail\n")
    place.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\nservices: files\n")
    place.write("etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")


def _gid(groups: str, name: str) -> int:
    return next(int(line.split(":")[2]) for line in groups.splitlines() if line.startswith(f"{name}:"))


def _start(brand: Brand, place: Place) -> Daemon:
    return Daemon(_command(brand, place.directory), {"PATH": _PATH, "LANG": "C"}, place.directory / "output")


def _command(brand: Brand, directory: Path) -> list[str]:
    spaces = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return [*spaces, "sh", "-c", _WORLD, "world", str(brand.tree), str(directory)]


def _wait(daemon: Daemon, place: Place, sockets: list[Path]) -> None:
    wanted = set(place.ports.values())
    _wait_until(daemon, place, lambda: wanted <= listening_ports() and all(socket.exists() for socket in sockets))


def _wait_until(daemon: Daemon, place: Place, condition: Callable[[], object]) -> None:
    """Raises Ended, with what the server printed, if it ends first or takes too long."""
    until = time.monotonic() + _START_SECONDS
    while not condition():
        late = time.monotonic() > until
        if late or daemon.status is not None:
            said = (place.directory / "output").read_text("utf-8", "replace")
            raise Ended(f"{place.directory.name} {'was too slow' if late else 'ended'}:\n{said}")
        wait_for_end([daemon.pid], _POLL_SECONDS)


def _may_overlay(tree: Path) -> bool:
    if os.geteuid() != 0 or not shutil.which("unshare"):
        return False
    probe = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--mount-proc"]
    laid = ["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={tree}/usr:/usr", "/usr"]
    return subprocess.run([*probe, *laid], capture_output=True, check=False).returncode == 0
