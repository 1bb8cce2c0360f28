"""Is the clock of the server's machine that of ours? Asked of another machine only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed
from mailproof.model.machine import Clock, MachineSeen
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "clock-agrees"
NEEDS = (MachineSeen,)
KINDS = (
    FindingKind(
        "clock-differs",
        Layer.CONFIGURATION,
        ("seconds", "server", "here"),
        (),
        ("RFC 5322 section 3.6.1", "RFC 5905", "RFC 6238 section 5.2"),
    ),
)
# Twice the step of a one-time password (RFC 6238); Kerberos refuses after five minutes (RFC 4120 section 5.5).
_ALLOWED = 60.0


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for machine in record.seen(MachineSeen):
        clock = machine.fact.clock
        if machine.fact.way is None or clock is None:
            continue
        here, server = _shown(record.started), _shown(record.started + _ahead(clock))
        evidence = (Evidence(EvidenceKind.CONFIG, "date -u", f"{server} (here: {here})"),)
        if abs(clock.ahead) <= _ALLOWED + clock.within:
            yield Passed(NAME, evidence)
        else:
            yield Finding(
                "clock-differs", evidence, params={"seconds": round(abs(clock.ahead)), "server": server, "here": here}
            )


def _ahead(clock: Clock) -> timedelta:
    # Ten thousand days: what no datetime holds is a machine without any clock.
    return timedelta(seconds=max(-864e6, min(864e6, clock.ahead)))


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
