"""Where none of Postfix's ports answers: does Postfix run at all?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.log.causes import cause_named
from mailproof.checks.postfix.configured import configurations
from mailproof.checks.postfix.ports_served import ports_of
from mailproof.checks.survey import surveyed
from mailproof.model.attempt import Trouble
from mailproof.model.configuration import PostfixFiles
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Protocol
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, Passed
from mailproof.model.machine import MachineSeen
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "postfix-running"
NEEDS = (MachineSeen, PostfixFiles, Connection)
KINDS = (cause_named("postfix-not-running"),)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    """Told by the sockets: nobody listens at any of the ports of master.cf, and those that were dialled refuse."""
    found = list(configurations(record))
    for machine in record.seen(MachineSeen):
        listeners = machine.fact.listeners
        ports = ports_of(found[0]) if len(found) == 1 and found[0].fact.here else None
        if listeners is None or ports is None:
            continue
        dialled = [
            each
            for each in surveyed(record, Connection)
            if each.attempt.endpoint is not None
            and each.endpoint.scheme.protocol is Protocol.SMTP
            and each.endpoint.port in ports
            and machine.fact.own(each.endpoint.address)
        ]
        refused = [each for each in dialled if each.fact.trouble is Trouble.REFUSED]
        there = [each for each in listeners if each.port in ports]
        if there:
            yield Passed(NAME, (Evidence(EvidenceKind.SOCKET, f"{there[0].address}:{there[0].port}", there[0].text),))
        elif refused and len(refused) == len(dialled):
            shown = ", ".join(str(port) for port in sorted(ports))
            nobody = Evidence(EvidenceKind.SOCKET, "ss -ltn", f"0 sockets at {shown}")
            yield Finding("postfix-not-running", (nobody, found[0].line("master.cf", 1), *refused[0].evidence()))
