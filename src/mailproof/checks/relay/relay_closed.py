"""Does the server refuse to carry a stranger's mail to somewhere else?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.evidence import Evidence
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Param, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import ReplyClass
from mailproof.parse.refusal import no_rule_matches
from mailproof.parse.refused import envelope_refused, refused_by_hand, transactions, wants_login
from mailproof.parse.vantage import Vantage, vantage

NAME = "relay-closed"
NEEDS = (EnvelopeTried,)
KINDS = (
    FindingKind(
        "open-relay",
        Layer.RELAY,
        explains=(Explains("submission-without-login"),),
        references=(
            "RFC 5321 section 7.1",
            "RFC 2505 section 2.1",
            "postconf(5) smtpd_relay_restrictions",
            "postconf(5) mynetworks",
        ),
    ),
    FindingKind(
        "relay-allowed-here",
        Layer.RELAY,
        params=("client",),
        references=("postconf(5) mynetworks", "postconf(5) permit_mynetworks", "Postfix XCLIENT_README"),
    ),
    FindingKind(
        "login-required",
        Layer.RELAY,
        references=("RFC 6409 section 4.3", "RFC 4954 section 6", "postconf(5) smtpd_relay_restrictions"),
    ),
    FindingKind(
        "submission-without-login",
        Layer.RELAY,
        params=("takes",),
        references=("RFC 6409 section 4.3", "RFC 5068 section 3.1", "master.cf of Postfix: submission"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in transactions(record):
        if sighting.fact.logged_in or (endpoint := sighting.attempt.endpoint) is None:
            continue
        if sighting.fact.purpose is EnvelopePurpose.OUTSIDE:
            yield from _outside(sighting, record)
        elif endpoint.scheme.is_submission and _accepted(sighting) and _as_a_stranger(sighting, record):
            own: dict[str, Param] = {"takes": "own-domain"}
            yield Finding("submission-without-login", _evidence(sighting), **place(sighting), params=own)
    for sent in refused_by_hand(record):
        evidence = sent.sighting.evidence(sent.reply.turn)
        if not sent.logged_in and wants_login(sent) and evidence:
            yield Finding("login-required", evidence, **place(sent.sighting))


def _outside(sighting: Sighting[EnvelopeTried], record: Record) -> Iterable[Answer]:
    if _accepted(sighting):
        yield from _relayed(sighting, record)
        return
    refused = envelope_refused(sighting)
    if refused is None:
        yield Untold(NAME, "not-reached", url(sighting))
        return
    submission = sighting.endpoint.scheme.is_submission
    evidence = sighting.evidence(refused.reply.turn)
    if not wants_login(refused) and not no_rule_matches(refused.reply):
        yield Untold(NAME, "refused-for-another-reason", url(sighting), params={"reply": refused.reply.line})
    elif evidence:
        yield Passed(NAME, evidence, url(sighting))
        if submission and refused.is_permanent:  # the temporary form is relay-deferred
            yield Finding("login-required", evidence, **place(sighting))


def _relayed(sighting: Sighting[EnvelopeTried], record: Record) -> Iterable[Answer]:
    evidence = _evidence(sighting)
    client = sighting.fact.client
    seen_as = vantage(client, sighting.endpoint.address, record.vantage)
    if seen_as is Vantage.OUTSIDE:
        yield Finding("open-relay", evidence, **place(sighting))
        if sighting.endpoint.scheme.is_submission:
            anything: dict[str, Param] = {"takes": "anything"}
            yield Finding("submission-without-login", evidence, **place(sighting), params=anything)
        return
    if seen_as.is_trusted_by_habit:
        yield Finding("relay-allowed-here", evidence, **place(sighting), params={"client": client})
    if not client and sighting.endpoint.path is None:
        yield Untold(NAME, "exit-not-known", url(sighting))
    else:
        yield Untold(NAME, "not-from-here", url(sighting), params={"client": client})


def _as_a_stranger(sighting: Sighting[EnvelopeTried], record: Record) -> bool:
    """Whether the server takes us for one: we come from outside, or it refused there to relay for us.

    A client in `mynetworks` needs no login, and that tells nothing of others.
    """
    if vantage(sighting.fact.client, sighting.endpoint.address, record.vantage) is Vantage.OUTSIDE:
        return True
    tried = [each for each in transactions(record) if each.fact.purpose is EnvelopePurpose.OUTSIDE]
    here = [each for each in tried if each.endpoint == sighting.endpoint and not each.fact.logged_in]
    return bool(here) and not any(map(_accepted, here))


def _accepted(sighting: Sighting[EnvelopeTried]) -> bool:
    return sighting.fact.rcpt is not None and sighting.fact.rcpt.kind is ReplyClass.POSITIVE


def _evidence(sighting: Sighting[EnvelopeTried]) -> tuple[Evidence, ...]:
    assert sighting.fact.rcpt is not None
    return sighting.evidence(sighting.fact.rcpt.turn)
