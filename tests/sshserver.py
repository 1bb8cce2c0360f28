"""A private sshd on loopback with its own port, keys and configuration, ended by its number; an ssh that knows it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from mailproof.lab.real.ports import listening_ports

SSHD = Path("/usr/sbin/sshd")
ALIAS = "mailserver"
_SECONDS = 60.0


def missing() -> list[str]:
    """What this machine lacks; empty if the server can run."""
    lacks = [] if SSHD.exists() else ["openssh-server"]
    lacks += [] if shutil.which("ssh") else ["openssh-client"]
    return lacks + ([] if os.getuid() == 0 else ["root"])


class SshServer:
    """A context manager. `force` is the command that every login gets in place of what it asked for."""

    def __init__(self, directory: Path, *, force: str = "", shell: str = "") -> None:
        self.directory = directory
        self.port = _free_port()
        # sshd itself asks for the shell of the user; that of root is bash, and whatever is asked for runs in it.
        self._force = force or (f"exec {shell}" if shell else "")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> SshServer:
        for name in ("host", "user", "other"):
            key = self.directory / name
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        self.allow("user")
        self.know("host")
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # the empty directory of its privilege separation
        config = self.directory / "sshd_config"
        config.write_text(
            f"ListenAddress 127.0.0.1:{self.port}\nHostKey {self.directory}/host\nPidFile none\nUsePAM no\n"
            f"AuthorizedKeysFile {self.directory}/authorized\nStrictModes no\nPermitRootLogin prohibit-password\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nLoginGraceTime 30\n"
            + (f"ForceCommand {self._force}\n" if self._force else "")
        )
        with (self.directory / "sshd.log").open("wb") as log:
            command = [SSHD, "-D", "-e", "-f", config]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait = self._process
        while self.port not in listening_ports():
            if wait.poll() is not None:
                raise RuntimeError((self.directory / "sshd.log").read_text())
            _pause(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(_SECONDS)

    def sessions(self) -> list[int]:
        """Processes of logins that have not ended yet, once those that are ending had the time for it."""
        assert self._process is not None
        for _ in range(1200):
            found = _children(self._process.pid)
            if not found:
                return []
            _pause(0.05)
        return found

    def allow(self, key: str) -> None:
        """Whose key is let in."""
        shutil.copy(self.directory / f"{key}.pub", self.directory / "authorized")

    def know(self, key: str) -> None:
        """Which key the client takes for that of the server; none with an empty name."""
        kind = (self.directory / f"{key}.pub").read_text() if key else ""
        line = f"[127.0.0.1]:{self.port} {kind}" if key else ""
        (self.directory / "known_hosts").write_text(line)

    @property
    def config(self) -> Path:
        """As of a user whose ssh_config has the server under ALIAS."""
        path = self.directory / "ssh_config"
        path.write_text(
            f"Host {ALIAS}\n  HostName 127.0.0.1\n  Port {self.port}\n  User root\n"
            f"  IdentityFile {self.directory}/user\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {self.directory}/known_hosts\n  GlobalKnownHostsFile /dev/null\n"
        )
        return path

    @property
    def path(self) -> str:
        """A PATH whose ssh is the system's with that configuration: ssh takes no other place for it than the home."""
        folder = self.directory / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "ssh"
        program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {self.config} "$@"\n')
        program.chmod(0o755)
        return f"{folder}:{os.environ['PATH']}"


def _children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, above, *_ = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(above) == parent and state not in "ZX":
            found.append(int(path.parent.name))
    return found


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _pause(seconds: float) -> None:
    """Until something may have changed."""
    with socket.socket() as nobody:
        nobody.settimeout(seconds)
        nobody.bind(("127.0.0.1", 0))
        nobody.listen()
        try:
            nobody.accept()
        except TimeoutError:
            return
