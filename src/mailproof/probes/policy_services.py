"""Looks at the policy services that a Postfix asks: does one leave it without an answer?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailproof.host.interface import Host
from mailproof.model.configuration import PostfixFiles
from mailproof.model.policy_service import PolicyServiceSeen
from mailproof.parse.machine.listeners import listeners
from mailproof.parse.machine.unanswered import listens_at_path, unanswered_at_path, unanswered_at_port
from mailproof.parse.postfix.daemons import daemons
from mailproof.parse.postfix.parameters import MainFile
from mailproof.parse.postfix.restrictions import policy_services

# More than any configuration has; each is asked about with a command.
_MOST = 20
_HERE = ("", "localhost", "127.0.0.1", "[::1]")
_LISTENERS = ("ss", "-H", "-ltnp")
_INET = re.compile(r"inet:(?:(?P<host>\[[^\]\s]{1,80}\]|[^:\s\[\]]{0,255}):)?(?P<port>\d{1,5})")


def policy_services_seen(host: Host, postfix: PostfixFiles) -> Iterator[PolicyServiceSeen]:
    """Each that a configuration on this host names, with what waits there now. Nobody is asked anything."""
    if not postfix.here:
        return
    mains = [main for _, main in daemons(postfix)]
    places = dict.fromkeys(place for main in mains for place in _named(main))
    for place in list(places)[:_MOST]:
        yield _seen(host, place, mains[0].value("queue_directory").text)


def _named(main: MainFile) -> Iterator[str]:
    for name, setting in main.settings.items():
        if "check_policy_service" in setting.value.lower():
            yield from policy_services(main.value(name).text)


def _seen(host: Host, place: str, queue: str) -> PolicyServiceSeen:
    if inet := _INET.fullmatch(place):
        name, port = inet["host"] or "", int(inet["port"])
        printed = host.answer(("ss", "-H", "-tnpi", "dport", "=", f":{port}"))
        listening = host.answer(_LISTENERS) if name in _HERE else None
        listens = None if listening is None else any(each.port == port for each in listeners(listening))
        return PolicyServiceSeen(place, tuple(unanswered_at_port(printed or "", name, port)), listens)
    kind, _, path = place.partition(":")
    if kind != "unix" or not path:
        return PolicyServiceSeen(place)
    # Who serves it may have named it from the queue directory, as master(8) does, or in full.
    names = dict.fromkeys((path, path if path.startswith("/") else f"{queue.rstrip('/')}/{path}"))
    told = {name: host.answer(("ss", "-H", "-xap", "src", name)) for name in names}
    waiting = (each for name, printed in told.items() for each in unanswered_at_path(printed or "", name))
    listens = any(listens_at_path(printed or "", name) for name, printed in told.items())
    return PolicyServiceSeen(place, tuple(waiting), listens if None not in told.values() else None)
