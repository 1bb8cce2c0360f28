"""Which places of a target are one service, so that one of them is enough: for the commands by hand."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mailproof.model.attempt import Job, Skipped
from mailproof.model.endpoint import Endpoint, Scheme, Target, TargetKind
from mailproof.model.record import Attempt

HANDED_IN = (Scheme.SUBMISSION, Scheme.SUBMISSIONS)
"""Where users hand mail in (RFC 6409, RFC 8314)."""
READ = (Scheme.IMAPS, Scheme.IMAP, Scheme.POP3S, Scheme.POP3)
"""Where they read it (RFC 8314)."""
WITH_FOLDERS = (Scheme.IMAPS, Scheme.IMAP)
"""Where they have more than one mailbox to read."""
EXCHANGED = (Scheme.SMTP,)
"""Where other servers hand it over; the exchangers of a domain in their order."""


def services(target: Target, places: Sequence[Endpoint], schemes: Sequence[Scheme]) -> list[list[Endpoint]]:
    """The addresses of each service together, IPv6 first (RFC 6724).

    Of a host or domain those of these schemes, in this order; of a URL the one that it names. What is asked for by
    hand is no guess: a port that does not answer is told.
    """
    wanted = [msgspec.structs.replace(place, promised=True) for place in places]
    if target.kind is not TargetKind.URL:
        wanted = [place for scheme in schemes for place in wanted if place.scheme is scheme]
    found: dict[tuple[Scheme, str, int, str | None], list[Endpoint]] = {}
    for place in wanted:
        found.setdefault((place.scheme, place.host, place.port, place.path), []).append(place)
    return [sorted(group, key=lambda place: ":" not in place.address) for group in found.values()]


def not_named(job: Job, what: str, place: Endpoint) -> Attempt:
    """What is told of a place where no secret goes: only DNS has named its host."""
    params = {"host": place.host, "url": place.url}
    return Attempt(job, place, skipped=(Skipped(what, "host-not-named", place.url, asked=True, params=params),))
