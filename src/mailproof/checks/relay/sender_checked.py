"""May a stranger, or a user who has logged in, name somebody else as the sender?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.envelope import SenderClaimed
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import ReplyClass
from mailproof.parse.refusal import refusal
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.vantage import Vantage, vantage

NAME = "sender-checked"
NEEDS = (SenderClaimed,)
KINDS = (
    FindingKind(
        "sender-not-checked",
        Layer.RELAY,
        params=("sender", "user"),
        references=(
            "RFC 6409 section 6.1",
            "postconf(5) smtpd_sender_login_maps",
            "postconf(5) reject_authenticated_sender_login_mismatch",
        ),
    ),
    FindingKind(
        "own-domain-can-be-forged",
        Layer.RELAY,
        params=("sender",),
        references=(
            "RFC 5321 section 7.1",
            "RFC 7208 section 8.4",
            "RFC 7489 section 6.6",
            "postconf(5) reject_unauthenticated_sender_login_mismatch",
        ),
    ),
)

# What says that this sender is not for this client.
_ABOUT_THE_SENDER = frozenset(
    {
        *(RefusalKind.SENDER_NOT_OWNED, RefusalKind.SENDER_NOT_LOGGED_IN, RefusalKind.SENDER_REJECTED),
        *(RefusalKind.MESSAGE_UNAUTHENTICATED, RefusalKind.LOGIN_REQUIRED),
    }
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in record.seen(SenderClaimed):
        fact, evidence = sighting.fact, sighting.evidence()
        if not evidence:
            continue
        if not fact.accepted:
            yield _refused(sighting)
        elif fact.user:
            params = {"sender": fact.sender, "user": fact.user}
            yield Finding("sender-not-checked", evidence, **place(sighting), params={**params})
        elif vantage(fact.client, sighting.endpoint.address, record.vantage) is Vantage.OUTSIDE:
            yield Finding("own-domain-can-be-forged", evidence, **place(sighting), params={"sender": fact.sender})
        else:  # who is trusted by his address may say what he likes
            yield Untold(NAME, "not-from-here", url(sighting), params={"client": fact.client})


def _refused(sighting: Sighting[SenderClaimed]) -> Answer:
    fact = sighting.fact
    reply = fact.rcpt or fact.mail
    kind = refusal(reply)
    # To refuse what nobody has (Postfix: smtpd_reject_unlisted_sender) says nothing of what somebody has.
    unlisted = "unknown" in reply.text.lower()
    only_the_sender = fact.rcpt is None and kind is RefusalKind.OTHER and reply.kind is ReplyClass.PERMANENT
    if (kind in _ABOUT_THE_SENDER and not unlisted) or only_the_sender:
        return Passed(NAME, sighting.evidence(), url(sighting))
    return Untold(NAME, "refused-for-another-reason", url(sighting), params={"reply": reply.line})
