"""The way out: where a proxy is to be used, its host is looked up once for the whole run."""

from __future__ import annotations

import msgspec

from mailproof.net.interface import Driver
from mailproof.probes.terms import Terms
from mailproof.run.endpoints import Resolver, Wanted


async def with_way_out(net: Driver, terms: Terms) -> Terms:
    """The terms with the addresses of the proxy in them; those that the source address can reach.

    One without an address is told where it is to be dialled.
    """
    if terms.proxy is None:
        return terms
    families = ("A", "AAAA") if not terms.source else ("AAAA",) if ":" in terms.source else ("A",)
    resolver = Resolver(net, Wanted(families=families, timeout=terms.timeout))
    addresses = await resolver.addresses(terms.proxy.host)
    return msgspec.structs.replace(terms, proxy=msgspec.structs.replace(terms.proxy, addresses=addresses))
