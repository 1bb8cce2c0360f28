"""Does a server that offers IDLE tell of a new message while a client listens?"""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.checks.survey import place, url
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record
from mailproof.model.retrieval import Idled, IdleOutcome

NAME = "new-mail-told"
NEEDS = (Idled,)
KINDS = (
    FindingKind(
        "idle-silent",
        Layer.RETRIEVAL,
        params=("seconds",),
        references=("RFC 2177", "RFC 9051 section 6.3.13", "Dovecot manual: inotify", "inotify(7)"),
    ),
)

_LONG_ENOUGH = 5.0
"""Seconds of listening that mean something: Dovecot and Cyrus tell within one, where the kernel tells them."""


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    for sighting in record.seen(Idled):
        idled = sighting.fact
        if idled.outcome is IdleOutcome.TOLD:
            yield Passed(NAME, sighting.evidence(), url(sighting))
        elif idled.outcome in (IdleOutcome.REFUSED, IdleOutcome.ENDED):
            reply = idled.reply.line if idled.reply else ""
            yield Untold(NAME, "idle-refused", url(sighting), params={"reply": reply})
        elif idled.found and idled.seconds >= _LONG_ENOUGH:
            seconds = round(idled.seconds, 1)
            yield Finding("idle-silent", sighting.evidence(), **place(sighting), params={"seconds": seconds})
