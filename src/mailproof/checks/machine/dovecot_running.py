"""Where none of Dovecot's ports answers: does Dovecot run at all?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.dovecot.configured import Configured, configurations
from mailproof.checks.log.causes import cause_named
from mailproof.checks.machine.by_sockets import by_sockets
from mailproof.model.configuration import DovecotFiles
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Protocol
from mailproof.model.finding import Answer
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
    """By the ports of its listeners."""
    configured = next(configurations(record), None)
    if configured is None:
        return ()
    return by_sockets(record, NAME, "dovecot-not-running", _OWN, set(_ports(configured)), configured.begin)


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
