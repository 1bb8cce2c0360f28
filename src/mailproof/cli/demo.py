"""`mailproof demo`: the embedded mail server, checked twice: as it should be, and with a fault."""

from __future__ import annotations

import secrets
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mailproof.cli.command import Command
from mailproof.cli.terminal import Terminal
from mailproof.cli.verdict import report_on, show
from mailproof.model.report import Report, Verdict

if TYPE_CHECKING:
    from mailproof.lab.embedded.server import EmbeddedLab
    from mailproof.model.record import Record
    from mailproof.run.check.examine import Plan

FAULT = "certificate-expired"


def command(terminal: Terminal) -> Command:
    return Command("demo", terminal, partial(_demo, terminal), [])


def _demo(terminal: Terminal) -> int:
    """0 if the sound server passes and the cause of the fault is named first, else 1: then mailproof is broken."""
    from mailproof.report.layout import wrap

    say = terminal.say
    sound = _part(terminal, "cli.demo-sound", ())
    terminal.write("\n\n")
    broken = _part(terminal, "cli.demo-fault", (FAULT,))
    lines = wrap(say("cli.demo-next"), terminal.width)
    terminal.write("\n".join(["", *lines, f"  mailproof explain {FAULT}", "  mailproof lab", ""]))
    names = [cause.name for cause in broken.causes[:1]]
    return 0 if sound.verdict is Verdict.PASS and names == [FAULT] else 1


def _part(terminal: Terminal, heading: str, faults: tuple[str, ...]) -> Report:
    from mailproof.catalog.profiles import load_profile
    from mailproof.report.layout import wrap
    from mailproof.report.style import Style, paint

    with terminal.progress("cli.demo-checking"):
        record = _record_of_lab(faults)
    title = wrap(terminal.say(heading, fault=FAULT), terminal.width)
    terminal.write("\n".join(paint(line, Style.HEADING, terminal.color) for line in title) + "\n\n")
    policy = load_profile()
    report = report_on(record, policy)
    show(report, policy, "text", terminal)
    return report


def _record_of_lab(faults: tuple[str, ...]) -> Record:
    """Start the lab, check it from the same loop, and take it down."""
    from mailproof.lab.embedded.server import EmbeddedLab
    from mailproof.lab.embedded.settings import LabSettings
    from mailproof.net.sockets import SocketNet
    from mailproof.run.check.examine import examine
    from mailproof.script.authority import Authority

    net, now, authority = SocketNet(), datetime.now(UTC), Authority("Demo")
    lab = EmbeddedLab(net, LabSettings(faults=faults), authority, now)
    with tempfile.TemporaryDirectory(prefix="mailproof-demo-") as directory:
        ca_file = authority.write_root(Path(directory))

        async def main() -> Record:
            lab.start()
            try:
                return await examine(net, _plan(lab, ca_file, now), now)
            finally:
                lab.stop()

        return net.run(main())


def _plan(lab: EmbeddedLab, ca_file: Path, now: datetime) -> Plan:
    """Alice logs in everywhere and writes to Bob, whose mailbox is looked into."""
    from mailproof.cli.message import proof_message
    from mailproof.model.record import Asked
    from mailproof.model.tls import TlsSettings
    from mailproof.probes.terms import Terms
    from mailproof.probes.wish import LoginWish
    from mailproof.run.check.examine import Plan
    from mailproof.run.endpoints import Wanted
    from mailproof.run.targets import parse_target
    from mailproof.sasl.credentials import Credentials

    alice, bob = lab.accounts[:2]
    terms = Terms(settings=TlsSettings(ca_file=str(ca_file)), sender=alice.user, mailbox=bob.user)
    asked = Asked(
        user=alice.user,
        sender=alice.user,
        mailbox=bob.user,
        mailbox_user=bob.user,
        outside=terms.outside,
        deliver=True,
        timeout=terms.timeout,
    )
    return Plan(
        tuple(parse_target(url) for url in lab.urls.values()),
        Wanted(timeout=terms.timeout),
        terms,
        asked,
        LoginWish(Credentials(alice.user, alice.password), secrets.token_urlsafe(18)),
        LoginWish(Credentials(bob.user, bob.password), secrets.token_urlsafe(18)),
        proof_message(alice.user, bob.user, secrets.token_hex(16), now),
    )
