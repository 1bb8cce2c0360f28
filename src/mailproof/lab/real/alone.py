"""A private Postfix without a Dovecot beside it, with a configuration that is given whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from mailproof.lab.real.ports import listening_ports
from mailproof.lab.real.postfix import DAEMONS, make_directories
from mailproof.lab.real.private import Lack, PrivateServers, RealLabError, lacks

Files = Mapping[str, str]
Written = Callable[[Path, Mapping[str, int]], Files]
"""Files by name, main.cf and master.cf among them, for the directory of the server and its ports."""


class PostfixAlone(PrivateServers):
    """Serves on free loopback ports below a temporary directory, and is taken down without a trace. For `with`."""

    def __init__(self, ports: tuple[str, ...], written: Written) -> None:
        """Nothing is started yet. `ports` are names; each is one on which the master is to listen."""
        super().__init__("startup.log", "mail.log")
        self._names, self._written = ports, written

    @staticmethod
    def missing() -> list[Lack]:
        """What this machine lacks to run it; empty if it can."""
        return lacks({"postfix": DAEMONS / "master"}, ["postfix"])

    @property
    def log(self) -> Path:
        return self.directory / "mail.log"

    def _start(self) -> None:
        if lacking := self.missing():
            raise RealLabError("postfix-alone-lacks", lacks=tuple(map(str, lacking)))
        self._claim(self._names)
        make_directories(self.directory)
        self.postfix_dir.mkdir()
        for name, text in self._written(self.directory, self.ports).items():
            file = self.postfix_dir / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8", "surrogateescape")
        self._age()
        self._launch_postfix()
        numbers = set(self.ports.values())
        self.wait_until(lambda: numbers <= listening_ports(), ", ".join(self.ports))
