"""Does Exim run?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.exim.configured import running
from mailproof.checks.exim.mending import service
from mailproof.checks.files import fault
from mailproof.checks.survey import surveyed
from mailproof.model.attempt import Trouble
from mailproof.model.configuration import EximFiles
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Protocol
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.machine import MachineSeen
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.remedy import Remedy

NAME = "exim-runs"
NEEDS = (EximFiles, MachineSeen)
KINDS = (
    FindingKind(
        "exim-not-running",
        Layer.REACH,
        (),
        tuple(Explains(name, Scope.SERVER) for name in ("port-closed", "service-disabled", "not-delivered")),
        ("exim4(8)",),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    """Told by the sockets: where none is Exim's, and a port of its was refused. Who may not see whose they are knows
    nothing.
    """
    configured = next(running(record), None)
    for machine in record.seen(MachineSeen):
        listeners = machine.fact.listeners
        if configured is None or listeners is None or not any(each.programs for each in listeners):
            continue
        own = [each for each in listeners if any(name.startswith("exim") for name in each.programs)]
        refused = [
            connection
            for connection in surveyed(record, Connection)
            if connection.fact.trouble is Trouble.REFUSED
            and connection.attempt.endpoint is not None
            and connection.attempt.endpoint.scheme.protocol is Protocol.SMTP
            and connection.attempt.endpoint.address in machine.fact.addresses
        ]
        if own:
            shown = Evidence(EvidenceKind.SOCKET, f"{own[0].address}:{own[0].port}", own[0].text)
            yield Passed(NAME, (shown,))
        elif refused:
            pid = next((each.pid_file for each in machine.fact.daemons if each.name == "exim"), "ss -ltnp")
            evidence = Evidence(EvidenceKind.FILE, pid, "No such process")
            found = fault("exim-not-running", *refused[0].evidence(), evidence)
            yield found.mended_by(Remedy((), (service(configured, "start"),)))
