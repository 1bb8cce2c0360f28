"""The private Postfix and Dovecot in the foreground."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from mailproof.cli.lab.embedded import listening, until_interrupted
from mailproof.cli.lab.guide import Person, Running, ready
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.lab.embedded.settings import Limits
from mailproof.lab.real.private import RealLabError
from mailproof.lab.real.server import DOVECOT_SCHEMES, POSTFIX_SCHEMES, RealLab
from mailproof.model.endpoint import Scheme
from mailproof.model.escape import printable


def serve_real(
    terminal: Terminal, accounts: Mapping[str, str] | None, limits: Limits | None, port_base: int | None, shape: str
) -> int:
    """Until Ctrl-C. `accounts` and `limits` of None are its own. Raises Complaint and UsageError."""
    must_have_servers(terminal)
    schemes = (*POSTFIX_SCHEMES, *DOVECOT_SCHEMES)
    ports = {} if port_base is None else {name: port_base + Scheme(name).default_port for name in schemes}
    lab = RealLab(accounts=accounts, ports=ports, main=_main(limits))

    def serve() -> None:
        with listening(terminal, "127.0.0.1"):
            lab.start()
        terminal.write(ready(running_of_real(lab), terminal, shape))
        while True:
            signal.pause()

    try:
        with with_logs():
            return until_interrupted(terminal, serve)
    finally:
        lab.stop()


def must_have_servers(terminal: Terminal) -> None:
    """Raises Complaint where the packages or the rights are missing."""
    if lacks := RealLab.missing():
        named = tuple(terminal.say(f"lacks.{lack.kind}", name=lack.name) for lack in lacks)
        raise Complaint(terminal.say.usage("real-lab-lacks", {"lacks": named}))


@contextmanager
def with_logs() -> Iterator[None]:
    """What the servers said before they could not be had is shown."""
    try:
        yield
    except RealLabError as error:
        sys.stderr.write(printable(error.said, keep_newlines=True))
        raise


def _main(limits: Limits | None) -> dict[str, str]:
    if limits is None:
        return {}
    return {
        "message_size_limit": str(limits.message),
        # Of local(8), which must take what is accepted.
        "mailbox_size_limit": "0",
        "smtpd_recipient_limit": str(limits.recipients),
        "smtpd_client_connection_count_limit": str(limits.connections),
    }


def running_of_real(lab: RealLab) -> Running:
    return Running(
        urls=lab.urls,
        accounts=tuple(
            Person(user, lab.address(user), password, "", str(lab.mailbox(user)))
            for user, password in lab.accounts.items()
        ),
        ca_file=str(lab.ca_file),
        logs=(str(lab.mail_log), str(lab.dovecot_log)),
        maildir=str(lab.mailbox("")),
        hostname=lab.name,
        domain=lab.name.partition(".")[2],
        name=lab.name,
    )
