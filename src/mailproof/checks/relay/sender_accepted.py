"""Does the server take mail from the sender that was given?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.attempt import Step
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.refused import Refused, refused

NAME = "sender-accepted"
NEEDS = (EnvelopeTried,)
KINDS = (
    FindingKind(
        "sender-rejected",
        Layer.RELAY,
        params=("sender",),
        references=("RFC 3463 section 3.2", "postconf(5) check_sender_access", "access(5)"),
    ),
    FindingKind(
        "sender-domain-unknown",
        Layer.RELAY,
        params=("sender",),
        references=("RFC 3463 section 3.2", "postconf(5) reject_unknown_sender_domain"),
    ),
    FindingKind(
        "sender-not-owned",
        Layer.RELAY,
        params=("sender",),
        references=(
            "RFC 6409 section 6.1",
            "postconf(5) smtpd_sender_login_maps",
            "postconf(5) reject_sender_login_mismatch",
        ),
    ),
)
_NAMES = {
    RefusalKind.SENDER_REJECTED: "sender-rejected",
    RefusalKind.SENDER_DOMAIN_UNKNOWN: "sender-domain-unknown",
    RefusalKind.SENDER_NOT_OWNED: "sender-not-owned",
}


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    named: set[tuple[str, str | None]] = set()
    for answer in refused(record):
        name = _NAMES.get(answer.kind) or ("sender-rejected" if _only_the_sender_was_said(answer) else None)
        where = url(answer.sighting)
        asked = answer.purpose is EnvelopePurpose.MAILBOX
        if answer.kind is RefusalKind.NEEDS_SMTPUTF8:
            yield Untold(NAME, "smtputf8-refused", where, asked, {"reply": answer.reply.line})
            continue
        evidence = answer.sighting.evidence(answer.reply.turn)
        if name is None or (name, where) in named or not evidence:
            continue
        if not (sender := answer.sighting.fact.sender):
            # The null sender is for bounces (RFC 5321 section 4.5.5): to refuse it to a user blames nobody.
            yield Untold(NAME, "no-sender", where, asked)
            continue
        named.add((name, where))
        yield Finding(name, evidence, **place(answer.sighting), params={"sender": sender})


def _only_the_sender_was_said(answer: Refused) -> bool:
    """A lasting refusal of MAIL that says nothing else is about what MAIL said."""
    stranger = answer.purpose is EnvelopePurpose.OUTSIDE and not answer.logged_in
    return answer.step is Step.MAIL and answer.kind is RefusalKind.OTHER and answer.is_permanent and not stranger
