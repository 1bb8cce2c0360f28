"""The way out: what is looked up, and what is kept secret, once for the whole run."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mailproof.net.interface import Driver
from mailproof.probes.terms import Terms
from mailproof.run.endpoints import Resolver, Wanted


async def with_way_out(net: Driver, terms: Terms, secrets: Iterable[str] = ()) -> Terms:
    """The terms with these secrets in them, too, and with the proxy's password and addresses.

    The addresses are those that the source address can reach; a proxy without one is told where it is to be dialled.
    """
    proxy = terms.proxy
    password = (proxy.password,) if proxy is not None and proxy.password else ()
    if proxy is not None and not proxy.addresses:
        families = ("A", "AAAA") if not terms.source else ("AAAA",) if ":" in terms.source else ("A",)
        resolver = Resolver(net, Wanted(families=families, timeout=terms.timeout))
        proxy = msgspec.structs.replace(proxy, addresses=await resolver.addresses(proxy.host))
    known = dict.fromkeys((*terms.secrets, *secrets, *password))
    return msgspec.structs.replace(terms, proxy=proxy, secrets=tuple(known))
