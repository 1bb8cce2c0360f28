"""Is the login offered to the clients that are to log in, or hidden from them by their address?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.configured import Configured, Daemon, configurations
from mailproof.checks.postfix.mending import mend, value_set
from mailproof.checks.survey import surveyed
from mailproof.emulate.postfix.lists import in_networks
from mailproof.emulate.postfix.maps import Missing
from mailproof.model.configuration import PostfixFiles
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Protocol
from mailproof.model.finding import Answer, Explains, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "login-shown-to-client"
NEEDS = (PostfixFiles,)
KINDS = (
    FindingKind(
        "sasl-hidden-from-client",
        Layer.LOGIN,
        ("networks", "service", "seen"),
        (Explains("auth-not-offered", Scope.SERVER), Explains("auth-mechanism-missing", Scope.SERVER)),
        ("postconf(5) smtpd_sasl_exceptions_networks", "Postfix SASL_README"),
        gathered=("service",),
    ),
)

_NAME = "smtpd_sasl_exceptions_networks"


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in configurations(record):
        offering = [each for each in configured.servers if each.on("smtpd_sasl_auth_enable")]
        hiding = [each for each in offering if each.value(_NAME)]
        yield from bounded(NAME, *(_of_service(configured, daemon, record) for daemon in hiding))
        if offering and not hiding:
            yield Passed(NAME, (configured.at(configured.main.setting(_NAME)),))


def _of_service(configured: Configured, daemon: Daemon, record: Record) -> Iterator[Answer]:
    setting, networks = daemon.main.setting(_NAME), daemon.value(_NAME)
    clients = {
        each.fact.client.rpartition(":")[0].strip("[]")
        for each in surveyed(record, Connection)
        if each.attempt.endpoint is not None and each.endpoint.scheme.protocol is Protocol.SMTP and each.fact.client
    }
    hidden = [client for client in sorted(clients) if _has(networks, client, configured)]
    if clients and not hidden:
        yield Passed(NAME, (configured.at(setting),))
        return
    shown = (configured.at(setting), configured.service(daemon))
    told = {"networks": networks, "service": daemon.name, "seen": "client" if hidden else "file"}
    remedy = mend(value_set(configured, setting, "")) if hidden else None
    yield fault("sasl-hidden-from-client", *shown, **told).mended_by(remedy)


def _has(networks: str, client: str, configured: Configured) -> bool:
    found = in_networks(client, networks, configured.postfix.tables)
    return found is not None and not isinstance(found, Missing) and found.inside
