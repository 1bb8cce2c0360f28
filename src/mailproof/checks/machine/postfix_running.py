"""Where none of Postfix's ports answers: does Postfix run at all?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.log.causes import cause_named
from mailproof.checks.machine.by_sockets import by_sockets
from mailproof.checks.postfix.configured import configurations
from mailproof.checks.postfix.ports_served import ports_of
from mailproof.model.configuration import PostfixFiles
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Protocol
from mailproof.model.finding import Answer
from mailproof.model.machine import MachineSeen
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "postfix-running"
NEEDS = (MachineSeen, PostfixFiles, Connection)
KINDS = (cause_named("postfix-not-running"),)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    """By the ports of master.cf."""
    found = list(configurations(record))
    ports = ports_of(found[0]) if len(found) == 1 and found[0].fact.here else None
    if ports is None:
        return ()
    begin = found[0].line("master.cf", 1)
    return by_sockets(record, NAME, "postfix-not-running", (Protocol.SMTP,), ports, begin)
