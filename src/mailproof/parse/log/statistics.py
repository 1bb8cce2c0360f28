"""Numbers that daemons of Postfix tell of themselves: anvil(8), scache(8), verify(8), postscreen(8), tlsmgr(8)."""

from __future__ import annotations

import ipaddress
import re

from mailproof.model.log import Fact
from mailproof.model.log_service import Measured

_ANVIL = re.compile(r"statistics: max ([a-z ]+) (\d+)(?:/(\d+[a-z]?))?(?: for \(([^)]*)\))? at (.*)")
_LOOKUP = re.compile(r"statistics: (domain|address) lookup hits=(\d+) miss=(\d+) success=(\d+)%")
_SIMULTANEOUS = re.compile(r"statistics: max simultaneous domains=(\d+) addresses=(\d+) connection=(\d+)")
_START = re.compile(r"statistics: start interval (.*)")
_CACHE = re.compile(r"cache (\S+) (full|partial) cleanup: retained=(\d+) dropped=(\d+) entries")


def measured(text: str) -> Fact | None:
    """`statistics: …` and `cache … cleanup: …`."""
    if found := _ANVIL.match(text):
        service, client = _place(found[4] or "")
        values = {"max": found[2]} | ({"period": found[3]} if found[3] else {})
        return Measured(found[1], values, service, client, found[5])
    if found := _LOOKUP.match(text):
        return Measured(f"{found[1]} lookup", dict(zip(("hits", "miss", "success"), found.groups()[1:], strict=True)))
    if found := _SIMULTANEOUS.match(text):
        names = ("domains", "addresses", "connection")
        return Measured("simultaneous", dict(zip(names, found.groups(), strict=True)))
    if found := _START.match(text):
        return Measured("start interval", {}, at=found[1])
    if found := _CACHE.match(text):
        return Measured("cleanup", {"kind": found[2], "retained": found[3], "dropped": found[4]}, service=found[1])
    return None


def _place(text: str) -> tuple[str, str]:
    """`smtpd:192.0.2.1` and `127.0.0.1:2525:192.0.2.1`: the service can have a colon, and so can the client."""
    service, _, client = text.partition(":")
    try:
        ipaddress.ip_address(client)
    except ValueError:
        service, _, client = text.rpartition(":")
    return service, client
