"""Rules of any bytes are read without an exception; and rules that nobody has to be root for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.parse.machine.chain import Packet
from mailproof.parse.machine.packet_filter import blocking_rule

US = Packet("192.0.2.2", "198.51.100.2", 587, loopback=False)
LOCAL = Packet("127.0.0.1", "127.0.0.1", 587, loopback=True)
NFT = "table inet f {{\nchain input {{\ntype filter hook input priority filter; policy drop;\n{}\n}}\n}}\n"
IPTABLES = "*filter\n:INPUT DROP [0:0]\n-A INPUT {}\nCOMMIT\n"


@pytest.mark.parametrize(
    ("packet", "rule"),
    [
        (US, "tcp dport vmap { 25 : accept, 587 : accept }"),
        (US, "ct state vmap { new : accept, invalid : drop }"),
        (US, "meta l4proto != udp accept"),
        (US, "ct state != invalid accept"),
        (US, "ip saddr . tcp dport vmap { 192.0.2.2 . 587 : accept }"),
        (LOCAL, 'iifname vmap { "lo" : accept }'),
        (LOCAL, 'iifname { "lo", "eth1" } accept'),
        (LOCAL, 'iifname "l*" accept'),
        (US, "tcp dport 587 queue num 0"),
        (US, "meta mark 0x1 accept"),
        (US, "tcp dport 587 jump {\naccept\n}"),
    ],
)
def test_what_may_let_it_in_is_not_said_to_block(packet: Packet, rule: str) -> None:
    """In a chain that lets nothing else in."""
    assert blocking_rule(NFT.format(rule), packet) is None


@pytest.mark.parametrize(
    "rule",
    [
        "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT",
        "-m set --match-set allow src -j ACCEPT",
        "-m socket -j ACCEPT",
        "-p tcp -j NFQUEUE --queue-num 0",
        '-m comment --comment "an -j DROP in words" -j ACCEPT',
    ],
)
def test_the_same_of_iptables(rule: str) -> None:
    assert blocking_rule(IPTABLES.format(rule), US) is None


@pytest.mark.parametrize(
    "rule",
    [
        'iifname "eth0" tcp dport 25 accept',
        "ip saddr @friends tcp dport { 22, 25 } accept",
        "udp dport vmap { 53 : accept }",
        "limit rate 10/minute burst 5 packets drop",
        "ct status dnat accept",
        'log prefix "accept " flags tcp options',
        "tcp dport vmap { 25 : accept }",
    ],
)
def test_what_is_of_no_matter_for_us_leaves_it_blocked(rule: str) -> None:
    assert blocking_rule(NFT.format(rule), US) is not None


def test_a_table_that_sleeps_does_nothing() -> None:
    asleep = NFT.format("tcp dport 25 accept").replace("{\n", "{\nflags dormant\n\n", 1)
    assert blocking_rule(asleep, US) is None


def test_an_element_that_counts_only_so_often_may_not_count() -> None:
    for suffix, blocks in (("", True), (" timeout 1h expires 2s", True), (" limit rate over 10/second", False)):
        held = f"set b {{\ntype ipv4_addr\nelements = {{ 192.0.2.2{suffix} }}\n}}\nchain input {{"
        printed = NFT.format("ip saddr @b drop\naccept").replace("chain input {", held)
        assert (blocking_rule(printed, US) is not None) is blocks, suffix


@pytest.mark.parametrize(
    "printed",
    [NFT.format("ct state untracked accept"), IPTABLES.format("-m conntrack --ctstate UNTRACKED -j ACCEPT")],
)
def test_what_is_not_tracked_has_no_state(printed: str) -> None:
    assert blocking_rule(printed, US) is not None
    assert blocking_rule(printed + "\ntable ip raw {\nchain p {\ntcp dport 587 notrack\n}\n}\n", US) is None


@pytest.mark.parametrize("priority", ["--5", "²", "filter 1-2", "x", "", "filter + 99999999999"])
def test_a_priority_of_any_text(priority: str) -> None:
    """Of a chain whose priority is none that is known, its rules are read all the same."""
    printed = NFT.format("tcp dport 587 drop").replace("priority filter", f"priority {priority}")
    rule = blocking_rule(printed, US)
    assert rule is None or rule.text == "tcp dport 587 drop"


def test_chains_that_jump_to_one_another() -> None:
    """As often as a text says, and in a circle: each is gone through once."""
    jumps = [f"-A c{at} -j c{at + 1}\n" * 40 for at in range(15)]
    heads = "".join(f":c{at} - [0:0]\n" for at in range(16))
    printed = f"*filter\n:INPUT DROP [0:0]\n{heads}-A INPUT -j c0\n{''.join(jumps)}-A c15 {{}}\nCOMMIT\n"
    assert blocking_rule(printed.format("-j DROP"), US) is not None
    assert blocking_rule(printed.format("-j c0"), US) is None


_WORDS = (
    "tcp dport vmap { } : 25 587 , accept drop jump x ct state new != . iifname lo ip saddr @s -A INPUT -j -m ! - 1/0"
)
_PIECES = st.lists(st.sampled_from(_WORDS.split()), max_size=14).map(" ".join)


@given(st.lists(_PIECES | st.text(max_size=40), max_size=6))
def test_any_rules(rules: list[str]) -> None:
    for packet in (US, LOCAL):
        blocking_rule(NFT.format("\n".join(rules)), packet)
        blocking_rule(IPTABLES.format("\n-A INPUT ".join(rules)), packet)
        blocking_rule("\n".join(rules), packet)
