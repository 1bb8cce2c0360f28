"""How ssh(1) is called: with the user's own configuration and known hosts, and nothing that the server could use."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from math import ceil

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


def environment_for(environ: Mapping[str, str], secrets: Secrets) -> dict[str, str]:
    """What ssh may know: all but the variables that hold a password; its `SendEnv` sends whatever it is told to."""
    return {name: value for name, value in environ.items() if secrets.mask_text(value) == value}
