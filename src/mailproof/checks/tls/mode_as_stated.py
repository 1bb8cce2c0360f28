"""Does TLS begin when the scheme says it does?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import is_tls_record, mail_protocol, place, speaks_tls_unasked, surveyed, url
from mailproof.model.attempt import Step, Trouble
from mailproof.model.connection import Greeting, Interrupted
from mailproof.model.endpoint import TlsMode
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.tls import TlsHandshake

NAME = "tls-mode-as-stated"
NEEDS = (Greeting, TlsHandshake)
KINDS = (
    FindingKind(
        "implicit-tls-missing",
        Layer.TLS,
        explains=(Explains("tls-handshake-failed"), Explains("auth-not-offered")),
        references=("RFC 8314 section 3", "postconf(5) smtpd_tls_wrappermode", "Dovecot inet_listener ssl"),
    ),
    FindingKind(
        "implicit-tls-unexpected",
        Layer.TLS,
        explains=(Explains("no-greeting"), Explains("closed-unexpectedly"), Explains("no-reply")),
        references=("RFC 8314 section 3.3", "RFC 3207", "postconf(5) smtpd_tls_wrappermode"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for handshake in surveyed(record, TlsHandshake):
        endpoint = handshake.attempt.endpoint
        if endpoint is None or endpoint.scheme.tls_mode is not TlsMode.IMPLICIT or not handshake.evidence():
            continue
        if handshake.fact.trouble is None:
            yield Passed(NAME, handshake.evidence(), url(handshake))
        elif mail_protocol(handshake.fact.clear_text) is not None:
            yield Finding("implicit-tls-missing", handshake.evidence(), **place(handshake))
    for attempt_id, silent in _waiting(record).items():
        shows = [
            piece
            for other in surveyed(record, TlsHandshake)
            if other.attempt.endpoint == silent.attempt.endpoint and id(other.attempt) != attempt_id
            for piece in other.evidence()
        ]
        if silent.evidence():
            yield Finding("implicit-tls-unexpected", silent.evidence() + tuple(shows), **place(silent))


def _waiting(record: Record) -> dict[int, Sighting[Greeting] | Sighting[Interrupted]]:
    """Sessions in clear text in which the server waited for a ClientHello, by attempt."""
    found: dict[int, Sighting[Greeting] | Sighting[Interrupted]] = {}
    for greeting in surveyed(record, Greeting):
        fact = greeting.fact
        silent = fact.trouble is Trouble.TIMEOUT and speaks_tls_unasked(greeting, record)
        if silent or (fact.trouble is not None and fact.reply is not None and is_tls_record(fact.reply.line)):
            found[id(greeting.attempt)] = greeting
    for broken in surveyed(record, Interrupted):
        silent = broken.fact.step is Step.GREETING and broken.fact.trouble is Trouble.TIMEOUT
        if silent and speaks_tls_unasked(broken, record):
            found.setdefault(id(broken.attempt), broken)
    return found
