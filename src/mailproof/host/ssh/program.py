"""How ssh(1) is called: with the user's own configuration and known hosts, and nothing that the server could use."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from math import ceil
from typing import NamedTuple

from mailproof.host.ssh.destination import Destination
from mailproof.model.secret import Secrets

_OPTIONS = (
    # No terminal there, no agent, no X11, no forwarding that the configuration asks for other sessions.
    *("-T", "-a", "-x", "-e", "none"),
    *("-o", "ClearAllForwardings=yes"),
    *("-o", "PermitLocalCommand=no"),
    # A connection that is there already is used; none is left behind, which would hold our pipes open.
    *("-o", "ControlMaster=no"),
    # Of the user's sessions by hand; older ones do not know it (OpenSSH 7.6).
    *("-o", "IgnoreUnknown=RemoteCommand", "-o", "RemoteCommand=none"),
    *("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"),
)

# It reads files; a `Match exec` of them may run something.
_PATIENCE = 10.0


def ssh_program(timeout: float, *, asks: bool) -> tuple[str, ...] | None:
    """The program and its options; None where there is none.

    Host keys are checked as the user's configuration has it: StrictHostKeyChecking is not touched. Without `asks`
    nobody is asked for a password, and a host that is not known is refused.
    """
    path = shutil.which("ssh")
    if path is None:
        return None
    batch = ("-o", f"BatchMode={'no' if asks else 'yes'}")
    return (path, *_OPTIONS, "-o", f"ConnectTimeout={max(1, ceil(timeout))}", *batch)


class Dialled(NamedTuple):
    """What ssh makes of a destination by its configuration."""

    host: str
    """A name or an address; empty where ssh does not tell."""
    through: bool
    """Another machine or a program stands in between (ProxyJump, ProxyCommand)."""


def dialled(program: Sequence[str], to: Destination, environment: Mapping[str, str]) -> Dialled:
    """By `ssh -G` (OpenSSH 6.8), which connects to nothing."""
    try:
        done = subprocess.run(
            [*program, "-G", *to.words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return Dialled("", through=False)
    lines = (line.partition(" ") for line in done.stdout.decode("utf-8", "replace").splitlines())
    told = {key: value.strip() for key, _, value in lines}
    through = any(told.get(key, "none") != "none" for key in ("proxyjump", "proxycommand"))
    return Dialled(told.get("hostname", ""), through)


def environment_for(environ: Mapping[str, str], secrets: Secrets) -> dict[str, str]:
    """What ssh may know: all but the variables that hold a password; its `SendEnv` sends whatever it is told to."""
    return {name: value for name, value in environ.items() if secrets.mask_text(value) == value}
