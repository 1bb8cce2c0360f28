"""The rules of `nft list ruleset`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence

from mailproof.parse.machine.chain import WORDS, Chain, Packet, networks_of, ports_of

_BASE = re.compile(r"type filter hook (\w+) (?:device \S+ )?priority ([^;]+);(?: policy (\w+);)?")
_PRIORITIES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}


def chains(printed: str) -> Iterator[Chain]:
    """Each chain of each table."""
    family, name, hook, policy, policy_text, priority = "", "", "", "accept", "", 0
    rules: list[str] = []
    depth = 0
    for raw in printed.splitlines():
        line = raw.strip()
        if line.startswith("table ") and line.endswith("{"):
            family, depth = line[6:-1].strip(), 1
        elif line.startswith("chain ") and line.endswith("{"):
            name, hook, policy, policy_text, priority, rules, depth = line[6:-1].strip(), "", "accept", "", 0, [], 2
        elif line == "}":
            if depth == 2 and name:
                yield Chain(name, hook, policy, policy_text, priority, tuple(rules), family)
                name = ""
            depth -= 1
        elif line.endswith("{") and depth:
            depth += 1  # a set, a map
        elif depth == 2 and name and (base := _BASE.match(line)):
            hook, policy, policy_text = base[1], base[3] or "accept", line
            priority = _priority(base[2])
        elif depth == 2 and name and line:
            rules.append(line)


def _priority(text: str) -> int:
    word, _, more = text.strip().partition(" ")
    if word.lstrip("-").isdigit():
        return int(word[:9])
    digits = re.sub(r"[^-\d]", "", more)[:9]
    return _PRIORITIES.get(word, 0) + (int(digits) if digits.lstrip("-") else 0)


def read(text: str, packet: Packet) -> tuple[bool | None, str, str]:
    """Whether a rule matches (None: who knows), its verdict, and where it jumps to."""
    words = WORDS.findall(text)
    matched: bool | None = True
    at = 0
    while at < len(words):
        word, rest = words[at], words[at + 1 :]
        if word == "reject" and rest[:2] in (["with", "icmp"], ["with", "icmpv6"]):
            # nft leaves out the `meta nfproto` that the word stands for.
            return (matched if (rest[1] == "icmpv6") is (":" in packet.destination) else False), word, ""
        if word in ("accept", "drop", "reject", "return"):
            return matched, word, ""
        if word in ("jump", "goto"):
            return matched, word, rest[0] if rest else ""
        if word in ("counter", "packets", "bytes", "log", "prefix", "comment", "flags", "level", "group"):
            at += 1 if word in ("counter", "log") else 2
            continue
        known, used = _condition(word, rest, packet)
        if known is False:
            return False, "", ""
        if known is None:
            matched = None
        at += used
    return matched, "", ""


def _condition(word: str, rest: Sequence[str], packet: Packet) -> tuple[bool | None, int]:
    """Whether a condition holds, and how many words it has."""
    key = " ".join((word, *rest[:1]))
    value = rest[1] if len(rest) > 1 else ""
    if key in ("tcp dport", "th dport"):
        negated = value == "!="
        ports = ports_of(rest[2] if negated and len(rest) > 2 else value)
        return (None if ports is None else (packet.port in ports) is not negated), 4 if negated else 3
    if word in ("iif", "iifname"):
        negated = rest[:1] == ["!="]
        name = (value if negated else rest[0] if rest else "").strip('"')
        holds = None if name != "lo" and not packet.loopback else (name == "lo") is packet.loopback
        return (holds if holds is None or not negated else not holds), 3 if negated else 2
    if key in ("ip saddr", "ip6 saddr", "ip daddr", "ip6 daddr"):
        if (word == "ip6") is not (":" in packet.destination):
            return False, 3
        address = packet.source if key.endswith("saddr") else packet.destination
        negated = value == "!="
        networks = networks_of(rest[2] if negated and len(rest) > 2 else value)
        holds = None if networks is None else any(ipaddress.ip_address(address) in each for each in networks)
        return (holds if holds is None else holds is not negated), 4 if negated else 3
    if key == "ct state":
        return "new" in re.split(r"[\s,{}]+", value), 3
    if key == "meta l4proto" or (word in ("meta", "ip", "ip6") and "nexthdr" in rest[:1]) or key == "ip protocol":
        return "tcp" in re.split(r"[\s,{}]+", value), 3
    if key == "meta nfproto":
        return (value == "ipv6") is (":" in packet.destination), 3
    if word in ("udp", "icmp", "icmpv6", "sctp", "ether", "arp"):
        return False, 3
    return None, 1
