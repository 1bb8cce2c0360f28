"""The embedded lab in the foreground: ready, described, and gone without a trace after Ctrl-C."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mailproof.cli.lab_guide import Person, Running, ready
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.lab.embedded.server import EmbeddedLab
from mailproof.lab.embedded.settings import LabSettings
from mailproof.net.sockets import SocketNet
from mailproof.script.authority import Authority


def serve_embedded(terminal: Terminal, settings: LabSettings, shape: str) -> int:
    """Until Ctrl-C. Raises Complaint and UsageError for what cannot be had."""
    net, authority = SocketNet(), Authority("Lab")
    with tempfile.TemporaryDirectory(prefix="mailproof-lab-") as directory:
        maildir = settings.maildir or str(Path(directory) / "mail")
        log_file = settings.log_file or str(Path(directory) / "mail.log")
        settings = msgspec.structs.replace(settings, maildir=maildir, log_file=log_file)
        try:
            Path(log_file).open("ab").close()  # there before the first line, for `tail -f`
            lab = EmbeddedLab(net, settings, authority, datetime.now(UTC))
        except OSError as error:
            place = str(error.filename or log_file)
            raise Complaint(terminal.say("cli.unwritable", file=place, why=error.strerror or "")) from None
        ca_file = authority.write_root(Path(directory))

        async def main() -> None:
            try:
                lab.start()
            except OSError as error:
                place = str(error.filename or settings.host)
                raise Complaint(terminal.say("cli.lab-host", host=place, why=error.strerror or "")) from None
            try:
                terminal.write(ready(running_of(lab, str(ca_file)), terminal, shape))
                await net.sleep(float("inf"))
            finally:
                lab.stop()

        return until_interrupted(terminal, lambda: net.run(main()))


def running_of(lab: EmbeddedLab, ca_file: str) -> Running:
    settings = lab.settings
    root = Path(settings.maildir or "")
    people = []
    for account in lab.accounts:
        address = account.address(settings.domain)
        people.append(Person(account.user, address, account.password, account.token, str(root / address)))
    return Running(
        urls={str(scheme): url for scheme, url in lab.urls.items()},
        accounts=tuple(people),
        ca_file=ca_file,
        logs=(settings.log_file or "",),
        maildir=str(root),
        hostname=settings.hostname,
        domain=settings.domain,
        faults=settings.faults,
        seed=settings.seed,
    )


def until_interrupted(terminal: Terminal, serve: Callable[[], None]) -> int:
    """Ctrl-C is how a lab ends, and no failure; pressed twice, it does not keep it from cleaning up."""
    try:
        serve()
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        terminal.tell(terminal.say("cli.lab-stopped"))
    return 0
