"""Small GeoIP.dat files, made as libGeoIP reads them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from mailproof.parse.geoip.legacy import CODES

_COUNTRY_BEGIN = 16776960


def legacy_dat(networks: Mapping[str, str], edition: int = 1, info: str = "GEO-106FREE 20191224 Build 1") -> bytes:
    """`networks` are countries by network; no network may lie in another."""
    parsed = {ipaddress.ip_network(text): code for text, code in networks.items()}
    nodes: list[list[int | None]] = [[None, None]]
    for network, code in parsed.items():
        bits, width, node = int(network.network_address), network.max_prefixlen, 0
        for depth in range(network.prefixlen):
            side = bits >> (width - 1 - depth) & 1
            if depth == network.prefixlen - 1:
                nodes[node][side] = _COUNTRY_BEGIN + CODES.index(code)
                break
            if nodes[node][side] is None:
                nodes.append([None, None])
                nodes[node][side] = len(nodes) - 1
            node = nodes[node][side] or 0
    tree = b"".join(
        (_COUNTRY_BEGIN if value is None else value).to_bytes(3, "little") for pair in nodes for value in pair
    )
    # A free edition is told with 105 more; without the marks it is a country database.
    return tree + info.encode() + b"\xff\xff\xff" + bytes([edition if edition == 1 else edition + 105])
