"""A private Postfix without a Dovecot beside it, with a configuration that is given whole."""

from __future__ import annotations

import os
import pwd
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from mailproof.lab.real.ports import ClaimedPorts, listening_ports
from mailproof.lab.real.postfix import DAEMONS, make_directories
from mailproof.lab.real.processes import Daemon, end, wait_for_end
from mailproof.lab.real.server import AGE_SECONDS, ENVIRONMENT, POLL_SECONDS, Lack, RealLabError, reachable_parent

Value = TypeVar("Value")
Files = Mapping[str, str]
Written = Callable[[Path, Mapping[str, int]], Files]
"""Files by name, main.cf and master.cf among them, for the directory of the server and its ports."""

# As long as the whole lab is waited for; it is up within a fifth of a second.
_START_SECONDS = 30.0


class PostfixAlone:
    """Serves on free loopback ports below a temporary directory, and is taken down without a trace. For `with`."""

    def __init__(self, ports: tuple[str, ...], written: Written) -> None:
        """Nothing is started yet. `ports` are names; each is one on which the master is to listen."""
        self._names, self._written = ports, written
        self.ports: dict[str, int] = {}
        self._claims: ClaimedPorts | None = None
        self._daemon: Daemon | None = None
        self._directory: Path | None = None

    @staticmethod
    def missing() -> list[Lack]:
        """What this machine lacks to run it; empty if it can."""
        lacks = [] if sys.platform.startswith("linux") else [Lack("linux")]
        if os.geteuid() != 0:
            lacks.append(Lack("root"))
        if not (DAEMONS / "master").exists():
            lacks.append(Lack("package", "postfix"))
        try:
            pwd.getpwnam("postfix")
        except KeyError:
            lacks.append(Lack("user", "postfix"))
        return lacks

    @property
    def directory(self) -> Path:
        """Everything is below it. Raises RuntimeError while it is not started."""
        if self._directory is None:
            raise RuntimeError("the private Postfix is not started")
        return self._directory

    @property
    def postfix_dir(self) -> Path:
        """With main.cf and master.cf."""
        return self.directory / "postfix" / "etc"

    @property
    def log(self) -> Path:
        return self.directory / "mail.log"

    def __enter__(self) -> PostfixAlone:
        """Returns when it listens. Raises RealLabError, and then nothing is left."""
        if lacks := self.missing():
            raise RealLabError("postfix-alone-lacks", lacks=tuple(map(str, lacks)))
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self) -> None:
        self._claims = ClaimedPorts(self._names)
        self.ports = dict(self._claims.numbers)
        self._directory = Path(tempfile.mkdtemp(prefix="mailproof-", dir=reachable_parent()))
        self._directory.chmod(0o755)
        make_directories(self._directory)
        self.log.touch()
        self.postfix_dir.mkdir()
        old = time.time() - AGE_SECONDS
        for name, text in self._written(self._directory, self.ports).items():
            file = self.postfix_dir / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8", "surrogateescape")
            os.utime(file, (old, old))
        command = [str(DAEMONS / "master"), "-c", str(self.postfix_dir)]
        self._daemon = Daemon(command, ENVIRONMENT, self._directory / "startup.log")
        numbers = set(self.ports.values())
        self.wait_until(lambda: numbers <= listening_ports(), ", ".join(self.ports))

    def wait_until(self, condition: Callable[[], Value], what: str, seconds: float = _START_SECONDS) -> Value:
        """The first true value. Raises RealLabError if it does not come in time, or Postfix ends meanwhile."""
        daemon = self._daemon
        if daemon is None:
            raise RuntimeError("the private Postfix is not started")
        until = time.monotonic() + seconds
        while True:
            ended = daemon.status is not None
            if value := condition():
                return value
            if ended:
                raise RealLabError("real-lab-daemon-ended", self._said(), what=what)
            if time.monotonic() > until:
                raise RealLabError("real-lab-too-slow", self._said(), what=what, seconds=f"{seconds:g}")
            wait_for_end([daemon.pid], POLL_SECONDS)

    def _said(self) -> str:
        lines = []
        for log in (self.directory / "startup.log", self.log):
            lines += log.read_text("utf-8", "replace").splitlines()[-10:]
        return "".join(f"{line}\n" for line in lines)

    def stop(self) -> None:
        """End every process of it, remove its directory, release its ports. May be called twice."""
        try:
            if self._directory is not None:
                end([self._daemon] if self._daemon else [], self._directory.name)
                self._daemon = None
        finally:
            if self._directory is not None:
                shutil.rmtree(self._directory)
                self._directory = None
            if self._claims is not None:
                self._claims.release()
                self._claims = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()
