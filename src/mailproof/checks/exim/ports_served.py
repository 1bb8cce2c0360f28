"""Does Exim listen at each port, and at each address, that was asked for mail?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.logins import servers
from mailproof.checks.exim.mending import mend, settings_place, written
from mailproof.checks.exim.port_mending import everywhere, ports_opened
from mailproof.checks.exim.ports import Listening, addresses, is_everywhere, listening, variables
from mailproof.checks.files import fault
from mailproof.checks.machine.port_served import KINDS as SERVED
from mailproof.checks.postfix.services_complete import KINDS as SERVICES
from mailproof.checks.survey import place, surveyed
from mailproof.model.attempt import Trouble
from mailproof.model.configuration import EximFiles
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Protocol
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Finding, Param, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.parse.exim.debian import STARTED

NAME = "exim-port-configured"
NEEDS = (EximFiles,)
KINDS = tuple(kind for kind in (*SERVICES, *SERVED) if kind.name in ("service-disabled", "listening-elsewhere"))

_PORTS = {587: "submission (587)", 465: "submissions (465)"}
# What Debian's QUEUERUNNER can be for a machine that takes no mail.
_SILENT = ("queueonly", "ppp", "nodaemon")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        ports = listening(configured)
        silent = next(
            (configured.line(STARTED, line) for line, name, value in variables(configured)
             if name == "QUEUERUNNER" and value in _SILENT),
            None,
        )  # fmt: skip
        for connection in surveyed(record, Connection):
            endpoint = connection.attempt.endpoint
            if endpoint is not None and endpoint.scheme.protocol is Protocol.SMTP and endpoint.path is None:
                yield from _of_connection(configured, connection, ports, silent)
        yield from _left_out(configured, ports)


def _of_connection(
    configured: Configured, connection: Sighting[Connection], ports: Listening | None, silent: Evidence | None
) -> Iterator[Answer]:
    port = connection.endpoint.port
    refused = connection.fact.trouble is Trouble.REFUSED
    if refused and silent is not None:
        found = fault("service-disabled", silent, *connection.evidence(), service=str(port), asked="yes")
        runner = written(configured, settings_place(configured, "QUEUERUNNER", STARTED), "combined")
        yield found.mended_by(mend(configured, runner, restart=True))
    elif ports is None:
        return
    elif port not in ports.ports:
        if refused:
            found = fault("service-disabled", ports.shown, *connection.evidence(), service=str(port), asked="yes")
            yield found.mended_by(ports_opened(configured, port))
    elif refused:
        yield from _elsewhere(configured, connection)
    elif connection.fact.trouble is None:
        yield Passed(NAME, (ports.shown,), connection.endpoint.url)


def _elsewhere(configured: Configured, connection: Sighting[Connection]) -> Iterator[Answer]:
    own = [address for address, _ in addresses(configured) or ()]
    if not own or any(is_everywhere(each) for each in own) or connection.endpoint.address in own:
        return
    setting = configured.main.get("local_interfaces")
    shown = configured.shown(setting) if setting is not None else (configured.where("local_interfaces"),)
    params: dict[str, Param] = {"port": connection.endpoint.port, "listens": tuple(own)}
    found = Finding("listening-elsewhere", (*shown, *connection.evidence()), **place(connection), params=params)
    yield found.mended_by(everywhere(configured, own))


def _left_out(configured: Configured, ports: Listening | None) -> Iterator[Answer]:
    """Where a login is set up, users submit mail; a port that they look for can be left out on purpose."""
    offering = servers(configured)
    for port, name in _PORTS.items() if ports is not None and offering else ():
        if ports is not None and port not in ports.ports:
            found = fault("service-disabled", ports.shown, configured.at(offering[0]), service=name, asked="no")
            yield found.mended_by(ports_opened(configured, port))
