"""The machine that `check` asks for evidence: this one, or one by ssh."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mailproof.cli.terminal import Complaint, Terminal

if TYPE_CHECKING:
    from mailproof.host.interface import Host


@contextmanager
def reached(ssh: str | None, sudo: bool, timeout: float, terminal: Terminal) -> Iterator[Host]:
    """Raises Complaint where `ssh` is no host, or there is no ssh; a machine that is not reached says so itself."""
    if ssh is None:
        from mailproof.host.here import Here

        yield Here()
        return
    from mailproof.host.ssh.destination import NoDestination, read_destination
    from mailproof.host.ssh.program import dialled, environment_for, ssh_program
    from mailproof.host.ssh.there import There

    try:
        to = read_destination(ssh)
    except NoDestination:
        raise Complaint(terminal.say("cli.no-ssh-host", value=ssh)) from None
    asks = sys.stdin.isatty() and sys.stderr.isatty()
    program = ssh_program(timeout, asks=asks)
    if program is None:
        raise Complaint(terminal.say("cli.no-ssh"))
    environment = environment_for(os.environ, terminal.secrets)
    known = dialled(program, to, environment)
    try:
        there = There(to, program, environment, timeout=timeout, dialled=known, asks=asks, sudo=sudo)
    except OSError as error:
        raise Complaint(terminal.say("cli.unreadable", file=program[0], why=error.strerror or str(error))) from None
    with there:
        yield there
