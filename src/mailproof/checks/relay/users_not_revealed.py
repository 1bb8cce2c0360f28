"""Do VRFY and EXPN keep to themselves who has a mailbox?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.observation import EnvelopePurpose, Reply, ReplyClass, UserAsked
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.parse.refusal import RefusalKind, refusal_kind

NAME = "users-not-revealed"
NEEDS = (UserAsked,)
KINDS = (
    FindingKind(
        "vrfy-reveals-users",
        Layer.RELAY,
        params=("command",),
        references=("RFC 5321 section 3.5.3", "RFC 5321 section 7.3", "postconf(5) disable_vrfy_command"),
        gathered=("command",),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    asked: dict[tuple[int, str], dict[EnvelopePurpose, Sighting[UserAsked]]] = defaultdict(dict)
    for sighting in record.seen(UserAsked):
        asked[id(sighting.attempt), sighting.fact.command][sighting.fact.purpose] = sighting
    for answers in asked.values():
        known, unknown = answers.get(EnvelopePurpose.MAILBOX), answers.get(EnvelopePurpose.UNKNOWN)
        if known is None or unknown is None:
            yield from (Untold(NAME, "not-reached", url(sighting)) for sighting in answers.values())
        elif known.fact.reply.kind is ReplyClass.POSITIVE and _denies(unknown.fact.reply):
            evidence = known.evidence() + unknown.evidence()
            yield Finding("vrfy-reveals-users", evidence, **place(known), params={"command": known.fact.command})
        else:
            yield Passed(NAME, known.evidence() + unknown.evidence(), url(known))


def _denies(reply: Reply) -> bool:
    """The user is unknown: not that the command is, nor that it is for others."""
    if reply.kind is not ReplyClass.PERMANENT or reply.code[:2] == "50":
        return False
    kind = refusal_kind(reply.code, reply.enhanced, reply.text)
    return kind is RefusalKind.RECIPIENT_UNKNOWN or reply.code in ("550", "551", "553")
