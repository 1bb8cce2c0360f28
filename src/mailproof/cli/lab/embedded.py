"""The embedded lab in the foreground: ready, described, and gone without a trace after Ctrl-C."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mailproof.cli.lab.guide import Person, Running, ready
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.lab.embedded.server import EmbeddedLab
from mailproof.lab.embedded.settings import LabSettings
from mailproof.net.sockets import SocketNet
from mailproof.script.authority import Authority


def serve_embedded(terminal: Terminal, settings: LabSettings, shape: str) -> int:
    """Until Ctrl-C. Raises Complaint and UsageError for what cannot be had."""
    net, authority = SocketNet(), Authority("Lab")
    with tempfile.TemporaryDirectory(prefix="mailproof-lab-") as directory:
        settings = placed(settings, directory, "mail.log")
        with writing(terminal, settings):
            Path(settings.log_file or "").open("ab").close()  # there before the first line, for `tail -f`
            lab = EmbeddedLab(net, settings, authority, datetime.now(UTC))
        ca_file = str(authority.write_root(Path(directory)))

        async def main() -> None:
            with listening(terminal, settings.host):
                lab.start()
            try:
                terminal.write(ready(running_of(lab, ca_file), terminal, shape))
                await net.sleep(float("inf"))
            finally:
                lab.stop()

        return until_interrupted(terminal, lambda: net.run(main()))


def placed(settings: LabSettings, directory: str, log: str) -> LabSettings:
    """With mailboxes and log in the lab's own directory, where they were not asked for elsewhere."""
    root = Path(directory)
    maildir, log_file = settings.maildir or str(root / "mail"), settings.log_file or str(root / log)
    return msgspec.structs.replace(settings, maildir=maildir, log_file=log_file)


@contextmanager
def writing(terminal: Terminal, settings: LabSettings) -> Iterator[None]:
    """Complains of a file that cannot be written."""
    try:
        yield
    except OSError as error:
        place = str(error.filename or settings.log_file)
        raise Complaint(terminal.say("cli.unwritable", file=place, why=error.strerror or "")) from None


@contextmanager
def listening(terminal: Terminal, host: str) -> Iterator[None]:
    """Complains of an address or a port that cannot be had."""
    try:
        yield
    except OSError as error:
        place = str(error.filename or host)
        raise Complaint(terminal.say("cli.lab-host", host=place, why=error.strerror or "")) from None


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
