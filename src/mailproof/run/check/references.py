"""Where port 25 stays silent: is it the server's, or does nothing get out of this network to any port 25?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from mailproof.model.attempt import Job, Skipped, Trouble
from mailproof.model.connection import Connection
from mailproof.model.endpoint import Endpoint, Scheme
from mailproof.model.record import Attempt
from mailproof.net.interface import Driver
from mailproof.probes.reference import reference
from mailproof.probes.terms import Terms
from mailproof.run.endpoints import Resolver, Wanted

_SUBMISSION = (Scheme.SUBMISSION, Scheme.SUBMISSIONS)


async def references(
    net: Driver, hosts: Sequence[str], wanted: Wanted, terms: Terms, surveyed: Sequence[Attempt]
) -> list[Attempt]:
    """Connections to port 25 of these hosts, if port 25 of a surveyed one was silent; otherwise none.

    Where no submission port was surveyed, those of the silent host are dialled too: they tell whether anything gets
    out at all.
    """
    silent = [attempt.endpoint for attempt in surveyed if attempt.endpoint and _silent_25(attempt)]
    if not hosts or not silent:
        return []
    made: list[Attempt] = []
    resolver = Resolver(net, msgspec.structs.replace(wanted, name=""))
    for host in hosts:
        places = await resolver.at(host, Scheme.SMTP)
        if not places:
            skipped = Skipped("port-open", "reference-not-found", asked=True, params={"host": host})
            made.append(Attempt(Job.REFERENCE, skipped=(skipped,)))
        made += [await reference(net, place, terms) for place in places]
    if not any(attempt.endpoint and attempt.endpoint.scheme in _SUBMISSION for attempt in surveyed):
        made += [await reference(net, place, terms) for place in _submission_of(silent)]
    return made


def _silent_25(attempt: Attempt) -> bool:
    on_25 = attempt.job is Job.SURVEY and attempt.endpoint is not None and attempt.endpoint.port == 25
    return on_25 and any(
        isinstance(fact, Connection) and fact.trouble is Trouble.TIMEOUT for fact in attempt.observations
    )


def _submission_of(places: Iterable[Endpoint]) -> list[Endpoint]:
    return [
        msgspec.structs.replace(place, scheme=scheme, port=scheme.default_port, promised=False)
        for place in places
        for scheme in _SUBMISSION
    ]
