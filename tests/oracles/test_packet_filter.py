"""What we say of a packet filter is what the kernel does: the same rules, and a connection that is tried."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from threenets import CLIENT, LACKS, SERVER, ThreeNets, three_nets

from mailproof.parse.machine.chain import Packet
from mailproof.parse.machine.packet_filter import blocking_rule

US = Packet(CLIENT, SERVER, 587, loopback=False)
CONDITIONS = (
    *("tcp dport 587", "tcp dport { 25, 587 }", "tcp dport 500-600", "tcp dport != 25", "tcp dport 25"),
    *(
        "iif lo",
        'iifname "lo"',
        'iifname "eth0"',
        'iifname != "lo"',
        f"ip saddr {CLIENT}/24",
        "ip saddr 203.0.113.0/24",
    ),
    *(
        "ip saddr 203.0.113.0/24",
        "ip saddr != 192.0.2.1",
        "ct state established,related",
        "ct state new",
        "meta l4proto tcp",
        "udp dport 587",
    ),
    *("ip6 saddr ::1", f"ip daddr {{ {SERVER}, 192.0.2.1 }}", "tcp sport 1-65535", "meta nfproto ipv6", ""),
)
KNOWN = "ct state established,related accept"
VERDICTS = (
    "accept",
    "drop",
    "reject",
    "reject with icmpx admin-prohibited",
    "jump other",
    "goto other",
    "return",
    "counter",
    "",
)
INNER = ("accept", "drop", "reject with icmpx admin-prohibited", "return")


def ruleset(chance: random.Random) -> str:
    def rules(verdicts: tuple[str, ...], most: int) -> str:
        made = (
            f"{chance.choice(CONDITIONS)} {chance.choice(verdicts)}".strip() for _ in range(chance.randint(0, most))
        )
        return "\n".join(each for each in made if each)

    policy = chance.choice(("accept", "accept", "drop"))
    hook = f"type filter hook input priority {chance.choice(('0', 'filter', '-10'))}; policy {policy};"
    return (
        f"table inet t {{\nchain other {{\n{rules(INNER, 3)}\n}}\n"
        f"chain in {{\n{hook}\n{chance.choice(('', KNOWN))}\n{rules(VERDICTS, 4)}\n}}\n"
        f"chain out {{\ntype filter hook output priority 0;\ntcp dport 25 drop\n}}\n}}\n"
    )


@pytest.fixture(scope="module")
def nets() -> Iterator[ThreeNets]:
    with three_nets() as made:
        yield made


@pytest.mark.skipif(bool(LACKS), reason=f"needs {', '.join(LACKS)}")
def test_what_is_kept_out_is_what_the_kernel_keeps_out(nets: ThreeNets) -> None:
    chance = random.Random(3)
    told = []
    with nets.greeting({587: "220 here"}), nets.asking("client", Path(__file__).with_name("filter_tried.py")) as ask:
        for _ in range(150):
            nets.run("server", "nft", "-f", "-", given=f"flush ruleset\n{ruleset(chance)}")
            printed = nets.run("server", "nft", "list", "ruleset").stdout
            told.append((printed, ask(f"{SERVER} 587") == "1"))
    wrong = [(printed, came_in) for printed, came_in in told if (blocking_rule(printed, US) is None) is not came_in]
    # What is not understood (a source port, another interface) is not said to block.
    bad = [printed for printed, came_in in wrong if came_in or not re.search("sport|eth0", printed)]
    assert not bad, "\n".join(bad)
    assert sum(came_in for _, came_in in told) in range(30, 120), "the rules must be of both kinds"
