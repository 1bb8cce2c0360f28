"""The addresses of a machine, as ip(8) and ifconfig(8) print them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

# `2: eth0    inet 192.0.2.25/24 brd …`, `inet6 fe80::1%lo0 prefixlen 64`, `inet addr:192.0.2.25  Bcast:…`
_ADDRESS = re.compile(r"\binet6?\s+(?:addr:\s?)?([0-9A-Fa-f.:]{2,45})")


def addresses(printed: str) -> Iterator[str]:
    """Each once, without those of loopback, which every machine has."""
    found: dict[str, None] = {}
    for text in _ADDRESS.findall(printed):
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        if not address.is_loopback:
            found[str(address)] = None
    yield from found
