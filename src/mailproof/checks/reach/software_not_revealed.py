"""Does the server keep to itself which version of which program it is?"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from mailproof.checks.survey import place, surveyed, url
from mailproof.model.capabilities import Capabilities
from mailproof.model.connection import Greeting
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.parse.software import PRODUCTS

NAME = "software-not-revealed"
NEEDS = (Greeting, Capabilities)
KINDS = (
    FindingKind(
        "greeting-reveals-software",
        Layer.REACH,
        params=("software", "version"),
        references=("postconf(5) smtpd_banner", "RFC 5321 section 4.3.1"),
    ),
)

# A few words may stand before the number: `Service, Version: 10.0.17763.1`.
_REVEALED = re.compile(rf"\b({PRODUCTS})\b(?:POP3|IMAP4|[^0-9\n;]){{0,24}}?(\d+(?:\.\d+)+[\w.-]*)(/?)", re.IGNORECASE)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    sightings: list[Sighting[Greeting] | Sighting[Capabilities]] = [
        *surveyed(record, Greeting),
        *surveyed(record, Capabilities),
    ]
    told: set[int] = set()  # once for a connection, though it may say so in its greeting and after EHLO
    for sighting in sightings:
        reply = sighting.fact.reply
        if reply is None or id(sighting.attempt) in told or not (evidence := sighting.evidence(reply.turn)):
            continue
        if revealed := _revealed(f"{reply.text}\n{_implementation(sighting.fact)}"):
            told.add(id(sighting.attempt))
            params: dict[str, Param] = {"software": revealed[0], "version": revealed[1]}
            yield Finding("greeting-reveals-software", evidence, **place(sighting), params=params)
    for sighting in surveyed(record, Greeting):
        reply = sighting.fact.reply
        if reply is not None and id(sighting.attempt) not in told and (evidence := sighting.evidence(reply.turn)):
            yield Passed(NAME, evidence, url(sighting))


def _implementation(fact: Greeting | Capabilities) -> str:
    """What POP3 (RFC 2449 section 6.9) and ManageSieve (RFC 5804 section 1.7) say of themselves."""
    said = fact.get("IMPLEMENTATION") if isinstance(fact, Capabilities) else None
    return " ".join(said.params) if said is not None else ""


def _revealed(text: str) -> tuple[str, str] | None:
    """Program and version, as they are written in `text`."""
    for match in _REVEALED.finditer(text):
        if match[3] or not _is_address(
            match[2]
        ):  # sendmail names two versions: `Sendmail 8.17.1.9/8.17.1.9/Debian-2`
            return match[1], match[2].rstrip(".-")
    return None


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
