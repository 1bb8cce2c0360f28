"""One entry per endpoint: how far it came, in which TLS, what it offers."""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.model.attempt import INTRUSIVE, Job, Status, Step
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities, Capability
from mailproof.model.connection import Connection
from mailproof.model.record import Attempt, Record
from mailproof.model.report import EndpointReport, Judged, StepReport, TlsReport
from mailproof.model.tls import TlsHandshake

# Jobs that ask one thing only (which versions of TLS, who has a mailbox) and say nothing of how the endpoint serves.
_SIDE_JOBS = frozenset({Job.VERSION, Job.VERIFY, Job.IMPERSONATE, Job.UIDL, *INTRUSIVE})

# What OpenSSL does not look at in a chain: RFC 9525 is the business of a check.
_WRONG_NAME = "certificate-name-mismatch"


def endpoint_reports(record: Record, findings: Iterable[Judged]) -> tuple[EndpointReport, ...]:
    """In the order in which they were first dialled; a guessed endpoint that did not answer is left out."""
    misnamed = {url for item in findings if item.name == _WRONG_NAME for url in item.endpoints}
    groups: dict[tuple[str, str, int], list[Attempt]] = {}
    for attempt in record.attempts:
        if attempt.endpoint is not None and attempt.job not in (Job.REFERENCE, Job.SENDING_SIDE):
            place = (attempt.endpoint.url, attempt.endpoint.address, attempt.endpoint.port)
            groups.setdefault(place, []).append(attempt)
    return tuple(
        _endpoint(url, address, port, attempts, url in misnamed)
        for (url, address, port), attempts in groups.items()
        if any(attempt.endpoint and attempt.endpoint.promised for attempt in attempts) or _answered(attempts)
    )


def _answered(attempts: list[Attempt]) -> bool:
    return any(
        isinstance(fact, Connection) and fact.trouble is None for attempt in attempts for fact in attempt.observations
    )


def _endpoint(url: str, address: str, port: int, attempts: list[Attempt], misnamed: bool) -> EndpointReport:
    telling = [attempt for attempt in attempts if attempt.job not in _SIDE_JOBS] or attempts
    handshake = capabilities = connection = None
    logins = [fact for attempt in telling for fact in attempt.observations if isinstance(fact, LoginTried)]
    for fact in (fact for attempt in telling for fact in attempt.observations):
        if isinstance(fact, TlsHandshake) and fact.trouble is None:
            handshake = fact
        elif isinstance(fact, Capabilities):
            capabilities = fact
        elif isinstance(fact, Connection):
            connection = fact
    return EndpointReport(
        url=url,
        address=address,
        port=port,
        tls=None if handshake is None else _tls(handshake, misnamed),
        capabilities=() if capabilities is None else tuple(_line(item) for item in capabilities.offered),
        steps=_steps(telling),
        vantage="" if connection is None else connection.local,
        mechanisms=_mechanisms(logins),
    )


def _mechanisms(logins: list[LoginTried]) -> tuple[str, ...]:
    accepted = [login for login in logins if login.accepted]
    return tuple(dict.fromkeys(login.mechanism for login in accepted or logins))


def _steps(attempts: list[Attempt]) -> tuple[StepReport, ...]:
    """The first job's steps; of later ones only what is new or went wrong."""
    taken: list[StepReport] = []
    seen: set[Step] = set()
    for number, attempt in enumerate(attempts):
        taken.extend(
            StepReport(step.step, step.status, round(step.seconds, 6), step.trouble)
            for step in attempt.steps
            if number == 0 or step.step not in seen or step.status is Status.FAILED
        )
        seen.update(step.step for step in attempt.steps)
    return tuple(taken)


def _tls(handshake: TlsHandshake, misnamed: bool) -> TlsReport:
    leaf = handshake.chain[0] if handshake.chain else None
    return TlsReport(
        version=handshake.version,
        cipher=handshake.cipher,
        subject=leaf.subject if leaf else "",
        issuer=leaf.issuer if leaf else "",
        # Not by strftime, which writes the year 1, as a certificate may say, without its zeros.
        not_after=leaf.not_after.replace(tzinfo=None).isoformat(timespec="seconds") + "Z" if leaf else "",
        verified=leaf is not None and not handshake.errors and not misnamed,
    )


def _line(capability: Capability) -> str:
    """As EHLO lists it: `AUTH PLAIN LOGIN`, `AUTH=PLAIN` for the legacy form."""
    if capability.legacy:
        return f"{capability.name}={' '.join(capability.params)}"
    return " ".join((capability.name, *capability.params))
