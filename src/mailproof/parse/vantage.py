"""Where a client stands, as the server sees it: only from outside does an accepted relay mean anything."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from enum import StrEnum

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Vantage(StrEnum):
    OUTSIDE = "outside"
    LOOPBACK = "loopback"
    PRIVATE = "private"
    """Also link-local addresses and those of a provider's shared NAT."""
    OWN = "own"
    """The server's own address, or another address of the same machine."""
    UNKNOWN = "unknown"
    """An XCLIENT without an address, or text that is none."""

    @property
    def is_trusted_by_habit(self) -> bool:
        """Postfix (`mynetworks`) and its kin commonly relay for such a client."""
        return self in (Vantage.LOOPBACK, Vantage.PRIVATE, Vantage.OWN)


# `is_private` of ipaddress also counts the documentation networks (RFC 5737), and not the shared
# address space; what matters here is which addresses cannot be a stranger's on the Internet.
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",  # RFC 1918
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",  # RFC 3927
        "100.64.0.0/10",  # RFC 6598
        "fc00::/7",  # RFC 4193
        "fe80::/10",  # RFC 4291 section 2.5.6
    )
)


# Nobody's: of the network one is in (RFC 1122 section 3.2.1.3), and what never was given out (RFC 1112 section 4).
_NOBODYS = (ipaddress.ip_network("0.0.0.0/8"), ipaddress.ip_network("240.0.0.0/4"), ipaddress.ip_network("::/128"))


def address(text: str) -> Address | None:
    """The address in `192.0.2.1`, `192.0.2.1:25`, `[2001:db8::1]:25`, `IPv6:2001:db8::1`; None if there is none.

    An IPv4-mapped IPv6 address counts as the IPv4 address it is (RFC 4291 section 2.5.5.2).
    """
    bare = text.strip().removeprefix("IPv6:").removeprefix("IPV6:")
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def vantage(client: str, server: str, own: Iterable[str] = ()) -> Vantage:
    """How a server at `server` sees a client that it takes for `client`.

    `own` are the addresses of the machine that talks. An empty `client` and `server` is a Unix socket.
    """
    here = address(client)
    if here is None:
        return Vantage.OWN if not client and not server else Vantage.UNKNOWN
    if here.is_loopback:
        return Vantage.LOOPBACK
    there = address(server)
    mine = {address(text) for text in own}
    if here == there or (here in mine and there in mine):
        return Vantage.OWN
    if any(here in network for network in _PRIVATE):
        return Vantage.PRIVATE
    return Vantage.OUTSIDE


def is_local(client: str, server: str, own: Iterable[str] = ()) -> bool:
    """Client and server are one machine, as far as the addresses tell."""
    return vantage(client, server, own) in (Vantage.LOOPBACK, Vantage.OWN) or bool(
        (there := address(server)) and there.is_loopback
    )


def impossible(text: str, source: str) -> bool:
    """Whether a host that DNS names for mail cannot be at this address for anybody else: unspecified, loopback,
    link-local, multicast or reserved (RFC 6890).

    The hosts file may call its own machine 127.0.1.1, as Debian's does: `source` says where the address is from.
    """
    found = address(text)
    if found is None:
        return False
    if found.is_loopback or found.is_link_local:
        return source == "dns"
    return found.is_multicast or any(found.version == net.version and found in net for net in _NOBODYS)
