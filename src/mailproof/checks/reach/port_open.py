"""Does the port take connections?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import first_looks, place, url
from mailproof.model.attempt import Job, Trouble
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Endpoint, Scheme
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.parse.vantage import Vantage, address, vantage

NAME = "port-open"
FROM_OUTSIDE = "reached-from-outside"
"""What a connection proves only where one stands outside."""
NEEDS = (Connection,)
_REFERENCES = ("RFC 9293 section 3.10.7", "Postfix BASIC_CONFIGURATION_README", "master(5)")
KINDS = (
    FindingKind("port-closed", Layer.REACH, references=_REFERENCES),
    FindingKind("port-filtered", Layer.REACH, references=_REFERENCES),
    FindingKind("port-unreachable", Layer.REACH, references=("RFC 792", "RFC 1812 section 5.2.7.1", "RFC 4443")),
    FindingKind(
        "outbound-25-blocked",
        Layer.REACH,
        explains=(Explains("port-filtered"),),
        references=("M3AAWG Managing Port 25", "RFC 5068 section 3.1"),
    ),
)

_FAULTS = {
    Trouble.REFUSED: "port-closed",
    Trouble.TIMEOUT: "port-filtered",
    Trouble.UNREACHABLE: "port-unreachable",
}


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    connections = [s for s in record.seen(Connection) if s.attempt.endpoint is not None]
    looks = first_looks(record)
    blocked = _outbound_blocked(connections)
    compared = tuple(e for s in connections if s.attempt.job is Job.REFERENCE for e in dialled(s))
    for sighting in connections:
        trouble = sighting.fact.trouble
        if id(sighting.attempt) not in looks:
            continue
        if trouble is None:
            yield Passed(NAME, dialled(sighting), url(sighting))
            yield from _from_here(sighting, record)
        elif not sighting.endpoint.promised:
            continue
        elif trouble is Trouble.PROXY:
            params = {"proxy": sighting.fact.proxy, "detail": sighting.fact.detail}
            yield Untold(NAME, "proxy-in-the-way", url(sighting), asked=True, params=params)
        elif trouble is Trouble.RESET:
            continue  # accepted and torn down at once: of that another check speaks
        elif trouble in _FAULTS:
            fault = _FAULTS[trouble]
            evidence = dialled(sighting)
            if fault == "port-filtered" and sighting.endpoint.port == 25:
                evidence += compared
                fault = "outbound-25-blocked" if blocked else fault
            yield Finding(fault, evidence, **place(sighting))
        else:
            # Without IPv6 here, an AAAA record there cannot be tried; that matters if nothing else answered.
            reached = any(s.fact.trouble is None and url(s) == url(sighting) for s in connections)
            params = {"detail": sighting.fact.detail}
            yield Untold(NAME, "local-trouble", url(sighting), asked=not reached, params=params)


_NOT_OUTSIDE = {
    Vantage.LOOPBACK: "from-the-machine-itself",
    Vantage.OWN: "from-the-machine-itself",
    # Behind NAT too: the server may stand on this side of it.
    Vantage.PRIVATE: "from-a-private-address",
}


def _from_here(sighting: Sighting[Connection], record: Record) -> Iterable[Answer]:
    """What cannot be told from where this connection was made; a Unix socket has no outside."""
    if sighting.fact.proxy:
        yield Untold(FROM_OUTSIDE, "through-a-proxy", url(sighting), params={"proxy": sighting.fact.proxy})
        return
    client = address(sighting.fact.local)
    if client is not None and sighting.endpoint.path is None:
        stands = vantage(sighting.fact.local, sighting.endpoint.address, record.vantage)
        if reason := _NOT_OUTSIDE.get(stands):
            yield Untold(FROM_OUTSIDE, reason, url(sighting), params={"client": str(client)})


def _outbound_blocked(connections: list[Sighting[Connection]]) -> bool:
    """Port 25 of every host asked is silent, of two or more, while a submission port answers.

    The hosts are those of the survey and those of `--reference`.
    """
    on_25 = [s for s in connections if s.endpoint.port == 25]
    filtered = {s.endpoint.host for s in on_25 if s.fact.trouble is Trouble.TIMEOUT}
    submission = any(_takes_submissions(s.endpoint) and s.fact.trouble is None for s in connections)
    silent = all(s.fact.trouble is Trouble.TIMEOUT for s in on_25)
    return submission and silent and len(filtered) >= 2


def _takes_submissions(endpoint: Endpoint) -> bool:
    return endpoint.scheme in (Scheme.SUBMISSION, Scheme.SUBMISSIONS) and endpoint.port != 25


def dialled(sighting: Sighting[Connection]) -> tuple[Evidence, ...]:
    """The attempt to connect, and what it met."""
    fact = sighting.fact
    said = fact.detail or str(fact.trouble or "connected")
    return sighting.evidence() or (Evidence(EvidenceKind.SOCKET, fact.remote, said),)
