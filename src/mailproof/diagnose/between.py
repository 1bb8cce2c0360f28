"""Two runs of `ports` from two places, held beside each other: does the host block, or the network between?

A run from the machine itself sees what listens; one from elsewhere sees what comes through. A packet to oneself goes
over loopback, whatever address it has, and there packet filters let nearly everything pass: so silence from outside
alone does not tell the host's own filter from the network's. An ICMP error does, by its sender.
"""

from __future__ import annotations

from mailproof.model.port import HostSeen, PortSeen, PortsResult, PortState, Service, Teller
from mailproof.model.port_compared import Blame, HostCompared, PortCompared


def compare(here: PortsResult, there: PortsResult) -> tuple[HostCompared, ...]:
    """The hosts that both runs have, by name or address; two runs of one host each are taken for the same host.

    An address of this run may meet another address of the other: 127.0.0.1 is what the server calls itself.
    """
    compared = [
        HostCompared(_shown(one), _shown(other), one.vantage, other.vantage, _ports(one, other))
        for one in here.hosts
        if (other := _partner(one, here, there)) is not None
    ]
    return tuple(compared)


def _partner(one: HostSeen, here: PortsResult, there: PortsResult) -> HostSeen | None:
    usable = [each for each in there.hosts if each.address]
    if not one.address:
        return None
    for test in (
        lambda each: each.address == one.address and each.host == one.host,
        lambda each: each.address == one.address,
        lambda each: each.host == one.host and (":" in each.address) is (":" in one.address),
        lambda each: each.host == one.host,
    ):
        if found := next(filter(test, usable), None):
            return found
    one_each = len({each.host for each in here.hosts}) == 1 and len({each.host for each in usable}) == 1
    return usable[0] if one_each else None


def _shown(host: HostSeen) -> str:
    return host.address if host.host == host.address else f"{host.host} ({host.address})"


def _ports(one: HostSeen, other: HostSeen) -> tuple[PortCompared, ...]:
    theirs = {seen.port: seen for seen in other.ports}
    found = []
    for seen in one.ports:
        if (beside := theirs.get(seen.port)) is not None:
            blocks, why, sender = _judged(seen, beside, one, other)
            found.append(PortCompared(seen.port, seen.state, beside.state, blocks, why, sender))
    return tuple(found)


Verdict = tuple[Blame, str, str]


def _judged(seen: PortSeen, beside: PortSeen, one: HostSeen, other: HostSeen) -> Verdict:
    if PortState.UNTRIED in (seen.state, beside.state):
        return Blame.UNTOLD, "not-tried", ""
    if seen.state is beside.state is PortState.OPEN:
        if _are_two_services(seen, beside):
            return Blame.NETWORK, "another-service", ""
        return Blame.NOBODY, "open", ""
    if one.is_from_itself and not other.is_from_itself:
        return _inside_and_outside(seen, beside, one, other)
    if other.is_from_itself and not one.is_from_itself:
        return _inside_and_outside(beside, seen, other, one)
    if one.is_from_itself:
        return _from_itself_twice(seen, beside)
    return _from_two_places(seen, beside, one, other)


def _are_two_services(seen: PortSeen, beside: PortSeen) -> bool:
    untold = (None, Service.SILENT, Service.UNKNOWN)
    return seen.service not in untold and beside.service not in untold and seen.service is not beside.service


def _inside_and_outside(inside: PortSeen, outside: PortSeen, itself: HostSeen, beyond: HostSeen) -> Verdict:
    if inside.state is PortState.FILTERED:
        return Blame.HOST, "own-filter", ""
    if inside.state is PortState.CLOSED:
        if outside.state is PortState.OPEN:
            return Blame.NETWORK, "another-machine", ""
        why = "nothing-listens" if outside.state is PortState.CLOSED else "nothing-listens-and-filtered"
        return Blame.HOST, why, ""
    if outside.icmp is not None:
        return _by_sender(outside, beyond)
    if outside.state is PortState.FILTERED:
        return Blame.HOST_OR_NETWORK, "dropped", ""
    if itself.vantage == "loopback":
        return Blame.HOST, "loopback-only", ""
    return Blame.HOST_OR_NETWORK, "reset-on-the-way", ""


def _by_sender(filtered: PortSeen, host: HostSeen) -> Verdict:
    sender = filtered.icmp.sender if filtered.icmp is not None else ""
    if sender == host.address:
        return Blame.HOST, "host-rejects", sender
    return Blame.NETWORK, "router-rejects", sender


def _from_itself_twice(seen: PortSeen, beside: PortSeen) -> Verdict:
    if PortState.OPEN in (seen.state, beside.state):
        return Blame.HOST, "one-address-only", ""
    if PortState.FILTERED in (seen.state, beside.state):
        return Blame.HOST, "own-filter", ""
    return Blame.HOST, "nothing-listens", ""


def _from_two_places(seen: PortSeen, beside: PortSeen, one: HostSeen, other: HostSeen) -> Verdict:
    blocked, place = (seen, one) if seen.state is not PortState.OPEN else (beside, other)
    if PortState.OPEN in (seen.state, beside.state):
        if blocked.icmp is not None:
            return _by_sender(blocked, place)
        why = "dropped-on-one-way" if blocked.teller is Teller.TIMEOUT else "reset-on-one-way"
        return Blame.NETWORK, why, ""
    for each, host in ((seen, one), (beside, other)):
        if each.icmp is not None:
            return _by_sender(each, host)
    if seen.state is beside.state is PortState.CLOSED:
        return Blame.HOST, "nothing-listens-seen-twice", ""
    if PortState.CLOSED in (seen.state, beside.state):
        return Blame.HOST, "nothing-listens-and-filtered", ""
    return Blame.UNTOLD, "silent-everywhere", ""
