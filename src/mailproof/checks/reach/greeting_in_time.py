"""Does the server speak first, and soon?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import alongside, place, speaks_tls_unasked, surveyed, url
from mailproof.model.attempt import Step, Trouble
from mailproof.model.connection import Connection, Greeting, Interrupted
from mailproof.model.endpoint import Protocol
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting

NAME = "greeting-in-time"
NEEDS = (Connection, Greeting)
KINDS = (
    FindingKind(
        "no-greeting",
        Layer.REACH,
        # A machine that says nothing on ports in clear text says nothing on those for TLS either.
        explains=(Explains("tls-handshake-failed", Scope.ADDRESS, only=(("reason", Trouble.TIMEOUT.value),)),),
        references=("RFC 5321 section 3.1", "RFC 5321 section 4.5.3.2.1"),
    ),
    FindingKind(
        "greeting-slow",
        Layer.REACH,
        params=("seconds",),
        references=("postconf(5) smtpd_peername_lookup", "postconf(5) smtpd_delay_reject"),
    ),
    FindingKind(
        "postscreen-greet-wait",
        Layer.REACH,
        params=("seconds",),
        explains=(Explains("greeting-slow"),),
        references=("postscreen(8)", "postconf(5) postscreen_greet_wait", "Postfix POSTSCREEN_README"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    told: set[int] = set()
    for sighting in surveyed(record, Greeting):
        told.add(id(sighting.attempt))
        if sighting.fact.trouble is Trouble.TIMEOUT:
            yield from _silent(sighting, record)
        elif sighting.fact.reply is not None and sighting.evidence():
            yield _timed(sighting, record, policy.thresholds.greeting_slow_seconds)
    for broken in surveyed(record, Interrupted):
        fact = broken.fact
        if fact.step is Step.GREETING and fact.trouble is Trouble.TIMEOUT and id(broken.attempt) not in told:
            yield from _silent(broken, record)


def _silent(sighting: Sighting[Greeting] | Sighting[Interrupted], record: Record) -> Iterable[Answer]:
    evidence = sighting.evidence()
    if evidence and not speaks_tls_unasked(sighting, record):
        yield Finding("no-greeting", evidence, **place(sighting))


def _timed(sighting: Sighting[Greeting], record: Record, limit: float) -> Answer:
    connections = alongside(sighting, record, Connection)
    # The way itself is not the server's fault: a far server is as late with its SYN-ACK as with its greeting.
    late = sighting.fact.seconds - (connections[0].fact.seconds if connections else 0.0)
    if late <= limit:
        return Passed(NAME, sighting.evidence(), url(sighting))
    # Whole seconds, so that one cause at several ports is one finding.
    seconds = max(1, round(sighting.fact.seconds))
    fault = "postscreen-greet-wait" if _teased(sighting, limit) else "greeting-slow"
    return Finding(fault, sighting.evidence(), **place(sighting), params={"seconds": seconds})


def _teased(sighting: Sighting[Greeting], limit: float) -> bool:
    """`220-` came at once and the last line late: the test for clients that talk too early."""
    reply, attempt = sighting.fact.reply, sighting.attempt
    if reply is None or "\n" not in reply.text:
        return False
    if attempt.endpoint is not None and attempt.endpoint.scheme.protocol is not Protocol.SMTP:
        return False
    turns = attempt.transcript.turns if attempt.transcript else ()
    if not 0 < reply.turn < len(turns):
        return True
    # A turn has the time of its first byte.
    return turns[reply.turn].at - turns[reply.turn - 1].at <= limit
