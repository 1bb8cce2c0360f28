"""Does POP3 keep mail until its user deletes it?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailproof.checks.survey import place, surveyed, url
from mailproof.model.capabilities import Capabilities
from mailproof.model.endpoint import Protocol
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting

NAME = "mail-kept"
NEEDS = (Capabilities,)
KINDS = (
    FindingKind(
        "mail-expires",
        Layer.RETRIEVAL,
        params=("days",),
        references=("RFC 2449 section 6.7", "RFC 1939 section 8"),
    ),
)

# A day more than a hundred years means never.
_DAYS = re.compile(r"[0-9]{1,5}\Z")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    last: dict[int, Sighting[Capabilities]] = {}
    for sighting in surveyed(record, Capabilities):
        endpoint = sighting.attempt.endpoint
        if endpoint is not None and endpoint.scheme.protocol is Protocol.POP3:
            last[id(sighting.attempt)] = sighting  # what is said inside TLS counts
    for sighting in last.values():
        expire = sighting.fact.get("EXPIRE")
        evidence = sighting.evidence(sighting.fact.reply.turn)
        if expire is None or not expire.params or not evidence:
            continue  # the server does not say
        said = expire.params[0].upper()
        if said == "NEVER":
            yield Passed(NAME, evidence, url(sighting))
        elif _DAYS.match(said):
            params: dict[str, Param] = {"days": int(said)}
            yield Finding("mail-expires", evidence, **place(sighting), params=params)
