"""Which program keeps a rule of the packet filter: what is changed behind its back it takes away again.

fail2ban names its chains and sets `f2b-JAIL` and `addr-set-JAIL` (action.d/iptables.conf, nftables.conf), firewalld
has a table of its own with a chain for each zone, ufw begins each chain's name with its own.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mailproof.parse.machine.chain import Rule

# Its chain of nftables is one for all jails, and named `f2b-chain`; a set of ipset for IPv6 ends with a 6.
_JAIL = re.compile(r"(?:@addr6?-set-|--match-set f2b-| f2b-(?!chain\b))(?P<jail>[\w.-]+)")
_TABLE_OF_FIREWALLD = "inet firewalld"
_OF_ZONE = r"IN_(?!policy_)(?P<zone>[\w-]+?)(?P<part>_(?:pre|log|deny|allow|post))?$"
_ZONE = re.compile(f"{_TABLE_OF_FIREWALLD} filter_{_OF_ZONE}")
_ZONE_OF_IPTABLES = re.compile(f" {_OF_ZONE}")
_UFW = re.compile(r" ufw6?-[\w-]+$")
_UFW_BEFORE = re.compile(r"(?:jump|-A INPUT -j) ufw6?-before-input\b")
_SERVICES = {
    25: "smtp",
    587: "smtp-submission",
    465: "smtps",
    110: "pop3",
    995: "pop3s",
    143: "imap",
    993: "imaps",
    4190: "managesieve",
}


class Keeper(NamedTuple):
    """Who keeps a rule, and what would let a packet in lastingly; no commands where more than one change would."""

    program: str
    """fail2ban, firewalld, ufw."""
    place: str
    """The jail, the zone; empty of ufw."""
    commands: tuple[str, ...]


def is_firewalld(printed: str) -> bool:
    return f"table {_TABLE_OF_FIREWALLD} " in printed or ":INPUT_ZONES " in printed


def keeper_of(rule: Rule, printed: str, source: str, port: int) -> Keeper | None:
    """Of a rule of what was printed, which keeps `source` from a port; None where no program is known for it."""
    if found := _JAIL.search(f" {rule.chain.rpartition(' ')[2]} {rule.text}"):
        jail = found["jail"]
        if ":" in source and "--match-set" in rule.text:
            jail = jail.removesuffix("6")
        return Keeper("fail2ban", jail, (f"fail2ban-client set {jail} unbanip {source}",))
    if zone := _ZONE.match(rule.chain) or _ZONE_OF_IPTABLES.search(rule.chain):
        what = f"--add-service={_SERVICES[port]}" if port in _SERVICES else f"--add-port={port}/tcp"
        commands = (f"firewall-cmd --permanent --zone={zone['zone']} {what}", "firewall-cmd --reload")
        # A rule that was made for this address or port has its reason: whether it goes is not ours to say.
        return Keeper("firewalld", zone["zone"], () if zone["part"] else commands)
    if rule.chain.startswith(f"{_TABLE_OF_FIREWALLD} "):
        return Keeper("firewalld", "", ())
    if rule.is_policy and _UFW_BEFORE.search(printed):
        return Keeper("ufw", "", (f"ufw allow {port}/tcp",))
    return Keeper("ufw", "", ()) if _UFW.search(rule.chain) else None


def zone_told(zones: str, name: str) -> str:
    """What `firewall-cmd --list-all-zones` has of a zone's services and ports; empty where it is not told."""
    found: list[str] = []
    inside = False
    for line in zones.splitlines():
        if line[:1].strip():
            inside = line.split(" ")[0] == name
        elif inside and line.strip().partition(":")[0] in ("services", "ports"):
            found.append(" ".join(line.split()))
    return ", ".join(found)
