"""What a packet filter does to a connection that comes in: the rule that keeps it out.

A rule with a condition that is not understood neither lets a packet in nor keeps it out for certain; then nothing is
said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from mailproof.parse.machine import iptables, nft
from mailproof.parse.machine.chain import Chain, Outcome, Packet, Rule, Sets

# The kernel refuses jumps that are deeper (NFT_JUMP_STACK_SIZE).
_DEEPEST = 16
_UNTRACKED = re.compile(r"(?i)\bnotrack\b")
_KEPT_OUT = ("drop", "reject")


class _Verdict(NamedTuple):
    word: str
    """accept, drop, reject; empty where the packet goes on."""
    rule: Rule | None = None
    certain: bool = True


def blocking_rule(printed: str, packet: Packet) -> Rule | None:
    """The rule, or the policy, that drops or rejects this packet for certain; None where it is let in, or unsure."""
    if _UNTRACKED.search(printed):
        packet = packet._replace(tracked=False)
    chains = {(chain.family, chain.name): chain for chain in (*nft.chains(printed), *iptables.chains(printed))}
    ours = [chain for chain in chains.values() if _is_of(chain.family, packet)]
    if any(_translates(chain, packet) for chain in ours):
        return None  # behind it the packet has another address or port than the one we know
    walk = _Walk(chains, packet)
    for entrance in sorted((c for c in ours if c.hook == "input" and not c.translates), key=lambda c: c.priority):
        verdict = walk.through(entrance)
        if verdict.word in ("drop", "reject"):
            return verdict.rule if verdict.certain else None
        if verdict.word == "" and entrance.policy == "drop":
            return (
                Rule(f"{entrance.family} {entrance.name}", entrance.policy_text, is_policy=True)
                if verdict.certain
                else None
            )
    return None


def _is_of(family: str, packet: Packet) -> bool:
    kind = family.split()[0]
    return kind == "inet" or (kind == "ip6") is packet.is_ipv6


def _translates(chain: Chain, packet: Packet) -> bool:
    """Whether a rule may translate this packet, wherever it jumps from."""
    outcomes = (_read(text, packet, chain.sets) for text in chain.rules)
    return any(outcome.verdict == "translate" and outcome.matched is not False for outcome in outcomes)


class _Walk:
    """One packet through the chains; each is gone through once, whoever jumps to it, and however often."""

    def __init__(self, chains: Mapping[tuple[str, str], Chain], packet: Packet) -> None:
        self._chains = chains
        self._packet = packet
        self._verdicts: dict[tuple[str, str], _Verdict] = {}
        self._depth = 0

    def through(self, chain: Chain) -> _Verdict:
        certain = True
        for text in chain.rules:
            matched, word, target = _read(text, self._packet, chain.sets)
            if matched is False or word == "":
                continue
            if word in ("jump", "goto"):
                verdict = self._at(chain.family, target)
                if verdict.word and matched and verdict.certain:
                    return _Verdict(verdict.word, verdict.rule, certain)
                if word == "goto" and matched and not verdict.word:
                    return _Verdict("", None, certain and verdict.certain)
                certain &= verdict.certain and (verdict.word in _KEPT_OUT or (word == "jump" and not verdict.word))
            elif word in ("accept", *_KEPT_OUT) and matched:
                return _Verdict(word, Rule(f"{chain.family} {chain.name}", text), certain)
            elif word == "return" and matched:
                return _Verdict("", None, certain)
            else:
                certain &= word in _KEPT_OUT  # by this rule, or by what comes after it
        return _Verdict("", None, certain)

    def _at(self, family: str, name: str) -> _Verdict:
        """Of a chain that is jumped to. The kernel refuses a circle; of one that is printed nothing is certain."""
        at = (family, name)
        if at not in self._chains or self._depth == _DEEPEST:
            return _Verdict("", certain=False)
        if at not in self._verdicts:
            self._verdicts[at] = _Verdict("", certain=False)
            self._depth += 1
            self._verdicts[at] = self.through(self._chains[at])
            self._depth -= 1
        return self._verdicts[at]


def _read(text: str, packet: Packet, sets: Sets) -> Outcome:
    return iptables.read(text, packet, sets) if text.startswith("-A ") else nft.read(text, packet, sets)
