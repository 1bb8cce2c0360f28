"""What a report means for one recipient: the refusal of the other server, else what its own server says, else the
status.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mailproof.model.attempt import Step
from mailproof.model.bounce import Statement, Undelivered
from mailproof.parse.hindrance import Hindrance, hindrance, said_of_itself
from mailproof.parse.login_refusal import login_refusal_kind
from mailproof.parse.refusal import refusal_in_words, refusal_kind
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.statuses import status_meaning

UNKNOWN = "unknown"
VAGUE = frozenset((str(RefusalKind.UNROUTABLE), str(RefusalKind.SERVICE_UNAVAILABLE)))
"""What the network statuses of RFC 3463 mean without words: the words of another line say more."""


class Meant(NamedTuple):
    name: str
    """Of a finding, or of another meaning in `RefusalKind` and `Hindrance`; `unknown`."""
    said: Statement | None = None
    """What it was taken from; None where it was the status alone."""


def meaning(about: Undelivered) -> Meant:
    """The cause, as exactly as the report lets it be known."""
    replies = [(each, reply_meaning(each, _step(each, about.said))) for each in about.said if each.code]
    for said, name in replies:
        if name and name not in VAGUE:
            return Meant(name, said)
    own = [(each, hindrance(each.text), hindrance(each.text, "", each.enhanced)) for each in about.said]
    for each in about.said:
        # The words of another server, of which the notice leaves the code out: Mimecast, Exchange of old.
        if not each.code and each.enhanced and hindrance(each.text) is None:
            refused = refusal_in_words(f"{each.enhanced[0]}50", each.enhanced, each.text, each.step)
            if refused is not None and str(refused) not in VAGUE:
                return Meant(str(refused), each)
    for kinds in (1, 2):
        # That it was tried too long stands beside the reason, where there is one.
        for row in own:
            if (kind := row[kinds]) is not None and kind is not Hindrance.EXPIRED:
                return Meant(str(kind), row[0])
    for said, _, kind in own:
        if kind is not None:
            return Meant(str(kind), said)
    for said, name in replies:
        if name:
            return Meant(name, said)
    first = next(iter(about.said), None)
    if (by_status := hindrance("", "", about.status)) is not None:
        return Meant(str(by_status), first)
    if (registered := status_meaning(about.status)) is not None:
        return Meant(str(registered), first)
    return Meant(UNKNOWN, first)


def reply_meaning(said: Statement, step: Step | None) -> str:
    """Name of what a reply means; empty where the table does not know it."""
    if step is Step.AUTH:
        kind = str(login_refusal_kind(said.code, said.enhanced, said.text))
        return "" if kind == "other" else kind
    if (own := said_of_itself(said.enhanced, said.text)) is not None:
        return str(own)
    meant = refusal_kind(said.code, said.enhanced, said.text, step)
    return "" if meant is RefusalKind.OTHER else str(meant)


def _step(said: Statement, others: Iterable[Statement]) -> Step | None:
    """The report for programs has the reply, the text for people also says to which command."""
    if said.step is not None:
        return said.step
    return next((each.step for each in others if each.step is not None and each.code == said.code), None)
