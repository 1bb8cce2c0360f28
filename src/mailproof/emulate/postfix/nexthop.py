"""What the SMTP and LMTP clients make of a next hop (smtp(8), lmtp(8), transport(5), src/util/host_port.c)."""

from __future__ import annotations

from mailproof.model.postfix import NextHost
from mailproof.parse.ip_address import is_address

# The services that one names; getservbyname(3) of another machine may know more.
_PORTS = {"smtp": 25, "submission": 587, "submissions": 465, "smtps": 465, "lmtp": 24}


def hosts_of(nexthop: str, client: str, default_port: str, *, dns: bool) -> tuple[NextHost, ...]:
    """In the order in which they are tried; a list is of Postfix 3.5. `client` is smtp or lmtp."""
    found = []
    for item in nexthop.replace(",", " ").split():
        if client == "lmtp" and item.startswith("unix:"):
            found.append(NextHost(item, 0, mx=False))
            continue
        text = item.removeprefix("inet:") if client == "lmtp" else item
        host, port, bracketed = _divided(text)
        mx = client == "smtp" and dns and not bracketed and not is_address(host)
        found.append(NextHost(host, port_of(port or default_port), mx))
    return tuple(found)


def _divided(text: str) -> tuple[str, str, bool]:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        host = host[5:] if host.lower().startswith("ipv6:") else host
        return host, rest.removeprefix(":"), True
    host, _, port = text.partition(":")
    return host, port, False


def port_of(text: str) -> int:
    """Of a number or the name of a service; 0 for a name that is not known."""
    if text.isascii() and text.isdigit() and len(text) <= 5:
        return int(text)
    return _PORTS.get(text, 0)
