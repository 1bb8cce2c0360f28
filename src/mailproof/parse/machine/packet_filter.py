"""What a packet filter does to a connection that comes in: the rule that keeps it out.

A rule with a condition that is not understood neither lets a packet in nor keeps it out for certain; then nothing is
said.
"""

from __future__ import annotations

from typing import NamedTuple

from mailproof.parse.machine import iptables, nft
from mailproof.parse.machine.chain import Chain, Packet, Rule

# Chains that jump to one another in a circle are refused by the kernel; a printed text could still have one.
_DEEPEST = 16


class _Verdict(NamedTuple):
    word: str
    """accept, drop, reject; empty where the packet goes on."""
    rule: Rule | None = None
    certain: bool = True


def blocking_rule(printed: str, packet: Packet) -> Rule | None:
    """The rule, or the policy, that drops or rejects this packet for certain; None where it is let in, or unsure."""
    chains = {(chain.family, chain.name): chain for chain in (*nft.chains(printed), *iptables.chains(printed))}
    entrances = sorted((c for c in chains.values() if c.hook == "input"), key=lambda chain: chain.priority)
    for entrance in entrances:
        if not _is_of(entrance.family, packet):
            continue
        verdict = _walk(entrance, chains, packet, 0)
        if verdict.word in ("drop", "reject"):
            return verdict.rule if verdict.certain else None
        if verdict.word == "" and entrance.policy == "drop":
            return Rule(entrance.name, entrance.policy_text) if verdict.certain else None
    return None


def _is_of(family: str, packet: Packet) -> bool:
    kind = family.split()[0]
    return kind == "inet" or (kind == "ip6") is (":" in packet.destination)


def _walk(chain: Chain, chains: dict[tuple[str, str], Chain], packet: Packet, depth: int) -> _Verdict:
    certain = True
    for text in chain.rules if depth < _DEEPEST else ():
        matched, word, target = _read(text, packet)
        if matched is False:
            continue
        if word in ("jump", "goto"):
            inner = chains.get((chain.family, target))
            if inner is None:
                certain = False
                continue
            verdict = _walk(inner, chains, packet, depth + 1)
            if verdict.word:
                if matched is None or not verdict.certain:
                    certain = False
                    continue
                return _Verdict(verdict.word, verdict.rule, certain)
            certain &= verdict.certain
            if word == "goto" and matched:
                return _Verdict("", None, certain)
        elif word == "return" and matched:
            return _Verdict("", None, certain)
        elif word in ("accept", "drop", "reject"):
            if matched is None:
                certain &= word != "accept"  # kept out by this rule, or by what comes after it
                continue
            return _Verdict(word, Rule(f"{chain.family} {chain.name}", text), certain)
    return _Verdict("", None, certain)


def _read(text: str, packet: Packet) -> tuple[bool | None, str, str]:
    """Whether it matches (None: who knows), its verdict, and where it jumps to."""
    return iptables.read(text, packet) if text.startswith("-A ") else nft.read(text, packet)
