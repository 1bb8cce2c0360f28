"""Does the server take mail from this client, by its address, its name and its HELO?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.finding import Answer, Finding, FindingKind, Layer
from mailproof.model.observation import EnvelopeTried
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.refusal import RefusalKind
from mailproof.parse.refused import refused

NAME = "client-accepted"
NEEDS = (EnvelopeTried,)
KINDS = (
    FindingKind(
        "client-blocklisted",
        Layer.RELAY,
        references=("RFC 5782", "RFC 6471", "postconf(5) reject_rbl_client"),
    ),
    FindingKind(
        "client-name-missing",
        Layer.RELAY,
        references=("RFC 7372 section 3.3", "RFC 1912 section 2.1", "postconf(5) reject_unknown_client_hostname"),
    ),
    FindingKind(
        "message-unauthenticated",
        Layer.RELAY,
        references=("RFC 7372 section 3", "RFC 7208", "RFC 6376", "RFC 7489"),
    ),
    FindingKind(
        "helo-required",
        Layer.RELAY,
        references=("RFC 5321 section 4.1.4", "postconf(5) smtpd_helo_required"),
    ),
    FindingKind(
        "helo-rejected",
        Layer.RELAY,
        references=(
            "RFC 5321 section 4.1.1.1",
            "postconf(5) reject_non_fqdn_helo_hostname",
            "postconf(5) reject_unknown_helo_hostname",
        ),
    ),
)
_NAMED = frozenset(
    {
        RefusalKind.CLIENT_BLOCKLISTED,
        RefusalKind.CLIENT_NAME_MISSING,
        RefusalKind.MESSAGE_UNAUTHENTICATED,
        RefusalKind.HELO_REQUIRED,
        RefusalKind.HELO_REJECTED,
    }
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    named: set[tuple[RefusalKind, str | None]] = set()
    for answer in refused(record):
        key = (answer.kind, url(answer.sighting))
        evidence = answer.sighting.evidence(answer.reply.turn)
        if answer.kind in _NAMED and key not in named and evidence:
            named.add(key)
            yield Finding(answer.kind.value, evidence, **place(answer.sighting))
