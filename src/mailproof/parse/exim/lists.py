"""Is a host, or a domain, in a list of Exim's (specification, chapter 10)?"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence

from mailproof.parse.exim.text import split_list

Lists = Mapping[tuple[str, str], str]
"""Named lists by kind (`hostlist`) and name, as they are expanded; what cannot be told is not among them."""
Judge = Callable[[str], bool | None]


def in_list(
    text: str, kind: str, lists: Lists, judge: Judge, told: dict[str, bool | None] | None = None
) -> bool | None:
    """The first item that fits decides; with none, a list that ends with `!item` has the rest. None: not told.

    `told`: what is known of named lists. Each is gone through once, however often it is named; a circle is not told.
    """
    told = {} if told is None else told
    item, negated = "", False
    for item in split_list(text):
        negated = item.startswith("!")
        bare = item[1:].lstrip() if negated else item
        if bare.startswith("+"):
            if bare in ("+include_unknown", "+ignore_unknown", "+caseful"):
                continue
            if bare not in told:
                told[bare] = None
                named = lists.get((kind, bare[1:]))
                told[bare] = in_list(named, kind, lists, judge, told) if named is not None else None
            fits = told[bare]
        else:
            fits = judge(bare)
        if fits is None:
            return None
        if fits:
            return not negated
    return bool(item) and negated


def host_judge(address: str, own: Sequence[str]) -> Judge:
    """Whether an item of a host list fits a client. `own`: addresses of the server, for `@[]`."""

    def judge(item: str) -> bool | None:
        if item == "*":
            return True
        if item == "":
            return address == ""
        if item == "@[]":
            return address in own or None if not own else address in own
        network = network_of(item)
        if network is not None:
            return is_within(address, network)
        return None

    return judge


def domain_judge(domain: str, hostname: str) -> Judge:
    """Whether an item of a domain list fits; `hostname` is what `@` stands for, empty where it is not known."""
    wanted = domain.lower()

    def judge(item: str) -> bool | None:
        lowered = item.lower()
        if lowered == "@":
            return wanted == hostname.lower() if hostname else None
        if lowered.startswith("*"):
            return None if ";" in lowered else wanted.endswith(lowered[1:])
        if lowered.startswith(("@", "^", "/", "\\")) or ";" in lowered or "$" in lowered:
            return None
        return wanted == lowered

    return judge


def network_of(item: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """An address, or one with a mask, in brackets or not."""
    try:
        return ipaddress.ip_network(item.replace("[", "").replace("]", "").replace("net-", ""), strict=False)
    except ValueError:
        return None


def is_within(address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found) in network
