"""Does the port belong to the mail server, or has another program got it?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from mailproof.checks.survey import place, surveyed
from mailproof.model.attempt import Trouble
from mailproof.model.connection import Greeting
from mailproof.model.endpoint import Endpoint, Protocol, Scheme
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed, Scope
from mailproof.model.policy import Policy
from mailproof.model.port import Service
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import ReplyClass
from mailproof.model.tls import TlsHandshake
from mailproof.parse.service import said_by
from mailproof.parse.software import announced_host, software

NAME = "port-of-its-own"
NEEDS = (Greeting, TlsHandshake)
KINDS = (
    FindingKind(
        "port-taken-by-another-program",
        Layer.REACH,
        params=("program", "greeting", "seen"),
        gathered=("greeting",),
        explains=(
            Explains("postfix-not-running", Scope.SERVER),
            Explains("port-closed", Scope.SERVER),
            *map(
                Explains,
                (
                    *(
                        "unexpected-greeting",
                        "no-greeting",
                        "no-reply",
                        "closed-unexpectedly",
                        "reply-not-understood",
                    ),
                    *("reply-malformed", "implicit-tls-missing", "tls-handshake-failed"),
                    *("starttls-not-offered", "starttls-refused", "auth-not-offered"),
                    *("certificate-self-signed", "certificate-untrusted-root", "certificate-name-mismatch"),
                ),
            ),
        ),
        references=("RFC 6335 section 7.2", "master(5)", "ss(8)"),
    ),
)

_WELL_KNOWN = {
    Service.SSH: (22,),
    Service.HTTP: (80, 443, 8080, 8443),
    Service.FTP: (21, 990),
    Service.NNTP: (119, 563),
    Service.XMPP: (5222, 5223, 5269),
    Service.IRC: (6667, 6697),
    Service.TELNET: (23,),
    Service.MYSQL: (3306,),
    Service.VNC: (5900,),
    Service.IDENT: (113,),
}
"""Programs that are no mail server, and ports that are theirs: who asked for mail there has erred himself."""
# What a machine calls itself that nobody has given a name: no mail server that is set up announces it.
_NAMELESS = ("localhost", "localhost.localdomain")
_SHOWN = 60
"""Characters of a greeting; the evidence holds all of it."""


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    taken: set[Endpoint] = set()
    for sighting, service, said in _foreign(record):
        taken.add(sighting.endpoint)
        params: dict[str, Param] = {"program": service.upper(), "greeting": said, "seen": "protocol"}
        yield Finding("port-taken-by-another-program", sighting.evidence(), **place(sighting), params=params)
    greeted = [s for s in surveyed(record, Greeting) if _is_mail(s) and s.endpoint not in taken]
    machines: dict[str, list[Sighting[Greeting]]] = defaultdict(list)
    for greeting in greeted:
        if greeting.endpoint.scheme.protocol is Protocol.SMTP:
            machines[greeting.endpoint.address].append(greeting)
    odd = {id(greeting): beside for machine in machines.values() for greeting, beside in _odd_ones(machine)}
    for greeting in greeted:
        said = _text(greeting)
        if (other := odd.get(id(greeting))) is not None:
            program = software(said) or announced_host(said)
            told: dict[str, Param] = {"program": program, "greeting": said[:_SHOWN], "seen": "beside"}
            evidence = greeting.evidence() + other.evidence()
            yield Finding("port-taken-by-another-program", evidence, **place(greeting), params=told)
        else:
            yield Passed(NAME, greeting.evidence(), greeting.url)


def _foreign(record: Record) -> Iterator[tuple[Sighting[Greeting] | Sighting[TlsHandshake], Service, str]]:
    """What is certainly no mail server: by its greeting, or by what it answers to a ClientHello."""
    seen: list[tuple[Sighting[Greeting] | Sighting[TlsHandshake], str]] = [
        (s, s.fact.reply.line if s.fact.reply is not None else "") for s in surveyed(record, Greeting)
    ]
    seen += [(s, s.fact.clear_text) for s in surveyed(record, TlsHandshake)]
    for sighting, said in seen:
        service, endpoint = said_by(said), sighting.attempt.endpoint
        ports = _WELL_KNOWN.get(service)
        if ports and endpoint is not None and endpoint.port not in ports and sighting.evidence():
            yield sighting, service, re.split(r"\\[rn]|\n", said, maxsplit=1)[0][:_SHOWN]


def _is_mail(sighting: Sighting[Greeting]) -> bool:
    fact = sighting.fact
    positive = fact.reply is not None and fact.reply.kind is ReplyClass.POSITIVE
    return positive and fact.trouble is not Trouble.NOT_THE_PROTOCOL and bool(sighting.evidence())


def _odd_ones(machine: list[Sighting[Greeting]]) -> Iterator[tuple[Sighting[Greeting], Sighting[Greeting]]]:
    """Which of a machine's SMTP servers is another program than the rest, and one of the rest to compare it with.

    A filter or a gateway in front of port 25 is another program too; but it has a name of its own. Suspicious is
    another program with the same name, and one without a real name beside one that has the name that was asked for.
    """
    for greeting in machine:
        rest = [other for other in machine if other.endpoint != greeting.endpoint]
        beside = next((other for other in rest if _nameless(greeting) and _has_the_name_asked_for(other)), None)
        if beside is None and _is_odd_program(greeting, machine):
            beside = next(other for other in rest if _program(other) != _program(greeting))
        if beside is not None:
            yield greeting, beside


def _nameless(greeting: Sighting[Greeting]) -> bool:
    host = announced_host(_text(greeting))
    return bool(host) and ("." not in host or host in _NAMELESS)


def _has_the_name_asked_for(greeting: Sighting[Greeting]) -> bool:
    return announced_host(_text(greeting)) in (greeting.endpoint.name.lower(), greeting.endpoint.host.lower())


def _is_odd_program(greeting: Sighting[Greeting], machine: list[Sighting[Greeting]]) -> bool:
    """Its program is not that of most; of two alike in number, that of port 25 is meant."""
    host = announced_host(_text(greeting))
    named = [other for other in machine if _program(other) and announced_host(_text(other)) == host]
    count = Counter(map(_program, named))
    own = count.get(_program(greeting), 0)
    most = max((number for program, number in count.items() if program != _program(greeting)), default=0)
    return bool(own) and (own < most or (own == most and greeting.endpoint.scheme is Scheme.SMTP))


def _program(greeting: Sighting[Greeting]) -> str:
    return software(_text(greeting))


def _text(greeting: Sighting[Greeting]) -> str:
    return greeting.fact.reply.text if greeting.fact.reply is not None else ""
