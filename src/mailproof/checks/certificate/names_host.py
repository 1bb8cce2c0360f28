"""Does the certificate name the host that was asked for?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.certificate.shown import evidence, handshakes, mark
from mailproof.checks.survey import place, url
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.tls import Certificate, TlsHandshake
from mailproof.parse.hostname import names_host

NAME = "certificate-names-host"
NEEDS = (TlsHandshake,)
KINDS = (
    FindingKind(
        "certificate-name-mismatch",
        Layer.TLS,
        params=("host", "names", "id", "seen"),
        gathered=("id",),
        references=("RFC 9525 section 6", "RFC 7817", "RFC 8314 section 5.2"),
    ),
)

_SHOWN = 10
"""Names in a message; certificates of providers have up to a hundred (Let's Encrypt's limit)."""


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in handshakes(record):
        leaf, host = sighting.fact.chain[0], sighting.fact.name
        if not host:
            continue
        if names_host(leaf.dns_names, leaf.ip_addresses, host):
            yield Passed(NAME, evidence(sighting, leaf), url(sighting))
        else:
            params: dict[str, Param] = {"host": host, "names": names_of(leaf), "id": mark(leaf)}
            yield Finding("certificate-name-mismatch", evidence(sighting, leaf), **place(sighting), params=params)


def names_of(leaf: Certificate) -> tuple[str, ...]:
    """The names that count; where there are none, the common name, marked as such, for it does not (RFC 9525)."""
    names = leaf.dns_names + leaf.ip_addresses
    if not names and leaf.common_name is not None:
        return (f"CN={leaf.common_name}",)
    return names[:_SHOWN]
