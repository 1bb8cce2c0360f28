"""Where none of Dovecot's ports answers: does Dovecot run at all?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.dovecot.configured import Configured, configurations
from mailproof.checks.log.causes import cause_named
from mailproof.checks.survey import surveyed
from mailproof.model.attempt import Trouble
from mailproof.model.configuration import DovecotFiles
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Protocol
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, Passed
from mailproof.model.machine import MachineSeen
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "dovecot-running"
NEEDS = (MachineSeen, DovecotFiles, Connection)
KINDS = (cause_named("dovecot-not-running"),)

_OWN = (Protocol.IMAP, Protocol.POP3, Protocol.SIEVE)
# Listener, service, protocol and port, as they are unless they are set.
_USUAL = (
    ("imap", "imap-login", "imap", 143),
    ("imaps", "imap-login", "imap", 993),
    ("pop3", "pop3-login", "pop3", 110),
    ("pop3s", "pop3-login", "pop3", 995),
    ("sieve", "managesieve-login", "sieve", 4190),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    """Told by the sockets: nobody listens at any of the ports that it opens, and those that were dialled refuse."""
    configured = next(configurations(record), None)
    for machine in record.seen(MachineSeen):
        listeners = machine.fact.listeners
        if configured is None or listeners is None:
            continue
        dialled = [
            each
            for each in surveyed(record, Connection)
            if each.attempt.endpoint is not None
            and each.endpoint.scheme.protocol in _OWN
            and machine.fact.own(each.endpoint.address)
        ]
        refused = [each for each in dialled if each.fact.trouble is Trouble.REFUSED]
        opened = set(_ports(configured))
        there = [each for each in listeners if each.port in opened]
        if there:
            yield Passed(NAME, (Evidence(EvidenceKind.SOCKET, f"{there[0].address}:{there[0].port}", there[0].text),))
        elif len(refused) == len(dialled) and any(each.endpoint.port in opened for each in refused):
            ports = ", ".join(str(port) for port in sorted(opened))
            nobody = Evidence(EvidenceKind.SOCKET, "ss -ltn", f"0 sockets at {ports}")
            yield Finding("dovecot-not-running", (nobody, configured.begin, *refused[0].evidence()))


def _ports(configured: Configured) -> Iterator[int]:
    """Of each listener that its protocols, its TLS and its port let it open."""
    protocols = configured.value("protocols").replace(",", " ").split()
    for name, service, protocol, usual in _USUAL:
        if protocols and protocol not in protocols:
            continue
        if name in ("imaps", "pop3s") and configured.value("ssl") == "no":
            continue
        port = str(usual)
        for around, block in configured.root.all_blocks():
            setting = block.last("port")
            if block.kind == "inet_listener" and block.name == name and setting is not None:
                port = setting.value if any(each.name == service for each in around) else port
        if port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536:
            yield int(port[:6])
