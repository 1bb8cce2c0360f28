"""Does a host that was named answer at any port of mail?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from mailproof.checks.reach.port_open import dialled
from mailproof.model.attempt import Job, Trouble
from mailproof.model.connection import Connection
from mailproof.model.finding import Answer, Finding, FindingKind, Layer, Passed, Untold
from mailproof.model.policy import Policy
from mailproof.model.record import Record, Sighting

NAME = "host-serves-mail"
NEEDS = (Connection,)
KINDS = (
    FindingKind(
        "no-mail-server",
        Layer.REACH,
        params=("host",),
        references=("RFC 5321 section 5.1", "RFC 6186", "RFC 8314 section 7.3", "master(5)"),
    ),
)


def check(record: Record, policy: Policy) -> Iterable[Answer]:
    hosts: dict[str, list[Sighting[Connection]]] = defaultdict(list)
    for sighting in record.seen(Connection):
        if sighting.attempt.job is Job.SURVEY and sighting.attempt.endpoint is not None:
            hosts[sighting.endpoint.host].append(sighting)
    for host, connections in hosts.items():
        if any(s.endpoint.promised for s in connections):
            continue  # each port that was promised is judged by itself: `port-closed`
        answered = [s for s in connections if s.fact.trouble is None]
        met = [s for s in connections if s.fact.trouble not in (None, Trouble.LOCAL, Trouble.PROXY)]
        if answered:
            yield Passed(NAME, dialled(answered[0]))
        elif met:
            yield Finding("no-mail-server", tuple(e for s in met for e in dialled(s)), params={"host": host})
        else:
            fact = connections[0].fact
            if fact.trouble is Trouble.PROXY:
                params = {"proxy": fact.proxy, "detail": fact.detail}
                yield Untold(NAME, "proxy-in-the-way", asked=True, params=params)
            else:
                yield Untold(NAME, "local-trouble", asked=True, params={"detail": fact.detail})
