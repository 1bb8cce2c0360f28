"""`mailproof lab`: a mail server to learn on, until Ctrl-C."""

from __future__ import annotations

import secrets
import signal
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from mailproof.cli.command import Command, Option, converted, one_of
from mailproof.cli.lab_guide import Running, guide
from mailproof.cli.terminal import Complaint, Terminal
from mailproof.model.escape import printable

# Short enough to be typed again.
_SEEDS = 10_000


def command(terminal: Terminal) -> Command:
    params: list[click.Parameter] = [
        Option("--fault", "faults", metavar="NAME[:WHEN]", multiple=True, section="faults", words="fault"),
        Option("--seed", metavar="N", section="faults", callback=converted(lambda text: whole(text, terminal))),
        Option("--list-faults", "listed", is_flag=True, section="faults", words="list-faults"),
        Option("--format", "shape", default="text", words="format", **one_of(("text", "json"), terminal)),
        Option("--real", is_flag=True, section="server"),
        Option("--maildir", metavar="DIR", section="server"),
        Option("--log", metavar="FILE", section="server"),
        Option("--host", metavar="ADDRESS", section="server"),
    ]
    return Command("lab", terminal, partial(_lab, terminal), params)


def whole(text: str, terminal: Terminal, most: int = 10**9) -> int:
    """A whole number from 0. Raises ValueError with a sentence."""
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) > most:
        raise ValueError(terminal.say("lab.no-number", value=text, most=str(most)))
    return int(text)


def _lab(
    terminal: Terminal,
    faults: tuple[str, ...],
    seed: int | None,
    listed: bool,
    shape: str,
    real: bool,
    maildir: str | None,
    log: str | None,
    host: str | None,
) -> int:
    if listed:
        from mailproof.cli.lab_faults import as_data, as_text
        from mailproof.cli.listing import as_json

        terminal.write(as_json(as_data()) if shape == "json" else as_text(terminal))
        return 0
    if real:
        if faults or seed is not None or maildir or log or host:
            raise Complaint(terminal.say("cli.lab-real-alone"))
        return _real(terminal)
    if seed is None:
        seed = secrets.randbelow(_SEEDS)
    return _embedded(terminal, faults, seed, maildir, log, host or "127.0.0.1")


def _embedded(
    terminal: Terminal, faults: tuple[str, ...], seed: int, maildir: str | None, log: str | None, host: str
) -> int:
    from mailproof.lab.embedded.server import EmbeddedLab, LabSettings
    from mailproof.net.sockets import SocketNet
    from mailproof.script.authority import Authority

    net, authority = SocketNet(), Authority("Lab")
    with tempfile.TemporaryDirectory(prefix="mailproof-lab-") as directory:
        log_file = Path(log) if log else Path(directory) / "mail.log"
        try:
            log_file.open("ab").close()  # there before the first line, for `tail -f`
            settings = LabSettings(faults=faults, seed=seed, maildir=maildir, log_file=str(log_file), host=host)
            lab = EmbeddedLab(net, settings, authority, datetime.now(UTC))
        except OSError as error:
            place = str(error.filename or log_file)
            raise Complaint(terminal.say("cli.unwritable", file=place, why=error.strerror or "")) from None
        ca_file = authority.write_root(Path(directory))

        async def main() -> None:
            try:
                lab.start()
            except OSError as error:
                raise Complaint(terminal.say("cli.lab-host", host=host, why=error.strerror or "")) from None
            try:
                running = Running(
                    urls={str(scheme): url for scheme, url in lab.urls.items()},
                    accounts=tuple((a.user, a.password, a.token) for a in lab.accounts),
                    ca_file=str(ca_file),
                    logs=(str(log_file),),
                    faults=faults,
                    seed=seed,
                )
                terminal.write(guide(running, terminal))
                await net.sleep(float("inf"))
            finally:
                lab.stop()

        return _until_interrupted(terminal, lambda: net.run(main()))


def _real(terminal: Terminal) -> int:
    from mailproof.lab.real.server import RealLab, RealLabError

    if lacks := RealLab.missing():
        named = tuple(terminal.say(f"lacks.{lack.kind}", name=lack.name) for lack in lacks)
        raise Complaint(terminal.say.usage("real-lab-lacks", {"lacks": named}))
    lab = RealLab()

    def serve() -> None:
        lab.start()
        running = Running(
            urls=lab.urls,
            accounts=tuple((user, password, "") for user, password in lab.accounts.items()),
            ca_file=str(lab.ca_file),
            logs=(str(lab.mail_log), str(lab.dovecot_log)),
            name=lab.name,
        )
        terminal.write(guide(running, terminal))
        while True:
            signal.pause()

    try:
        return _until_interrupted(terminal, serve)
    except RealLabError as error:
        sys.stderr.write(printable(error.said, keep_newlines=True))
        raise
    finally:
        lab.stop()


def _until_interrupted(terminal: Terminal, serve: Callable[[], None]) -> int:
    """Ctrl-C is how a lab ends, and no failure; pressed twice, it does not keep it from cleaning up."""
    try:
        serve()
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        terminal.tell(terminal.say("cli.lab-stopped"))
    return 0
