"""Chains of rules, and the packet that goes through them; the conditions that nft and iptables share."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

WORDS = re.compile(r'"[^"]*"|\{[^{}]*\}|\S+')
_SERVICES = {"smtp": 25, "submission": 587, "submissions": 465, "urd": 465, "smtps": 465, "pop3": 110, "pop3s": 995}
_SERVICES |= {
    "imap": 143,
    "imap2": 143,
    "imaps": 993,
    "sieve": 4190,
    "ssh": 22,
    "http": 80,
    "https": 443,
    "domain": 53,
}


class Packet(NamedTuple):
    """The first of a TCP connection."""

    source: str
    destination: str
    port: int
    loopback: bool


class Rule(NamedTuple):
    chain: str
    """`inet filter input`."""
    text: str


class Chain(NamedTuple):
    name: str
    hook: str
    policy: str
    policy_text: str
    priority: int
    rules: tuple[str, ...]
    family: str


def ports_of(text: str) -> frozenset[int] | None:
    found: set[int] = set()
    for item in text.strip("{} ").split(","):
        low, _, high = item.strip().partition("-")
        first, last = (_port(low), _port(high or low))
        if first is None or last is None or last - first > 65535:
            return None
        found.update(range(first, last + 1))
    return frozenset(found)


def _port(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else _SERVICES.get(text)
    return number if number is not None and number < 65536 else None


def networks_of(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network] | None:
    try:
        return [ipaddress.ip_network(each.strip(), strict=False) for each in text.strip("{} ").split(",")]
    except ValueError:
        return None
