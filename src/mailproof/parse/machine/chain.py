"""Chains of rules, and the packet that goes through them; the conditions that nft and iptables share.

A condition is True, False, or None where it is not understood: nothing is concluded from what is not understood.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
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
    tracked: bool = True
    """Whether the kernel keeps its connection in mind for sure: a rule may keep it from that (`notrack`)."""

    @property
    def is_ipv6(self) -> bool:
        return ":" in self.destination


class Rule(NamedTuple):
    chain: str
    """`inet filter input`."""
    text: str
    is_policy: bool = False
    """Whether it is what becomes of a packet that no rule of the chain is for."""


Sets = Mapping[str, tuple[str, ...]]
"""What is in each set that stands apart from the rules, by the name that rules have for it."""
_NO_SETS: Sets = {}


class Chain(NamedTuple):
    name: str
    hook: str
    """Of a chain that packets enter by themselves (`input`); empty for one that others jump to."""
    policy: str
    policy_text: str
    priority: int
    rules: tuple[str, ...]
    family: str
    translates: bool = False
    """Whether it is one of network address translation: what it does to a packet, no later rule undoes."""
    sets: Sets = _NO_SETS
    """Named sets that its rules may ask."""


class Outcome(NamedTuple):
    """What one rule does with a packet."""

    matched: bool | None
    """None where a condition is not understood."""
    verdict: str = ""
    """accept, drop, reject, return, jump, goto, translate; empty where the packet goes on; `unknown`."""
    target: str = ""
    """The chain of a jump."""


def any_of(answers: Iterable[bool | None]) -> bool | None:
    """True if one is; False if all are; else None."""
    found = list(answers)
    return True if True in found else None if None in found else False


def port_in(text: str, port: int) -> bool | None:
    """`587`, `submission`, `500-600`."""
    low, _, high = text.partition("-")
    first, last = _port(low), _port(high or low)
    return None if first is None or last is None else first <= port <= last


def _port(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else _SERVICES.get(text)
    return number if number is not None and number < 65536 else None


def address_in(text: str, address: str) -> bool | None:
    """`192.0.2.1`, `192.0.2.0/24`, `192.0.2.1-192.0.2.9`."""
    low, _, high = text.partition("-")
    tried = ipaddress.ip_address(address)
    try:
        if not high:
            return tried in ipaddress.ip_network(low, strict=False)
        first, last = ipaddress.ip_address(low), ipaddress.ip_address(high)
    except ValueError:
        return None
    return first.packed <= tried.packed <= last.packed if first.version == last.version == tried.version else False


def of_state(state: str, packet: Packet) -> bool | None:
    """Of a connection: `new`, `established` …; which it is where it may not be tracked, nobody can tell."""
    known = packet.tracked or state.lower() not in ("new", "untracked")
    return state.lower() == "new" if known else None


def comes_in_by(pattern: str, packet: Packet) -> bool | None:
    """An interface (`eth0`, `eth*`, `lo`): of a packet that is not our own machine's, its name is not known."""
    name = pattern.strip('"')
    if packet.loopback:
        return fnmatchcase("lo", name)
    return False if name == "lo" else None
