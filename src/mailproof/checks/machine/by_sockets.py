"""Does a server run at all? Told by its sockets, where its configuration says at which ports it would listen."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mailproof.checks.survey import surveyed
from mailproof.model.attempt import Trouble
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Protocol
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, Passed
from mailproof.model.machine import MachineSeen
from mailproof.model.record import Record


def by_sockets(
    record: Record, name: str, kind: str, protocols: Collection[Protocol], ports: Collection[int], begin: Evidence
) -> Iterator[Answer]:
    """A finding of this kind where nobody listens at any of the ports, and those of them that were dialled refuse.

    `begin` is where its configuration begins. Nothing is said where no sockets were seen, or no port was dialled.
    """
    for machine in record.seen(MachineSeen):
        listeners = machine.fact.listeners
        if listeners is None:
            continue
        there = next((each for each in listeners if each.port in ports), None)
        if there is not None:
            yield Passed(name, (Evidence(EvidenceKind.SOCKET, f"{there.address}:{there.port}", there.text),))
            continue
        dialled = [
            each
            for each in surveyed(record, Connection)
            if each.attempt.endpoint is not None
            and each.endpoint.scheme.protocol in protocols
            and each.endpoint.port in ports
            and machine.fact.own(each.endpoint.address)
        ]
        if dialled and all(each.fact.trouble is Trouble.REFUSED for each in dialled):
            shown = ", ".join(str(port) for port in sorted(ports))
            nobody = Evidence(EvidenceKind.SOCKET, "ss -ltn", f"0 sockets at {shown}")
            yield Finding(kind, (nobody, begin, *dialled[0].evidence()))
