"""Does the server go on with this client, or is one of its limits met?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailproof.checks.survey import place, url
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities
from mailproof.model.connection import Greeting, Interrupted
from mailproof.model.endpoint import Scheme
from mailproof.model.envelope import EnvelopeTried, Submitted
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer
from mailproof.model.observed import Observation
from mailproof.model.policy import Policy
from mailproof.model.record import Attempt, Record, Sighting
from mailproof.model.reply import Reply
from mailproof.parse.limits import Limit, limit

NAME = "within-limits"
NEEDS = (Greeting, Capabilities, LoginTried, EnvelopeTried, Submitted, Interrupted)
_ENDS = (Explains("closed-unexpectedly"), Explains("greeting-refused"))
KINDS = (
    FindingKind(
        "too-many-connections",
        Layer.REACH,
        params=("reply",),
        explains=_ENDS,
        references=("postconf(5) smtpd_client_connection_count_limit", "Postfix TUNING_README"),
    ),
    FindingKind(
        "connection-rate-limited",
        Layer.REACH,
        params=("reply",),
        explains=_ENDS,
        references=("postconf(5) smtpd_client_connection_rate_limit", "anvil(8)"),
    ),
    FindingKind(
        "auth-rate-limited",
        Layer.LOGIN,
        params=("reply",),
        explains=_ENDS,
        references=("postconf(5) smtpd_client_auth_rate_limit", "anvil(8)"),
    ),
    FindingKind(
        "too-many-errors",
        Layer.RELAY,
        params=("reply",),
        explains=_ENDS,
        references=("postconf(5) smtpd_hard_error_limit", "RFC 5321 section 3.8"),
    ),
    FindingKind(
        "mail-rate-limited",
        Layer.RELAY,
        params=("reply",),
        gathered=("reply",),  # which names the recipient that was just asked for
        explains=_ENDS,
        references=(
            "postconf(5) smtpd_client_message_rate_limit",
            "postconf(5) smtpd_client_recipient_rate_limit",
            "anvil(8)",
        ),
    ),
    FindingKind(
        "pipelining-refused",
        Layer.RELAY,
        params=("reply",),
        explains=_ENDS,
        references=("RFC 2920 section 3.1", "postconf(5) reject_unauth_pipelining"),
    ),
)


_NAMED = frozenset(
    {Limit.CONNECTIONS, Limit.CONNECTION_RATE, Limit.AUTH_RATE, Limit.ERRORS, Limit.PIPELINING, Limit.MAIL_RATE}
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    told: set[tuple[Limit, str | None]] = set()
    for sighting, reply in _replies(record):
        met = limit(reply)
        if _reads_mail(sighting) and met is not Limit.AUTH_RATE:
            continue  # there the mailbox has limits of its own: `mailbox-opened`
        if met is Limit.CONNECTIONS and _came_alone_again(sighting, record):
            met = Limit.CONNECTION_RATE
        evidence = sighting.evidence(reply.turn)
        if met in _NAMED and (met, url(sighting)) not in told and evidence:
            told.add((met, url(sighting)))
            yield Finding(met.value, evidence, **place(sighting), params={"reply": reply.line})


def _replies(record: Record) -> Iterator[tuple[Sighting[Observation], Reply]]:
    for sighting in record.seen(Observation):
        fact = sighting.fact
        replies: tuple[Reply | None, ...] = ()
        match fact:
            case Greeting() | Capabilities() | LoginTried() | Interrupted():
                replies = (fact.reply,)
            case EnvelopeTried():
                replies = (fact.mail, fact.rcpt)
            case Submitted():
                replies = (fact.mail, fact.rcpt, fact.data, fact.final)
        yield from ((sighting, reply) for reply in replies if reply is not None)


def _reads_mail(sighting: Sighting[Observation]) -> bool:
    endpoint = sighting.attempt.endpoint
    return endpoint is not None and endpoint.scheme.is_retrieval


def _came_alone_again(sighting: Sighting[Observation], record: Record) -> bool:
    """We had been let in before, and none of our connections was open: what is limited is how often one comes."""
    endpoint, refused = sighting.attempt.endpoint, _span(sighting.attempt)
    if endpoint is None or endpoint.scheme is Scheme.LMTP or refused is None:
        return False
    others = [a for a in record.attempts if a.endpoint == endpoint and a is not sighting.attempt]
    spans = [span for span in map(_span, others) if span is not None]
    earlier = [span for span in spans if span[1] <= refused[0]]
    return bool(earlier) and not any(start < refused[0] < end for start, end in spans)


def _span(attempt: Attempt) -> tuple[float, float] | None:
    turns = attempt.transcript.turns if attempt.transcript is not None else ()
    return (turns[0].at, turns[-1].at) if turns else None
