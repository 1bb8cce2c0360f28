"""What several checks ask of a record: which sightings to judge, and where a finding stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Protocol as Shape
from typing import TypedDict, TypeVar

from mailproof.model.attempt import INTRUSIVE, Job, Trouble
from mailproof.model.connection import Greeting, Interrupted
from mailproof.model.endpoint import Endpoint, Protocol, TlsMode
from mailproof.model.observed import Observation
from mailproof.model.record import Attempt, Record, Sighting
from mailproof.model.reply import ReplyClass
from mailproof.model.retrieval import MailboxOpened
from mailproof.model.tls import StartTls, TlsHandshake

Seen = TypeVar("Seen", bound=Observation)

# These jobs walk again through what another has seen; judged twice, one fault would be named twice.
_REPEATING = frozenset(
    {Job.CLEAR, Job.VERIFY, Job.IMPERSONATE, Job.UIDL, Job.VERSION, Job.LOGIN, Job.SEND, Job.DELIVER, Job.FETCH}
    | set(INTRUSIVE)
)


class Located(Shape):
    """A `Sighting` of whatever observation."""

    attempt: Attempt


class Place(TypedDict):
    """The keyword arguments that say where a `Finding` was seen."""

    endpoint: str | None
    address: str


def surveyed(record: Record, kind: type[Seen]) -> Iterator[Sighting[Seen]]:
    """Every observation of this type, but for those of jobs that only repeat the way of one before.

    A login by hand, which no survey went before, is the first look at its endpoint itself.
    """
    repeating = _repeating(record.attempts)
    return (sighting for sighting in record.seen(kind) if id(sighting.attempt) not in repeating)


def first_looks(record: Record) -> set[int]:
    """By identity, the attempts that tell how an endpoint is reached: surveys, and a login that none went before."""
    repeating = _repeating(record.attempts)
    telling = (a for a in record.attempts if a.job is Job.SURVEY or a.job in _REPEATING)
    return {id(attempt) for attempt in telling if id(attempt) not in repeating}


def _repeating(attempts: Iterable[Attempt]) -> set[int]:
    """Those that dial again where another has been, by identity: two may be alike to the last byte."""
    seen: set[Endpoint | None] = set()
    repeating: set[int] = set()
    for attempt in attempts:
        if attempt.job in _REPEATING and attempt.endpoint in seen:
            repeating.add(id(attempt))
        seen.add(attempt.endpoint)
    return repeating


def alongside(sighting: Located, record: Record, kind: type[Seen]) -> list[Sighting[Seen]]:
    """The observations of `kind` that the same attempt made, in order."""
    return [other for other in record.seen(kind) if other.attempt is sighting.attempt]


def url(sighting: Located) -> str | None:
    """Of its endpoint; None for a record that holds no more than a pasted reply."""
    return sighting.attempt.endpoint.url if sighting.attempt.endpoint else None


def place(sighting: Located) -> Place:
    """Where a finding made of this sighting was seen."""
    endpoint = sighting.attempt.endpoint
    return {"endpoint": endpoint.url if endpoint else None, "address": endpoint.address if endpoint else ""}


_FIRST_WORDS = (
    (Protocol.SMTP, re.compile(r"[245]\d\d[ -]")),
    (Protocol.POP3, re.compile(r"(?:\+OK|-ERR)\b")),
    (Protocol.IMAP, re.compile(r"\* (?:OK|BYE|PREAUTH)\b", re.IGNORECASE)),
    (Protocol.SIEVE, re.compile(r'"IMPLEMENTATION"', re.IGNORECASE)),
)


def mail_protocol(text: str) -> Protocol | None:
    """Which mail protocol greets like this; None for any other text."""
    return next((protocol for protocol, pattern in _FIRST_WORDS if pattern.match(text)), None)


def is_tls_record(text: str) -> bool:
    """True for the escaped first bytes of a TLS alert or handshake (RFC 8446 section 5.1)."""
    return text.startswith(("\\x15\\x03", "\\x16\\x03"))


def died_inside_tls(record: Record) -> dict[Endpoint, Sighting[Greeting] | Sighting[Interrupted]]:
    """Endpoints whose handshake was made and whose TLS then broke, with what showed it.

    A server of TLS 1.3 judges the client's certificate, or the lack of one, only after the handshake (RFC 8446
    section 4.4.2.4): its alert is met where the first bytes were to be read.
    """
    broken: list[Sighting[Greeting] | Sighting[Interrupted]] = [
        *surveyed(record, Greeting),
        *surveyed(record, Interrupted),
    ]
    found: dict[Endpoint, Sighting[Greeting] | Sighting[Interrupted]] = {}
    for sighting in broken:
        if sighting.fact.trouble is Trouble.TLS_FAILED and sighting.attempt.endpoint is not None:
            found.setdefault(sighting.attempt.endpoint, sighting)
    return found


_CERTIFICATE_WANTED = re.compile(r"certificate.required", re.IGNORECASE)


def wants_client_certificate(sighting: Located) -> bool:
    """The alert certificate_required (RFC 8446 section 6.2) ended this attempt; no other alert is as certain."""
    failed = sighting.attempt.failed
    return (
        failed is not None
        and failed.trouble is Trouble.TLS_FAILED
        and bool(_CERTIFICATE_WANTED.search(failed.detail))
    )


def uncounted(opened: Sighting[MailboxOpened]) -> bool:
    """A `+OK` to STAT that is no answer to it: it holds no count (RFC 1939 section 5)."""
    endpoint = opened.attempt.endpoint
    pop3 = endpoint is not None and endpoint.scheme.protocol is Protocol.POP3
    return pop3 and opened.fact.reply.kind is ReplyClass.POSITIVE and opened.fact.messages is None


def speaks_tls_unasked(sighting: Located, record: Record) -> bool:
    """True if this clear-text endpoint, silent at first, answered a ClientHello on a second connection."""
    endpoint = sighting.attempt.endpoint
    if endpoint is None or endpoint.scheme.tls_mode is TlsMode.IMPLICIT:
        return False
    return any(
        (other.fact.trouble is None or bool(other.fact.alert)) and not alongside(other, record, StartTls)
        for other in surveyed(record, TlsHandshake)
        if other.attempt.endpoint == endpoint
    )
