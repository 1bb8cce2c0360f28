"""Does TLS begin at once where clients expect it, and nowhere else?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.exim.configured import Configured, running
from mailproof.checks.exim.mending import mend
from mailproof.checks.exim.port_mending import tls_begun
from mailproof.checks.exim.ports import listening, tls_at_once
from mailproof.checks.files import bounded, fault
from mailproof.checks.postfix.wrappermode import KINDS as WRAPPERMODE
from mailproof.checks.survey import surveyed
from mailproof.model.configuration import EximFiles
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Protocol, TlsMode
from mailproof.model.finding import Answer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "exim-tls-begins-where-expected"
NEEDS = (EximFiles,)
KINDS = tuple(kind for kind in WRAPPERMODE if kind.name.startswith("tls-wrappermode-"))

_AT_ONCE, _IN_CLEAR = {465}, {25, 587}


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for configured in running(record):
        ports, begun = listening(configured), tls_at_once(configured)
        if ports is None or begun is None:
            continue
        answers = bounded(NAME, _judged(configured, ports.ports, begun, record))
        yield from answers or [Passed(NAME, (configured.where("tls_on_connect_ports"),))]


def _judged(
    configured: Configured, ports: tuple[int, ...], begun: tuple[int, ...], record: Record
) -> Iterator[Answer]:
    # Who asks for TLS at once elsewhere may have the port wrong, where there is one for it.
    wanted = _AT_ONCE if set(ports) & set(begun) else _AT_ONCE | _asked(record)
    right = {*begun, *(port for port in ports if port in wanted)} - (_IN_CLEAR - wanted)
    remedy = mend(configured, tls_begun(configured, right))
    for port in dict.fromkeys(ports):
        shown = (configured.where("tls_on_connect_ports"), configured.where("daemon_smtp_ports"))
        if port in wanted and port not in begun:
            yield fault("tls-wrappermode-missing", *shown, service=str(port)).mended_by(remedy)
        elif port in _IN_CLEAR and port in begun:
            yield fault("tls-wrappermode-misplaced", *shown, service=str(port)).mended_by(remedy)


def _asked(record: Record) -> set[int]:
    """The ports of this run at which TLS was to begin at once."""
    endpoints = [sighting.attempt.endpoint for sighting in surveyed(record, Connection)]
    return {
        each.port
        for each in endpoints
        if each is not None
        and each.scheme.protocol is Protocol.SMTP
        and each.scheme.tls_mode is TlsMode.IMPLICIT
        and each.path is None
    }
