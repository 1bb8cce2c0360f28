"""The ports of many hosts, paced: every address of every name, a few at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from mailproof import __version__
from mailproof.model.port import HostSeen, PortSeen, PortsResult
from mailproof.net.interface import Driver
from mailproof.parse.vantage import address, vantage
from mailproof.probes.port import Place, PortTerms, look
from mailproof.probes.terms import Terms
from mailproof.run.way import with_way_out

DEFAULT = (22, 25, 80, 110, 113, 143, 443, 465, 587, 993, 995, 4190)
"""The ports of mail, and those that one meets beside them."""

# As many connections at once as nmap makes at most of its own accord (--max-parallelism grows with what answers).
_AT_ONCE = 100
# A proxy serves others, too: a fifth of what tinyproxy takes by default (MaxClients 100).
_AT_ONCE_THROUGH_A_PROXY = 20


class PortsPlan(msgspec.Struct, frozen=True):
    hosts: tuple[str, ...]
    """Names and addresses, without brackets."""
    ports: tuple[int, ...] = DEFAULT
    families: tuple[str, ...] = ("A", "AAAA")
    terms: PortTerms = PortTerms()
    name: str = ""
    """To present in TLS instead of the host."""
    rate: float = 50.0
    """New connections in a second, at most."""


async def scan(
    net: Driver,
    plan: PortsPlan,
    started: datetime,
    towards: Callable[[str], str],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> PortsResult:
    """Each address in the order of the hosts; `towards` says from which address of ours one goes to another.

    `progress` is told after each port how many of how many are done.
    """
    begun = net.now()
    plan = await _with_way_out(net, plan)
    places: list[tuple[str, str]] = []
    for host in plan.hosts:
        places += [(host, found) for found in await _addresses(net, host, plan)] or [(host, "")]
    places = list(dict.fromkeys(places))
    seen = await _Scan(net, plan, progress).of([place for place in places if place[1]])
    proxy = plan.terms.proxy
    if proxy is None:
        locals_ = {found: plan.terms.source or towards(found) for _, found in places if found}
    else:
        locals_ = {place[1]: next(filter(None, (each.outer for each in ports)), "") for place, ports in seen.items()}
    hosts = tuple(
        HostSeen(
            host,
            found,
            str(vantage(locals_[found], found, locals_.values())) if locals_.get(found) else "unknown",
            locals_.get(found, ""),
            seen.get((host, found), ()),
            proxy.url if proxy is not None else "",
        )
        for host, found in places
    )
    return PortsResult(__version__, started, round(net.now() - begun, 3), hosts)


async def _with_way_out(net: Driver, plan: PortsPlan) -> PortsPlan:
    """The same with the addresses of the proxy, looked up once."""
    terms = plan.terms
    if terms.proxy is None:
        return plan
    way = await with_way_out(net, Terms(timeout=terms.timeout, source=terms.source, proxy=terms.proxy))
    return msgspec.structs.replace(plan, terms=msgspec.structs.replace(terms, proxy=way.proxy))


async def _addresses(net: Driver, host: str, plan: PortsPlan) -> list[str]:
    if address(host) is not None:
        return [host]
    found: list[str] = []
    for family in plan.families:
        found += (await net.resolve(host, family, net.now() + 2 * plan.terms.timeout)).answers
    return [each for each in dict.fromkeys(found) if address(each) is not None]


class _Scan:
    def __init__(self, net: Driver, plan: PortsPlan, progress: Callable[[int, int], None]) -> None:
        self._net = net
        self._plan = plan
        self._progress = progress
        self._next = net.now()
        self._done = 0

    async def of(self, places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[PortSeen, ...]]:
        """The hosts take turns, so that no host is asked about all its ports in a row."""
        waiting = deque((place, port) for port in self._plan.ports for place in places)
        total = len(waiting)
        found: dict[tuple[str, str], list[PortSeen]] = {place: [] for place in places}

        async def work() -> None:
            while waiting:
                (host, dialled), port = waiting.popleft()
                await self._turn()
                place = Place(host, dialled, port, self._plan.name)
                found[host, dialled].append(await look(self._net, place, self._plan.terms))
                self._done += 1
                self._progress(self._done, total)

        at_once = _AT_ONCE if self._plan.terms.proxy is None else _AT_ONCE_THROUGH_A_PROXY
        for worker in [self._net.spawn(work()) for _ in range(min(at_once, total))]:
            await worker.wait()
        order = {port: number for number, port in enumerate(self._plan.ports)}
        return {place: tuple(sorted(seen, key=lambda each: order[each.port])) for place, seen in found.items()}

    async def _turn(self) -> None:
        """Wait until the next connection may be made."""
        now = self._net.now()
        at = max(now, self._next)
        self._next = at + 1 / self._plan.rate
        if at > now:
            await self._net.sleep(at - now)
