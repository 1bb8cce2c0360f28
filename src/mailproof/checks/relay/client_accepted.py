"""Does the server take mail from this client, by its address, its name and its HELO?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.sending_side import beside
from mailproof.checks.survey import place, surveyed, url
from mailproof.model.capabilities import Capabilities
from mailproof.model.connection import Greeting
from mailproof.model.envelope import EnvelopeTried
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import Reply
from mailproof.parse.refusal import refusal
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.refused import refused, turned_away

NAME = "client-accepted"
NEEDS = (EnvelopeTried, Capabilities, Greeting)
# A server may know the client by its address alone, and say so in the place of the greeting.
_AT_THE_DOOR = (Explains("greeting-refused"), Explains("closed-unexpectedly"))
KINDS = (
    FindingKind(
        "client-blocklisted",
        Layer.RELAY,
        explains=_AT_THE_DOOR,
        references=("RFC 5782", "RFC 6471", "postconf(5) reject_rbl_client"),
    ),
    FindingKind(
        "client-name-missing",
        Layer.RELAY,
        explains=_AT_THE_DOOR,
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
    FindingKind(
        "ehlo-refused",
        Layer.REACH,
        params=("command", "reply"),
        explains=(Explains("closed-unexpectedly"),),
        references=("RFC 5321 section 4.1.1.1", "RFC 5321 section 4.1.4", "RFC 2033 section 4.1"),
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
_BY_ADDRESS = frozenset({RefusalKind.CLIENT_BLOCKLISTED, RefusalKind.CLIENT_NAME_MISSING})
_OF_SENDER = frozenset({RefusalKind.CLIENT_NAME_MISSING, RefusalKind.MESSAGE_UNAUTHENTICATED})
_HELLOS = ("EHLO", "HELO", "LHLO")


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    named: set[tuple[RefusalKind, str | None]] = set()
    for answer in refused(record):
        key = (answer.kind, url(answer.sighting))
        evidence = answer.sighting.evidence(answer.reply.turn)
        if answer.kind in _NAMED and key not in named and evidence:
            named.add(key)
            side = beside(record, answer.sighting.attempt.endpoint) if answer.kind in _OF_SENDER else ()
            yield Finding(answer.kind.value, (*evidence, *side), **place(answer.sighting))
    for greeting, said, meant in turned_away(record):
        if meant in _BY_ADDRESS and (meant, url(greeting)) not in named:
            side = beside(record, greeting.attempt.endpoint) if meant in _OF_SENDER else ()
            yield Finding(meant.value, (*greeting.evidence(said.turn), *side), **place(greeting))
    for sighting, reply, kind in _refused_hellos(record):
        evidence = sighting.evidence(reply.turn)
        if not evidence:
            continue
        if kind in _NAMED:
            yield Finding(kind.value, evidence, **place(sighting))
        else:
            params = {"command": sighting.fact.verb, "reply": reply.line}
            yield Finding("ehlo-refused", evidence, **place(sighting), params={**params})


def _refused_hellos(record: Record) -> Iterable[tuple[Sighting[Capabilities], Reply, RefusalKind]]:
    """Conversations that ended with it: EHLO alone may be refused, where HELO is then taken (RFC 5321 section 3.2).

    A 421 is no answer to it but the end: `closed-unexpectedly`.
    """
    last = {id(s.attempt): s for s in surveyed(record, Capabilities) if s.fact.verb in _HELLOS}
    for sighting in last.values():
        reply = sighting.fact.reply
        if (kind := refusal(reply)) is not None and reply.code != "421":
            yield sighting, reply, kind
