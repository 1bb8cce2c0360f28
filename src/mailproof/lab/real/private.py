"""What the private real servers share: a directory and ports of their own, daemons, and an end without a trace."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

from mailproof.lab.real.ports import ClaimedPorts
from mailproof.lab.real.postfix import DAEMONS
from mailproof.lab.real.processes import Daemon, Value, WaitedInVainError, end, first_true
from mailproof.model.failure import UsageError

# Both together are up within half a second; a machine with a hundred times the load is still waited for.
START_SECONDS = 30.0

# Postfix takes a configuration file that changed within the last two seconds for one that is being written, waits
# and reads it again; files that are a minute old it reads at once.
_AGE_SECONDS = 60

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C"}


class Lack(msgspec.Struct, frozen=True):
    """One thing that the lab needs and this machine has not."""

    kind: Literal["linux", "root", "package", "user"]
    name: str = ""
    """Of the package (Debian's) or the user."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".rstrip()


class RealLabError(UsageError):
    """The lab could not be started, or what was waited for did not come."""

    def __init__(self, reason: str, said: str = "", **params: str | tuple[str, ...]) -> None:
        super().__init__(reason, **params)
        self.said = said
        """The last lines of the servers' logs, as they stand there."""

    def __str__(self) -> str:
        return f"{super().__str__()}\n{self.said}" if self.said else super().__str__()


def lacks(packages: Mapping[str, Path], users: Iterable[str]) -> list[Lack]:
    """What this machine has not: Linux and root, a file of each of these packages, and these users."""
    found = [] if sys.platform.startswith("linux") else [Lack("linux")]
    if os.geteuid() != 0:
        found.append(Lack("root"))
    found += (Lack("package", package) for package, path in packages.items() if not path.exists())
    for user in users:
        try:
            pwd.getpwnam(user)
        except KeyError:
            found.append(Lack("user", user))
    return found


class PrivateServers(ABC):
    """Servers on loopback ports below a temporary directory, a Postfix among them. For `with`."""

    def __init__(self, *logs: str) -> None:
        """Nothing is started yet. `logs` are paths below the directory; into the first goes what daemons print."""
        self.ports: dict[str, int] = {}
        self._logs = logs
        self._claims: ClaimedPorts | None = None
        self._directory: Path | None = None
        self._daemons: list[Daemon] = []

    def start(self) -> None:
        """Returns when all that is waited for listens. Raises RealLabError, and then nothing is left.

        Raises OSError for a port that was asked for and is taken.
        """
        if self._directory is not None:
            raise RuntimeError("the private server is started already")
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    @abstractmethod
    def _start(self) -> None:
        """Claims, writes and launches; what goes wrong in it is taken down by `start`."""

    def _claim(self, names: tuple[str, ...], numbers: Mapping[str, int] | None = None) -> None:
        """Ports by these names, and a directory with empty logs in it."""
        self._claims = ClaimedPorts(names, numbers or {})
        self.ports = dict(self._claims.numbers)
        self._directory = Path(tempfile.mkdtemp(prefix="mailproof-", dir=reachable_parent()))
        self._directory.chmod(0o755)
        for log in self._logs:
            (self._directory / log).parent.mkdir(exist_ok=True)
            (self._directory / log).touch()

    def _age(self) -> None:
        """Let every file look as old as Postfix wants it."""
        old = time.time() - _AGE_SECONDS
        for file in self.directory.rglob("*"):
            if file.is_file():
                os.utime(file, (old, old))

    def _launch(self, *command: str) -> Daemon:
        daemon = Daemon(command, ENVIRONMENT, self.directory / self._logs[0])
        self._daemons.append(daemon)
        return daemon

    def _launch_postfix(self) -> Daemon:
        """Not by `postfix start`, which checks the whole installation for up to two seconds and then does this."""
        return self._launch(str(DAEMONS / "master"), "-c", str(self.postfix_dir))

    @property
    def directory(self) -> Path:
        """Everything of this lab is below it. Raises RuntimeError while the lab is not started, as all paths do."""
        if self._directory is None:
            raise RuntimeError("the private server is not started")
        return self._directory

    @property
    def postfix_dir(self) -> Path:
        """With main.cf and master.cf: for `postconf -c`, `--postfix-dir`."""
        return self.directory / "postfix" / "etc"

    def stop(self) -> None:
        """End every process of the lab, remove its directory, release its ports. May be called twice."""
        try:
            if self._directory is not None:  # without one nothing was started, and nothing names it
                end(self._daemons, self._directory.name)
                self._daemons.clear()
        finally:
            if self._directory is not None:
                shutil.rmtree(self._directory)
                self._directory = None
            if self._claims is not None:
                self._claims.release()
                self._claims = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    def check_postfix(self) -> str:
        """What `postfix check` says of the configuration; its master ends without a word over a bad master.cf."""
        command = ["/usr/sbin/postfix", "-c", str(self.postfix_dir), "check"]
        run = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
            timeout=START_SECONDS,
            check=False,
        )
        return run.stdout.decode("utf-8", "replace")

    def wait_until(self, condition: Callable[[], Value], what: str, seconds: float = START_SECONDS) -> Value:
        """The first true value of `condition`, which is asked every few milliseconds.

        Raises RealLabError if it does not become true in time, or a daemon ends meanwhile; `what` names it, as ports
        or files are named and not in a sentence.
        """
        return self._wait(condition, what, seconds, [daemon for daemon in self._daemons if daemon.status is None])

    def _wait(self, condition: Callable[[], Value], what: str, seconds: float, needed: Collection[Daemon]) -> Value:
        try:
            return first_true(condition, needed, seconds)
        except WaitedInVainError as vain:
            if vain.ended:
                raise RealLabError("real-lab-daemon-ended", self._said() + self.check_postfix(), what=what) from None
            raise RealLabError("real-lab-too-slow", self._said(), what=what, seconds=f"{seconds:g}") from None

    def _said(self) -> str:
        """The last lines of each log."""
        lines: list[str] = []
        for log in self._logs:
            lines += (self.directory / log).read_text("utf-8", "replace").splitlines()[-10:]
        return "".join(f"{line}\n" for line in lines)


def reachable_parent() -> str:
    """A temporary directory that the servers' own users can reach: no 0700 above it."""
    candidates: tuple[str, ...] = (tempfile.gettempdir(), "/var/tmp", "/tmp")
    for candidate in candidates:
        path = Path(candidate).resolve()
        if all(above.stat().st_mode & 0o001 for above in (path, *path.parents)):
            return str(path)
    raise RealLabError("real-lab-no-directory", candidates=candidates)
