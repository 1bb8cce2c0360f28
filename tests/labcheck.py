"""Checks a private real server as a user would be told to, over real sockets."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.lab.real.server import RealLab
from mailproof.model.attempt import Job
from mailproof.model.proxy import Proxy
from mailproof.model.record import Asked, Record, Seen
from mailproof.model.report import Report
from mailproof.model.tls import TlsPolicy, TlsSettings
from mailproof.net.dns import Configuration
from mailproof.net.sockets import SocketNet
from mailproof.probes.terms import Terms
from mailproof.probes.wish import LoginWish, Message
from mailproof.report.build import build
from mailproof.run.check.examine import Plan, examine
from mailproof.run.endpoints import Wanted
from mailproof.run.targets import parse_target
from mailproof.sasl.credentials import Credentials

SEVEN = ("smtp", "submission", "submissions", "pop3", "pop3s", "imap", "imaps")
"""Whose answers are mail; the eighth, `sieve`, is asked for by name."""
ALICE = "alice@example.test"
BOB = "bob@example.test"


def check(
    lab: RealLab,
    *schemes: str,
    user: str = ALICE,
    password: str = "",
    mechanism: str = "",
    all_mechanisms: bool = False,
    deliver: bool = False,
    verify: bool = True,
    tls: TlsPolicy = TlsPolicy.AUTO,
    source: str = "",
    xclient: Sequence[str] = (),
    urls: Sequence[str] = (),
    mailbox: str = BOB,
    proxied: tuple[int, str] = (0, ""),
    proxy: Proxy | None = None,
    timeout: float = 10.0,
    intrusive: Sequence[Job] = (),
) -> Record:
    """The record of a check of these schemes, all seven by default; an empty `user` logs in nowhere.

    Without a password the account's own is used.
    """
    targets = urls or [lab.urls[scheme] for scheme in schemes or SEVEN]
    terms = Terms(
        timeout=timeout,
        ehlo="client.example.com",
        source=source,
        tls=tls,
        verify=verify,
        settings=TlsSettings(ca_file=str(lab.ca_file)),
        sender=ALICE,
        mailbox=mailbox,
        xclient=tuple(xclient),
        proxy_protocol=proxied[0],
        proxied_source=proxied[1],
        proxy=proxy,
        intrusive=tuple(intrusive),
        second_login=bool(intrusive),
    )
    asked = Asked(
        user=user,
        mechanism=mechanism,
        all_mechanisms=all_mechanisms,
        sender=ALICE,
        mailbox=mailbox,
        mailbox_user=BOB if deliver else "",
        outside=terms.outside,
        deliver=deliver,
        tls=tls,
        verify=verify,
        xclient=terms.xclient,
        proxy=proxy.url if proxy else "",
    )
    token = secrets.token_hex(8)
    body = f"From: {ALICE}\r\nTo: {mailbox}\r\nSubject: proof\r\nX-Mailproof-Token: {token}\r\n\r\nproof\r\n".encode()
    plan = Plan(
        tuple(parse_target(url) for url in targets),
        Wanted(name=lab.name),
        terms,
        asked,
        _wish(user, password or lab.accounts.get(user, ""), mechanism) if user else None,
        _wish(BOB, lab.accounts[BOB]) if deliver else None,
        Message(mailbox, body, token) if deliver else None,
    )
    net = SocketNet(Configuration(()))  # nobody is asked: no question of a test leaves this machine
    return net.run(examine(net, plan, datetime.now(UTC)))


def _wish(user: str, password: str, mechanism: str = "") -> LoginWish:
    return LoginWish(Credentials(user, password), secrets.token_hex(12), mechanism)


def reported(record: Record) -> Report:
    policy = load_profile("default")
    return build(record, judge(record, policy), policy)


def causes(record: Record) -> list[str]:
    """Names of the causes, the most telling first."""
    return [cause.name for cause in judge(record, load_profile("default")).causes]


def facts(record: Record, kind: type[Seen]) -> list[Seen]:
    return [sighting.fact for sighting in record.seen(kind)]


def read_back(record: Record) -> Record:
    return msgspec.json.decode(msgspec.json.encode(record), type=Record)
