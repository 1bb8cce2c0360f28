"""Is what a client said in clear thrown away when TLS begins?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.provoked import Injected
from mailproof.model.record import Record

NAME = "injection-discarded"
NEEDS = (Injected,)
KINDS = (
    FindingKind(
        "starttls-command-injection",
        Layer.TLS,
        params=("command",),
        gathered=("command",),
        references=("RFC 3207 section 4.2", "CVE-2011-0411", "CVE-2021-33515", "CVE-2021-38084"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in record.seen(Injected):
        fact = sighting.fact
        if not (evidence := sighting.evidence()):
            continue
        if fact.inside is not None:
            yield Finding("starttls-command-injection", evidence, **place(sighting), params={"command": fact.command})
        else:
            yield Passed(NAME, evidence, url(sighting))
