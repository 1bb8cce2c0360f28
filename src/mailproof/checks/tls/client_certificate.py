"""Does the server let a client in that has no certificate of its own?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mailproof.checks.survey import died_inside_tls, place, surveyed, url, wants_client_certificate
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities
from mailproof.model.connection import Greeting, Interrupted
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import ReplyClass
from mailproof.model.tls import TlsHandshake
from mailproof.parse.login_refusal import CERTIFICATE_WANTED

NAME = "client-certificate-not-needed"
NEEDS = (TlsHandshake, Greeting, Interrupted, LoginTried)
KINDS = (
    FindingKind(
        "client-certificate-required",
        Layer.TLS,
        explains=(Explains("auth-not-offered"), Explains("closed-unexpectedly"), Explains("greeting-refused")),
        references=(
            "RFC 8446 section 4.4.2.4",
            "RFC 8446 section 6.2",
            "postconf(5) smtpd_tls_req_ccert",
            "Dovecot manual: auth_ssl_require_client_cert",
        ),
    ),
)

_SAID = re.compile(CERTIFICATE_WANTED, re.IGNORECASE)

_Shown = Sighting[TlsHandshake] | Sighting[Greeting] | Sighting[Interrupted] | Sighting[LoginTried]


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    demanded: set[str | None] = set()
    for sighting, evidence in _demands(record):
        if evidence and url(sighting) not in demanded:
            demanded.add(url(sighting))
            yield Finding("client-certificate-required", evidence, **place(sighting))
    for listed in surveyed(record, Capabilities):
        inside = listed.fact.stage != "clear" and listed.fact.reply.kind is ReplyClass.POSITIVE
        if inside and url(listed) not in demanded and (shown := listed.evidence()):
            yield Passed(NAME, shown, url(listed))


def _demands(record: Record) -> Iterator[tuple[_Shown, tuple[Evidence, ...]]]:
    """By an alert, in the handshake or after it; by Postfix in the place of the next reply; by Dovecot at login."""
    for handshake in surveyed(record, TlsHandshake):
        if handshake.fact.trouble is not None and wants_client_certificate(handshake):
            yield handshake, handshake.evidence()
    for broken in died_inside_tls(record).values():
        if wants_client_certificate(broken):
            yield broken, broken.evidence()
    said: list[Sighting[Greeting] | Sighting[Interrupted] | Sighting[LoginTried]] = [
        *surveyed(record, Greeting),
        *surveyed(record, Interrupted),
        *record.seen(LoginTried),
    ]
    for sighting in said:
        reply = sighting.fact.reply
        if reply is not None and reply.kind is not ReplyClass.POSITIVE and _SAID.search(reply.text):
            yield sighting, sighting.evidence(reply.turn)
