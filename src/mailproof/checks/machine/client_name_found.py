"""Does a late greeting wait for the name of our address, which the server looks up first?"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from mailproof.checks.machine.resolver_answers import configured, shown
from mailproof.checks.survey import surveyed
from mailproof.model.connection import Greeting
from mailproof.model.endpoint import Protocol
from mailproof.model.evidence import Evidence, EvidenceKind
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Scope
from mailproof.model.lookups import LookupsSeen
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.machine.resolv_conf import read_resolv_conf

NAME = "client-name-found"
NEEDS = (LookupsSeen,)
KINDS = (
    FindingKind(
        "client-name-lookup-slow",
        Layer.REACH,
        ("client", "seconds"),
        (Explains("greeting-slow", Scope.SERVER), Explains("no-greeting", Scope.SERVER)),
        ("postconf(5) smtpd_peername_lookup", "RFC 8501", "resolv.conf(5)"),
    ),
)
_ASK_DNS = ("dns", "resolve")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    limit = policy.thresholds.greeting_slow_seconds
    late = any(
        sighting.fact.seconds > limit
        for sighting in surveyed(record, Greeting)
        if sighting.attempt.endpoint is not None and sighting.attempt.endpoint.scheme.protocol is Protocol.SMTP
    )
    views = [sighting.fact for sighting in record.seen(LookupsSeen)]
    # A smtpd in the chroot asks whom the copy names.
    inside = [view for view in views if any(name.endswith(("/inet", "/pass")) for name in view.services)]
    for view in inside or views[:1]:
        for client in view.clients:
            seconds, evidence = _by_system(view, client) if view.system else _by_dns(view, client)
            if not evidence:
                continue
            if late and seconds > limit:
                yield Finding(
                    "client-name-lookup-slow", evidence, params={"client": client, "seconds": round(seconds)}
                )
            elif seconds <= limit:
                yield Passed(NAME, evidence)


def _by_dns(view: LookupsSeen, client: str) -> tuple[float, tuple[Evidence, ...]]:
    """How long the system's resolver needs: one server after the other, until one answers or all have been tried."""
    if not set(_ASK_DNS) & set(view.hosts_from):
        return 0.0, ()
    conf = read_resolv_conf(view.resolv_conf.data)
    pointer = ipaddress.ip_address(client).reverse_pointer
    asked = {each.server: each for each in view.asked if (each.name, each.rtype) == (pointer, "PTR")}
    tried = [asked[server] for server in conf.servers if server in asked]
    if not tried:
        return 0.0, ()
    evidence = (configured(view, conf), *map(shown, tried))
    waited = 0.0
    for each in tried:
        if each.answered:
            return waited + each.seconds, evidence
        waited += min(each.seconds, conf.timeout)
    return waited * conf.attempts, evidence


def _by_system(view: LookupsSeen, client: str) -> tuple[float, tuple[Evidence, ...]]:
    for each in view.system:
        if each.command.rpartition(" ")[2] == client:
            told = Evidence(EvidenceKind.DNS, each.command, f"exit {each.status} ({each.seconds:.1f} s)")
            return each.seconds, (configured(view, read_resolv_conf(view.resolv_conf.data)), told)
    return 0.0, ()
