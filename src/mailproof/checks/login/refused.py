"""The logins that a server refused, and what it meant by it."""

from __future__ import annotations

from collections.abc import Iterator

from mailproof.model.authentication import LoginTried
from mailproof.model.evidence import Evidence
from mailproof.model.record import Record, Sighting
from mailproof.parse.login_refusal import LoginRefusal, login_refusal


def refused(record: Record) -> Iterator[tuple[Sighting[LoginTried], LoginRefusal, tuple[Evidence, ...]]]:
    """Each with the refusal as evidence; one that cannot be shown is left out."""
    for sighting in record.seen(LoginTried):
        refusal, reply = login_refusal(sighting.fact), sighting.fact.reply
        if refusal is not None and reply is not None and (evidence := sighting.evidence(reply.turn)):
            yield sighting, refusal, evidence
