"""Do VRFY and EXPN keep to themselves who has a mailbox?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.envelope import EnvelopePurpose, UserAsked
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import Reply, ReplyClass
from mailproof.parse.refusal import refusal_kind
from mailproof.parse.refusal_kind import RefusalKind

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

# These say that nobody is told anything now, whoever is asked about.
_OF_THE_MOMENT = frozenset(
    {
        *(RefusalKind.GREYLISTED, RefusalKind.LIMITED, RefusalKind.SERVICE_UNAVAILABLE, RefusalKind.CONFIG_PROBLEM),
        *(RefusalKind.RECIPIENT_LOOKUP_FAILED, RefusalKind.DISK_FULL, RefusalKind.HELO_REQUIRED),
        *(RefusalKind.LOGIN_REQUIRED, RefusalKind.TLS_REQUIRED, RefusalKind.CLIENT_BLOCKLISTED),
    }
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    asked: dict[tuple[int, str], dict[EnvelopePurpose, Sighting[UserAsked]]] = defaultdict(dict)
    for sighting in record.seen(UserAsked):
        asked[id(sighting.attempt), sighting.fact.command][sighting.fact.purpose] = sighting
    for answers in asked.values():
        known, unknown = answers.get(EnvelopePurpose.MAILBOX), answers.get(EnvelopePurpose.UNKNOWN)
        if known is None or unknown is None:
            yield from (Untold(NAME, "not-reached", url(sighting)) for sighting in answers.values())
        elif _tells_apart(known.fact, unknown.fact):
            evidence = known.evidence() + unknown.evidence()
            yield Finding("vrfy-reveals-users", evidence, **place(known), params={"command": known.fact.command})
        else:
            yield Passed(NAME, known.evidence() + unknown.evidence(), url(known))


def _tells_apart(known: UserAsked, unknown: UserAsked) -> bool:
    """The answer about somebody who exists is another than that about nobody, but for the name that was asked."""
    if not _is_about_users(known.reply) or not _is_about_users(unknown.reply):
        return False
    if unknown.reply.kind is ReplyClass.POSITIVE and known.reply.kind is not ReplyClass.POSITIVE:
        return False  # who confirms everybody refuses this one for a reason of its own
    return _shape(known) != _shape(unknown)


def _is_about_users(reply: Reply) -> bool:
    """Not that the command is unknown, nor that the server cannot or will not tell just now."""
    if reply.kind is ReplyClass.POSITIVE:
        return True
    refused = reply.kind in (ReplyClass.TRANSIENT, ReplyClass.PERMANENT) and reply.code[:2] not in ("42", "50", "53")
    return refused and refusal_kind(reply.code, reply.enhanced, reply.text) not in _OF_THE_MOMENT


def _shape(asked: UserAsked) -> tuple[str, str, str]:
    """Code, status and words, without the name that was asked and without numbers, which may be ids or times."""
    local, _, domain = asked.address.partition("@")
    text = re.sub(rf"<?{re.escape(local)}(@{re.escape(domain)})?>?", "~", asked.reply.text, flags=re.IGNORECASE)
    return asked.reply.code, asked.reply.enhanced, re.sub(r"\S*\d\S*", "#", text)
