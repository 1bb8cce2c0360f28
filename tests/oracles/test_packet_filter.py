"""What we say of a packet filter is what the kernel does: the same rules, and a connection that is tried."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from threenets import CLIENT, LACKS, SERVER, ThreeNets, three_nets

from mailproof.parse.machine.chain import Packet
from mailproof.parse.machine.packet_filter import blocking_rule

IPTABLES_LACKS = LACKS + [tool for tool in ("iptables-restore", "ipset") if shutil.which(tool) is None]
US = Packet(CLIENT, SERVER, 587, loopback=False)
CONDITIONS = (
    *("tcp dport 587", "tcp dport { 25, 587 }", "tcp dport 500-600", "tcp dport != 25", "tcp dport 25"),
    *("iif lo", 'iifname "lo"', 'iifname "eth0"', 'iifname != "lo"', 'iifname { "lo", "eth9" }'),
    *(f"ip saddr {CLIENT}/24", "ip saddr 203.0.113.0/24", "ip saddr != 192.0.2.1", "ip saddr 192.0.2.1-192.0.2.9"),
    *("ct state established,related", "ct state new", "ct state != invalid", "ct state { invalid, new }"),
    *("meta l4proto tcp", "meta l4proto != udp", "meta l4proto { tcp, udp } th dport 587", "udp dport 587"),
    *("ip6 saddr ::1", f"ip daddr {{ {SERVER}, 192.0.2.1 }}", "meta nfproto ipv6", ""),
    *("fib daddr type local", "fib daddr type broadcast", "tcp sport 1-65535", "ip saddr @some", "tcp dport @ports"),
    *(f"ip saddr . tcp dport {{ {CLIENT} . 587 }}", "tcp flags syn", "tcp flags & (fin | syn | rst | ack) == syn"),
    *("tcp flags & (fin | syn | rst | ack) != syn", "tcp flags { syn, syn | ack }", "tcp flags == ack"),
    *("tcp flags != syn", "tcp flags syn,ack", "tcp flags & (fin | syn) == 0x0", "ip saddr @nobody"),
    *("ip saddr != @some", "ip saddr @nets", "tcp dport != @ports", "limit rate 9/second burst 9 packets"),
)
MAPS = (
    "tcp dport vmap { 25 : drop, 587 : accept }",
    "tcp dport vmap { 25 : accept, 500-600 : jump other }",
    "ct state vmap { established : accept, related : accept, invalid : drop }",
    "ct state vmap { new : goto other, established : accept }",
    f"ip saddr . tcp dport vmap {{ {CLIENT} . 587 : accept }}",
    'iifname vmap { "lo" : accept, "eth0" : drop }',
    "tcp dport vmap @ways",
    "jump { tcp dport 587 accept; }",
)
SETS = f"""set some {{ type ipv4_addr; elements = {{ {CLIENT} }}; }}
set ports {{ type inet_service; elements = {{ 587 }}; }}
set nobody {{ type ipv4_addr; }}
set nets {{ type ipv4_addr; flags interval, timeout; elements = {{ {CLIENT}/31 timeout 1h comment "a, b" }}; }}
map ways {{ type inet_service : verdict; elements = {{ 587 : accept }}; }}"""
# What is not understood (a source port, another interface, how often) is not said to block.
UNSURE = re.compile(r"sport|eth[09]|limit| \. |\bjump \{")
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
        mapped = chance.choice(MAPS) if most > 3 and chance.random() < 0.4 else ""
        return "\n".join(each for each in (*made, mapped) if each)

    policy = chance.choice(("accept", "accept", "drop"))
    hook = f"type filter hook input priority {chance.choice(('0', 'filter', '-10'))}; policy {policy};"
    return (
        f"table inet t {{\n{SETS}\nchain other {{\n{rules(INNER, 3)}\n}}\n"
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
            done = nets.run("server", "nft", "-f", "-", given=f"flush ruleset\n{ruleset(chance)}")
            assert done.returncode == 0, done.stderr
            printed = nets.run("server", "nft", "list", "ruleset").stdout
            told.append((printed, ask(f"{SERVER} 587") == "1"))
    are_the_same(told, UNSURE)


def are_the_same(told: list[tuple[str, bool]], unsure: re.Pattern[str]) -> None:
    """What was printed, and whether the connection came in."""
    wrong = [(printed, came_in) for printed, came_in in told if (blocking_rule(printed, US) is None) is not came_in]
    bad = [printed for printed, came_in in wrong if came_in or not unsure.search(printed)]
    assert not bad, "\n".join(bad)
    assert sum(came_in for _, came_in in told) in range(len(told) // 5, len(told) * 4 // 5), "rules of both kinds"


IPTABLES_CONDITIONS = (
    *("-p tcp --dport 587", "-p tcp -m multiport --dports 25,587", "-p tcp --dport 500:600", "-p tcp ! --dport 25"),
    *("-p tcp --dport 25", "-p udp --dport 587", "! -p udp", "-i lo", "-i eth0", "! -i lo", "-i l+", ""),
    *(f"-s {CLIENT}/24", "-s 203.0.113.0/24", "! -s 192.0.2.1", f"-d {SERVER}", "-p tcp --sport 1:65535"),
    *("-m conntrack --ctstate RELATED,ESTABLISHED", "-m conntrack --ctstate NEW", "-m state --state INVALID,NEW"),
    *("-p tcp --syn", "-p tcp ! --syn", "-p tcp --tcp-flags ALL NONE", "-p tcp --tcp-flags SYN,RST SYN,RST"),
    *("-m addrtype --dst-type LOCAL", "-m addrtype --dst-type BROADCAST", '-m comment --comment "-j ACCEPT, all"'),
    *("-m set --match-set some src", "-m limit --limit 1/hour", "-m mark --mark 1"),
    *("-m set ! --match-set some src", "-m set --match-set nets src", "-m set --match-set some dst"),
)
IPTABLES_TARGETS = ("-j ACCEPT", "-j DROP", "-j REJECT --reject-with tcp-reset", "-j other", "-g other", "-j RETURN")
IPTABLES_TARGETS += ('-j LOG --log-prefix "-j ACCEPT "', "")
IPTABLES_UNSURE = re.compile(r"eth0|-i l\+|--sport|--limit|--mark|nets src")


def iptables_ruleset(chance: random.Random) -> str:
    def rules(chain: str, targets: tuple[str, ...], most: int) -> Iterator[str]:
        for _ in range(chance.randint(0, most)):
            condition, target = chance.choice(IPTABLES_CONDITIONS), chance.choice(targets)
            if "tcp-reset" not in target or condition.startswith("-p tcp"):
                yield f"-A {chain} {condition} {target}"

    policy = chance.choice(("ACCEPT", "ACCEPT", "DROP"))
    made = [*rules("other", (*IPTABLES_TARGETS[:2], "-j RETURN"), 3), *rules("INPUT", IPTABLES_TARGETS, 4)]
    return "\n".join(["*filter", f":INPUT {policy}", ":other -", *made, "COMMIT", ""])


@pytest.mark.skipif(bool(IPTABLES_LACKS), reason=f"needs {', '.join(IPTABLES_LACKS)}")
def test_rules_of_iptables(nets: ThreeNets) -> None:
    chance = random.Random(5)
    told = []
    nets.run("server", "nft", "flush", "ruleset")
    nets.run("server", "ipset", "create", "some", "hash:ip")
    nets.run("server", "ipset", "add", "some", CLIENT)
    nets.run("server", "ipset", "create", "nets", "hash:net")
    nets.run("server", "ipset", "add", "nets", f"{CLIENT}/31")
    nets.run("server", "ipset", "add", "nets", CLIENT, "nomatch")
    sets = nets.run("server", "ipset", "save").stdout
    with nets.greeting({587: "220 here"}), nets.asking("client", Path(__file__).with_name("filter_tried.py")) as ask:
        for _ in range(100):
            done = nets.run("server", "iptables-restore", given=iptables_ruleset(chance))
            assert done.returncode == 0, done.stderr
            printed = nets.run("server", "iptables-save", "-t", "filter").stdout + sets
            told.append((printed, ask(f"{SERVER} 587") == "1"))
    are_the_same(told, IPTABLES_UNSURE)


@pytest.mark.skipif(bool(IPTABLES_LACKS), reason=f"needs {', '.join(IPTABLES_LACKS)}")
def test_a_port_that_is_translated_is_not_said_to_be_kept_out(nets: ThreeNets) -> None:
    """Behind `REDIRECT` the packet has another port, and the rules below see that one."""
    rules = "*nat\n-A PREROUTING -p tcp --dport {} -j REDIRECT --to-ports 2525\nCOMMIT\n*filter\n:INPUT DROP\n"
    rules += "-A INPUT -p tcp --dport 2525 -j ACCEPT\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT\n"
    with nets.greeting({2525: "220 here"}), nets.asking("client", Path(__file__).with_name("filter_tried.py")) as ask:
        for port, is_said in ((587, False), (25, True)):
            nets.run("server", "nft", "flush", "ruleset")
            assert nets.run("server", "iptables-restore", given=rules.format(port)).returncode == 0
            assert (ask(f"{SERVER} 587") == "1") is not is_said
            for printed in (("iptables-save",), ("nft", "list", "ruleset")):
                blocked = blocking_rule(nets.run("server", *printed).stdout, US)
                assert (blocked is not None) is is_said, printed
