"""Which commands of a mail transaction were refused in a record, and with which meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mailproof.model.attempt import Job, Step
from mailproof.model.connection import Greeting
from mailproof.model.endpoint import Protocol
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried, Submitted
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import Reply, ReplyClass
from mailproof.parse.refusal import is_bare_reject, refusal
from mailproof.parse.refusal_kind import RefusalKind


class Refused(NamedTuple):
    """The first refusal of one transaction; what follows in the same transaction only follows from it."""

    sighting: Sighting[EnvelopeTried] | Sighting[Submitted]
    step: Step
    """MAIL, RCPT or DATA; DATA also for the answer after the dot."""
    reply: Reply
    kind: RefusalKind
    purpose: EnvelopePurpose
    logged_in: bool

    @property
    def is_permanent(self) -> bool:
        return self.reply.kind is ReplyClass.PERMANENT


def transactions(record: Record) -> Iterator[Sighting[EnvelopeTried]]:
    """Those that ended before DATA and of which every reply can be shown."""
    for sighting in record.seen(EnvelopeTried):
        said = [reply for reply in (sighting.fact.mail, sighting.fact.rcpt) if reply is not None]
        if all(sighting.evidence(reply.turn) for reply in said):
            yield sighting


# On a port where users log in these say: log in.
_WANTS_LOGIN = frozenset(
    {
        RefusalKind.RELAY_DENIED,
        RefusalKind.LOGIN_REQUIRED,
        RefusalKind.CLIENT_REJECTED,
        RefusalKind.SENDER_NOT_LOGGED_IN,
    }
)
_WANTS_LOGIN_ANYWHERE = frozenset({RefusalKind.RELAY_DENIED, RefusalKind.LOGIN_REQUIRED})


def wants_login(answer: Refused) -> bool:
    """Whether the refusal says, at this endpoint, to log in first; a bare `Access denied` does at port 587 alone."""
    endpoint = answer.sighting.attempt.endpoint
    submission = endpoint is not None and endpoint.scheme.is_submission
    if not submission:
        return answer.kind in _WANTS_LOGIN_ANYWHERE
    return answer.kind in _WANTS_LOGIN or is_bare_reject(answer.reply.text)


def messages(record: Record) -> Iterator[Sighting[Submitted]]:
    """Messages handed in, of which every reply can be shown."""
    for sighting in record.seen(Submitted):
        fact = sighting.fact
        said = [reply for reply in (fact.mail, fact.rcpt, fact.data, fact.final) if reply is not None]
        if all(sighting.evidence(reply.turn) for reply in said):
            yield sighting


def envelope_refused(sighting: Sighting[EnvelopeTried]) -> Refused | None:
    """The first refusal of this transaction, or None if all that was tried was accepted."""
    fact = sighting.fact
    for step, reply in ((Step.MAIL, fact.mail), (Step.RCPT, fact.rcpt)):
        if reply is not None and (kind := refusal(reply, step)) is not None:
            return Refused(sighting, step, reply, kind, fact.purpose, fact.logged_in)
    return None


def submission_refused(sighting: Sighting[Submitted]) -> Refused | None:
    """As `envelope_refused`, for a message that was really handed in."""
    fact = sighting.fact
    for step, reply in (
        (Step.MAIL, fact.mail),
        (Step.RCPT, fact.rcpt),
        (Step.DATA, fact.data),
        (Step.DATA, fact.final),
    ):
        if reply is not None and (kind := refusal(reply, step)) is not None:
            return Refused(sighting, step, reply, kind, EnvelopePurpose.MAILBOX, fact.logged_in)
    return None


def refused_by_hand(record: Record) -> Iterator[Refused]:
    """Messages that somebody sent, to whomever: nothing says that the recipient should be this server's."""
    for submitted in messages(record):
        answer = submission_refused(submitted) if submitted.attempt.job is Job.SEND else None
        if answer is not None:
            yield answer


def refused(record: Record) -> Iterator[Refused]:
    """Every transaction that was refused: those that stop before DATA first, then real ones."""
    for tried in transactions(record):
        if (answer := envelope_refused(tried)) is not None:
            yield answer
    for submitted in messages(record):
        if (answer := submission_refused(submitted)) is not None:
            yield answer


def turned_away(record: Record) -> Iterator[tuple[Sighting[Greeting], Reply, RefusalKind]]:
    """Greetings of SMTP that refuse, once for each endpoint: what a server thinks of a client it may say at once."""
    told: set[str] = set()
    for greeting in record.seen(Greeting):
        reply, endpoint = greeting.fact.reply, greeting.attempt.endpoint
        if endpoint is None or endpoint.scheme.protocol not in (Protocol.SMTP, Protocol.LMTP) or endpoint.url in told:
            continue
        if reply is not None and (kind := refusal(reply)) is not None and greeting.evidence(reply.turn):
            told.add(endpoint.url)
            yield greeting, reply, kind
