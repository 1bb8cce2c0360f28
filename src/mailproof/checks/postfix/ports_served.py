"""Has each port that was asked for mail a service in master.cf?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.files import fault
from mailproof.checks.postfix.configured import Configured, configurations
from mailproof.checks.postfix.mending import mend
from mailproof.checks.postfix.missing_services import port_served
from mailproof.checks.postfix.services_complete import KINDS as SERVICES
from mailproof.checks.survey import surveyed
from mailproof.model.attempt import Trouble
from mailproof.model.configuration import PostfixFiles
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Protocol
from mailproof.model.finding import Answer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "port-in-master-cf"
NEEDS = (PostfixFiles, Connection)
KINDS = tuple(kind for kind in SERVICES if kind.name == "service-disabled")

_BY_NAME = {"smtp": 25, "submission": 587, "submissions": 465, "smtps": 465, "urd": 465}
"""As /etc/services of Debian has them; master.cf may have the numbers too."""


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        ports = ports_of(configured)
        if ports is None:
            continue
        for connection in surveyed(record, Connection):
            endpoint = connection.attempt.endpoint
            if endpoint is None or endpoint.scheme.protocol is not Protocol.SMTP:
                continue
            line = configured.line("master.cf", 1)
            if endpoint.port in ports:
                yield Passed(NAME, (line,), endpoint.url)
            elif connection.fact.trouble is Trouble.REFUSED:
                shown = (line, *connection.evidence())
                remedy = mend(port_served(configured, endpoint.port))
                yield fault("service-disabled", *shown, service=str(endpoint.port), asked="yes").mended_by(remedy)


def ports_of(configured: Configured) -> frozenset[int] | None:
    """Where smtpd or postscreen listens; None where a service has a name that only its machine knows."""
    found: set[int] = set()
    for service in configured.services:
        name = service.name.rpartition(":")[2]
        if service.type not in ("inet", "pass"):
            continue
        if not (name in _BY_NAME or name.isdigit()):
            return None
        found.add(_BY_NAME.get(name) or int(name[:6]))
    return frozenset(found) or None
