"""Does the server take mail for the mailbox that should exist?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.attempt import Job, Step
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried, Submitted
from mailproof.model.finding import Answer, Explains, Finding, FindingKind, Layer, Passed, Scope, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.reply import ReplyClass
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.refused import Refused, envelope_refused, refused, transactions, wants_login

NAME = "mailbox-accepted"
NEEDS = (EnvelopeTried,)
KINDS = (
    FindingKind(
        "own-domain-rejected",
        Layer.RELAY,
        params=("recipient",),
        # A port of submission takes the message all the same, and sends it elsewhere.
        explains=tuple(
            Explains(name, Scope.SERVER) for name in ("delivery-bounced", "delivery-deferred", "not-delivered")
        ),
        references=(
            "postconf(5) mydestination",
            "postconf(5) virtual_mailbox_domains",
            "postconf(5) relay_domains",
            "Postfix ADDRESS_CLASS_README",
        ),
    ),
    FindingKind(
        "recipient-unknown",
        Layer.RELAY,
        params=("recipient",),
        # A port of submission takes the message all the same, and sends it back.
        explains=(Explains("delivery-bounced", Scope.SERVER),),
        references=("RFC 3463 section 3.2", "postconf(5) virtual_mailbox_maps", "postconf(5) local_recipient_maps"),
    ),
    FindingKind(
        "recipient-lookup-failed",
        Layer.RELAY,
        params=("recipient",),
        gathered=("recipient",),  # the table that does not answer is one, whoever is looked up
        explains=(Explains("server-config-problem"),),
        references=("RFC 3463 section 3.4", "Postfix DATABASE_README", "postmap(1)"),
    ),
    FindingKind(
        "mailbox-full",
        Layer.RELAY,
        params=("recipient",),
        explains=tuple(
            Explains(name, Scope.SERVER) for name in ("not-delivered", "delivery-bounced", "delivery-deferred")
        ),
        references=("RFC 3463 section 3.3", "RFC 5321 section 4.5.3.1.9", "Dovecot manual: quota"),
    ),
    FindingKind(
        "recipient-rejected",
        Layer.RELAY,
        params=("recipient",),
        references=("RFC 5321 section 4.2.2", "postconf(5) smtpd_recipient_restrictions"),
    ),
)
_NAMES = {
    RefusalKind.RELAY_DENIED: "own-domain-rejected",
    RefusalKind.RECIPIENT_UNKNOWN: "recipient-unknown",
    RefusalKind.RECIPIENT_LOOKUP_FAILED: "recipient-lookup-failed",
    RefusalKind.MAILBOX_FULL: "mailbox-full",
    RefusalKind.RECIPIENT_DOMAIN_UNKNOWN: "recipient-rejected",
    RefusalKind.RECIPIENT_REJECTED: "recipient-rejected",
    RefusalKind.CLIENT_REJECTED: "recipient-rejected",
    RefusalKind.MAILBOX_DISABLED: "recipient-rejected",
    RefusalKind.UNROUTABLE: "recipient-rejected",
    RefusalKind.MAIL_LOOP: "recipient-rejected",
    RefusalKind.LOGIN_REQUIRED: "own-domain-rejected",
    RefusalKind.OTHER: "recipient-rejected",
}
"""The rest is no fault of this mailbox; checks of their own name it."""


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in transactions(record):
        tried, endpoint = sighting.fact, sighting.attempt.endpoint
        elsewhere = envelope_refused(sighting) if tried.purpose is not EnvelopePurpose.MAILBOX else None
        if elsewhere is not None and _is_the_servers_lookup(elsewhere):
            yield _named(elsewhere, tried.recipient)
        if tried.purpose is not EnvelopePurpose.MAILBOX or not tried.recipient:
            continue  # without a recipient MAIL alone was tried
        if endpoint is not None and endpoint.scheme.is_submission and not tried.logged_in:
            continue  # there it is right to refuse
        answer = envelope_refused(sighting)
        if answer is not None:
            yield _named(answer, tried.recipient)
        elif tried.rcpt is not None and tried.rcpt.kind is ReplyClass.POSITIVE:
            yield Passed(NAME, sighting.evidence(tried.rcpt.turn), url(sighting))
        else:
            yield Untold(NAME, "not-reached", url(sighting), asked=True)
    for answer in refused(record):
        fact = answer.sighting.fact
        if answer.sighting.attempt.job is Job.SEND and _says_not_mine(answer):
            continue
        if isinstance(fact, Submitted) and (answer.step is Step.RCPT or answer.kind is RefusalKind.MAILBOX_FULL):
            yield _named(answer, fact.recipient)


def _says_not_mine(answer: Refused) -> bool:
    """Of a message that somebody sent by hand, to whomever: it need not be for this server's own domain."""
    return answer.kind in (RefusalKind.RELAY_DENIED, RefusalKind.LOGIN_REQUIRED) or (
        not answer.logged_in and wants_login(answer)
    )


def _is_the_servers_lookup(answer: Refused) -> bool:
    """A table of its own that does not answer, which is no matter of the recipient (RFC 3463: X.3.Z, the system)."""
    return answer.kind is RefusalKind.RECIPIENT_LOOKUP_FAILED and answer.reply.enhanced.startswith("4.3.")


def _named(answer: Refused, recipient: str) -> Answer:
    name = _NAMES.get(answer.kind)
    evidence = answer.sighting.evidence(answer.reply.turn)
    vague = name == "recipient-rejected" and (answer.step is Step.MAIL or not answer.is_permanent)
    if name is None or vague or not evidence:
        params = {"reply": answer.reply.line}
        return Untold(NAME, "refused-for-another-reason", url(answer.sighting), asked=True, params=params)
    return Finding(name, evidence, **place(answer.sighting), params={"recipient": recipient})
