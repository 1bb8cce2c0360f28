"""Runs a plan against the embedded lab in memory, where a test says what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from mailproof.lab.embedded.server import OUTSIDE_ADDRESS, EmbeddedLab
from mailproof.lab.embedded.settings import SCHEMES, LabSettings
from mailproof.model.attempt import Job, Skipped, Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.record import Asked, Record
from mailproof.model.tls import TlsSettings
from mailproof.net.interface import Address, Handler
from mailproof.net.memory import MemoryNet
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish, Message
from mailproof.run.check.examine import Plan, examine
from mailproof.run.endpoints import Wanted
from mailproof.run.targets import parse_target
from mailproof.sasl.credentials import Credentials
from mailproof.script.authority import Authority

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
TOKEN = "token-of-this-test"
HOST = "mail.example.test"
ALICE = LoginWish(Credentials("alice@example.test", "alicepw"), "nonce-1")
BOB = LoginWish(Credentials("bob@example.test", "bobpw"), "nonce-2")
WRONG = LoginWish(Credentials("alice@example.test", "not-the-one"), "nonce-3")
PROOF = Message("bob@example.test", f"X-Mailproof-Token: {TOKEN}\r\n\r\nproof\r\n".encode(), TOKEN)

Meets = Callable[[Address, str], Handler | Trouble | None]
"""What a connection made for this purpose meets instead of the lab, if anything."""


def started(
    authority: Authority, *faults: str, names: Iterable[DnsAnswer] = (), meets: Meets | None = None
) -> tuple[MemoryNet, EmbeddedLab]:
    """The lab as `in_memory` has it, where a connection may meet something else; of two `names` the later counts."""
    known = (
        DnsAnswer(HOST, "A", DnsStatus.OK, (OUTSIDE_ADDRESS,)),
        DnsAnswer("example.test", "MX", DnsStatus.OK, (f"10 {HOST}.",)),
        *names,
    )
    net = MemoryNet(
        switchboard=lambda to, purpose: (meets(to, purpose) if meets else None) or lab.switchboard(to, purpose),
        names=known,
    )
    ports = {scheme: scheme.default_port for scheme in SCHEMES}
    lab = EmbeddedLab(net, LabSettings(faults=faults, host=OUTSIDE_ADDRESS, ports=ports), authority, NOW)
    lab.start()
    return net, lab


def plan(
    ca_file: str,
    *targets: str,
    login: LoginWish | None = None,
    mailbox_login: LoginWish | None = None,
    message: Message | None = None,
    mailbox: str = "",
    xclient: tuple[str, ...] = (),
    all_mechanisms: bool = False,
) -> Plan:
    terms = Terms(
        ehlo="client.test",
        settings=TlsSettings(ca_file=ca_file),
        sender="alice@example.test",
        mailbox=mailbox,
        xclient=xclient,
    )
    asked = Asked(
        user=login.credentials.user if login else "",
        all_mechanisms=all_mechanisms,
        sender=terms.sender,
        mailbox=mailbox,
        mailbox_user=mailbox_login.credentials.user if mailbox_login else "",
        deliver=message is not None,
        xclient=xclient,
    )
    wanted = Wanted(families=("A",))
    return Plan(tuple(map(parse_target, targets)), wanted, terms, asked, login, mailbox_login, message)


def run(
    authority: Authority,
    wanted: Plan,
    *faults: str,
    names: Iterable[DnsAnswer] = (),
    meets: Meets | None = None,
) -> tuple[Record, EmbeddedLab]:
    """In virtual time."""
    net, lab = started(authority, *faults, names=names, meets=meets)
    return net.run(examine(net, wanted, NOW)), lab


def skipped(record: Record, what: str) -> list[tuple[str | None, str]]:
    """Where this was not tried although it was asked for, and why."""
    return [(skip.endpoint, skip.why) for skip in _skips(record) if skip.what == what and skip.asked]


def notes(record: Record, what: str) -> list[dict[str, str]]:
    """With which words it is told that this was not tried, where nobody asked for it."""
    return [skip.params for skip in _skips(record) if skip.what == what and not skip.asked]


def _skips(record: Record) -> list[Skipped]:
    return [skip for attempt in record.attempts for skip in attempt.skipped]


def logins(record: Record, job: Job = Job.LOGIN) -> list[tuple[str, bool]]:
    """Where a login was tried, and whether it was accepted."""
    tried = [sighting for sighting in record.seen(LoginTried) if sighting.attempt.job is job]
    return [(sighting.url.partition("/")[0].rstrip(":"), sighting.fact.accepted) for sighting in tried]
