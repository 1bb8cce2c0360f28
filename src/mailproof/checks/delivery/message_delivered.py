"""Is an accepted message found in the mailbox, within the time?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import alongside, place, url
from mailproof.model.attempt import Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.envelope import Submitted
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Param, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting
from mailproof.model.reply import ReplyClass
from mailproof.model.retrieval import Retrieved
from mailproof.parse.refused import messages

NAME = "message-delivered"
NEEDS = (Submitted, Retrieved)
KINDS = (
    FindingKind(
        "not-delivered",
        Layer.DELIVERY,
        params=("queue_id", "seconds"),
        references=("RFC 5321 section 6.1", "postqueue(1)", "Postfix DEBUG_README", "Dovecot manual: LMTP server"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in messages(record):
        final = sighting.fact.final
        if final is None or final.kind is not ReplyClass.POSITIVE:
            continue  # never accepted: other checks say why
        searches = [s for s in record.seen(Retrieved) if s.fact.token == sighting.fact.token]
        accepted = sighting.evidence(final.turn)
        found = next((s for s in searches if s.fact.found), None)
        missed = [s for s in searches if _was_looked_for(s, record)]
        if found is not None:
            yield Passed(NAME, accepted + found.evidence(), url(found))
        elif missed:
            evidence = accepted + missed[-1].evidence()
            seconds = round(max(s.fact.seconds for s in missed), 1)
            params: dict[str, Param] = {"queue_id": sighting.fact.queue_id or "-", "seconds": seconds}
            yield Finding("not-delivered", evidence, **place(sighting), params=params)
        else:
            yield Untold(NAME, "mailbox-not-read", url(sighting), asked=True)


def _was_looked_for(search: Sighting[Retrieved], record: Record) -> bool:
    """The mailbox was opened, or the server of a logged-in user could not open it."""
    logins = alongside(search, record, LoginTried)
    if logins and not any(login.fact.accepted for login in logins):
        return False
    return search.fact.trouble in (None, Trouble.REJECTED)
