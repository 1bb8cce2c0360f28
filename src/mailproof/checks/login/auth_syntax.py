"""Are mechanisms offered only in the standard form?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.login.offers import offers
from mailproof.checks.survey import place
from mailproof.model.capabilities import Capabilities
from mailproof.model.endpoint import Protocol
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record

NAME = "auth-syntax-standard"
NEEDS = (Capabilities,)
KINDS = (
    FindingKind(
        "auth-legacy-syntax",
        Layer.LOGIN,
        references=("RFC 4954 section 3", "postconf(5) broken_sasl_auth_clients"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for offer in offers(record):
        # `AUTH=` is IMAP's own, proper form.
        if offer.endpoint.scheme.protocol is not Protocol.SMTP:
            continue
        for seen in (offer.tls, offer.clear):
            if seen is None or not seen.fact.mechanisms:
                continue
            evidence = seen.evidence(seen.fact.reply.turn)
            if any(capability.legacy for capability in seen.fact.offered):
                yield Finding("auth-legacy-syntax", evidence, **place(seen))
            else:
                yield Passed(NAME, evidence, offer.endpoint.url)
            break
