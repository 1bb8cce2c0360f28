"""Is TLS demanded of those who submit mail, and left to the choice of other servers?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.authentication import LoginTried
from mailproof.model.endpoint import Scheme
from mailproof.model.envelope import EnvelopeTried
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import Reply, ReplyClass

NAME = "tls-not-forced-on-servers"
NEEDS = (EnvelopeTried, LoginTried)
KINDS = (
    FindingKind(
        "tls-required",
        Layer.TLS,
        references=("RFC 3207 section 4", "RFC 8314 section 4.1", "postconf(5) smtpd_tls_security_level"),
    ),
    FindingKind(
        "tls-required-on-mx",
        Layer.TLS,
        explains=(Explains("own-domain-rejected"), Explains("recipient-unknown")),
        references=("RFC 3207 section 4", "RFC 7435", "postconf(5) smtpd_tls_security_level"),
    ),
)

# Postfix `530 5.7.0 Must issue a STARTTLS command first`, Exchange `451 5.7.3 STARTTLS is required to send mail`.
_DEMANDED = re.compile(r"STARTTLS|(?:TLS|encryption) (?:is )?(?:required|needed)", re.IGNORECASE)
_CODES = ("530", "538", "451", "454", "550", "554")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    told: set[int] = set()
    sightings: list[Sighting[EnvelopeTried] | Sighting[LoginTried]] = [
        *record.seen(EnvelopeTried),
        *record.seen(LoginTried),
    ]
    for sighting in sightings:
        endpoint = sighting.attempt.endpoint
        if id(sighting.attempt) in told:
            continue
        on_mx = endpoint is not None and endpoint.scheme is Scheme.SMTP
        for reply in _replies(sighting):
            if not (evidence := sighting.evidence(reply.turn)):
                continue
            if _demands(reply):
                told.add(id(sighting.attempt))
                yield Finding("tls-required-on-mx" if on_mx else "tls-required", evidence, **place(sighting))
                break
            if on_mx and reply.kind is ReplyClass.POSITIVE and _in_clear(sighting, reply):
                told.add(id(sighting.attempt))
                yield Passed(NAME, evidence, url(sighting))
                break


def _replies(sighting: Sighting[EnvelopeTried] | Sighting[LoginTried]) -> list[Reply]:
    fact = sighting.fact
    replies = [fact.mail, fact.rcpt] if isinstance(fact, EnvelopeTried) else [fact.reply]
    return [reply for reply in replies if reply is not None]


def _demands(reply: Reply) -> bool:
    return reply.code in _CODES and _DEMANDED.search(reply.text) is not None


def _in_clear(sighting: Sighting[EnvelopeTried] | Sighting[LoginTried], reply: Reply) -> bool:
    transcript = sighting.attempt.transcript
    return transcript is not None and not transcript.turns[reply.turn].tls
