"""The rules of `iptables-save`; behind a line `# ip6tables` those of ip6tables-save."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from mailproof.parse.machine.chain import WORDS, Chain, Packet, networks_of, ports_of

IPV6 = "# ip6tables"
"""Stands between what the two programs print."""


def chains(printed: str) -> Iterator[Chain]:
    """Each chain of the table `filter`."""
    family, table = "ip filter", ""
    policies: dict[str, str] = {}
    rules: dict[str, list[str]] = {}
    for raw in (*printed.splitlines(), IPV6):
        line = raw.strip()
        if line == IPV6:
            for name, policy in policies.items():
                hook = "input" if name == "INPUT" else ""
                yield Chain(name, hook, policy, f":{name} {policy.upper()}", 0, tuple(rules.get(name, ())), family)
            family, policies, rules = "ip6 filter", {}, {}
        elif line.startswith("*"):
            table = line[1:]
        elif table == "filter" and line.startswith(":"):
            name, _, policy = line[1:].partition(" ")
            policies[name] = policy.partition(" ")[0].lower()
        elif table == "filter" and line.startswith("-A "):
            rules.setdefault(line.split(" ", 2)[1], []).append(line)


def read(text: str, packet: Packet) -> tuple[bool | None, str, str]:
    """Whether a rule matches (None: who knows), its verdict, and where it jumps to."""
    words = WORDS.findall(text)
    matched: bool | None = True
    target = ""
    at = 2
    while at < len(words):
        word, value = words[at], words[at + 1] if at + 1 < len(words) else ""
        negated = words[at - 1] == "!"
        known: bool | None = True
        if word in ("-p", "--protocol"):
            known = value == "tcp"
        elif word in ("--dport", "--dports"):
            ports = ports_of("{" + value.replace(":", "-") + "}")
            known = None if ports is None else packet.port in ports
        elif word in ("-s", "-d"):
            networks = networks_of(value)
            address = packet.source if word == "-s" else packet.destination
            known = None if networks is None else any(ipaddress.ip_address(address) in each for each in networks)
        elif word == "-i":
            known = None if value != "lo" and not packet.loopback else (value == "lo") is packet.loopback
        elif word in ("--ctstate", "--state"):
            known = "NEW" in value.split(",")
        elif word in ("-j", "-g"):
            target = value
        elif word in ("-m", "--comment", "--reject-with", "--log-prefix", "--log-level"):
            pass
        elif word == "!":
            at += 1
            continue
        else:
            known = None
        if known is not None and known is negated:
            return False, "", ""
        if known is None:
            matched = None
        at += 2
    if target in ("ACCEPT", "DROP", "REJECT", "RETURN"):
        return matched, target.lower(), ""
    return matched, "" if target in ("", "LOG", "NFLOG") else "jump", target
