"""Rules as ufw 0.36.2, firewalld 1.3.3, fail2ban 1.0.2 and ipset 7.17 made them: who is kept out, and by whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.parse.machine.chain import Packet, Rule
from mailproof.parse.machine.keepers import Keeper, is_firewalld, keeper_of, zone_told
from mailproof.parse.machine.packet_filter import blocking_rule

HERE = Path(__file__).parents[2] / "data" / "packet_filter"
ANYBODY, BANNED, BANNED_TOO = "203.0.113.200", "198.51.100.7", "198.51.100.8"
UNBANS = (f"fail2ban-client set dovecot unbanip {BANNED}",)
UNBANS_TOO = (f"fail2ban-client set postfix-sasl unbanip {BANNED_TOO}",)
OPENS = "firewall-cmd --permanent --zone=public --add-service=smtp-submission"


@pytest.mark.parametrize(
    ("file", "source", "port", "keeper", "commands"),
    [
        ("ufw.nft", ANYBODY, 25, None, ()),
        ("ufw.nft", ANYBODY, 993, "ufw", ("ufw allow 993/tcp",)),
        ("ufw.nft", "2001:db8::9", 993, "ufw", ("ufw allow 993/tcp",)),
        ("ufw.nft", ANYBODY, 587, "ufw", ()),  # `ufw deny 587/tcp` was somebody's will
        ("ufw.iptables", ANYBODY, 993, "ufw", ("ufw allow 993/tcp",)),
        ("ufw.iptables", ANYBODY, 587, "ufw", ()),
        ("firewalld.nft", ANYBODY, 25, None, ()),
        ("firewalld.nft", ANYBODY, 587, "firewalld", (OPENS, "firewall-cmd --reload")),
        ("firewalld.nft", BANNED, 25, "firewalld", ()),
        ("fail2ban.nft", ANYBODY, 587, None, ()),
        ("fail2ban.nft", BANNED, 25, None, ()),
        ("fail2ban.nft", BANNED, 587, "fail2ban", UNBANS),
        ("fail2ban.nft", BANNED_TOO, 25, "fail2ban", UNBANS_TOO),
        ("fail2ban.iptables", BANNED_TOO, 25, "fail2ban", UNBANS_TOO),
        ("ipset.all", BANNED, 587, "fail2ban", UNBANS),
    ],
)  # fmt: skip
def test_who_keeps_us_out(file: str, source: str, port: int, keeper: str | None, commands: tuple[str, ...]) -> None:
    printed = (HERE / file).read_text("utf-8")
    address = "2001:db8::2" if ":" in source else "192.0.2.1"
    rule = blocking_rule(printed, Packet(source, address, port, loopback=False))
    assert (rule is not None) is (keeper is not None)
    if rule is not None:
        kept = keeper_of(rule, printed, source, port)
        assert kept is not None
        assert (kept.program, kept.commands) == (keeper, commands)


def test_who_is_let_in_by_a_set_or_may_be() -> None:
    """Of `list:set`, `hash:ip,port` and a network with an exception nothing is concluded."""
    printed = (HERE / "ipset.all").read_text("utf-8")
    for source in (ANYBODY, "203.0.113.9", "192.0.2.77"):
        assert blocking_rule(printed, Packet(source, "192.0.2.1", 993, loopback=False)) is None


def test_what_a_zone_lets_in() -> None:
    zones = (HERE / "firewalld.zones").read_text("utf-8")
    assert zone_told(zones, "public") == "services: dhcpv6-client smtp ssh, ports:"
    assert zone_told(zones, "dmz") == ""
    assert is_firewalld((HERE / "firewalld.nft").read_text("utf-8"))
    assert not is_firewalld((HERE / "ufw.nft").read_text("utf-8"))


def test_a_policy_of_firewalld_is_no_zone() -> None:
    rule = Rule("inet firewalld filter_IN_policy_allow-host-ipv6", "drop")
    assert keeper_of(rule, "", ANYBODY, 25) == Keeper("firewalld", "", ())


def test_a_rule_of_nobody_that_is_known() -> None:
    assert keeper_of(Rule("inet filter input", "tcp dport 587 drop"), "", ANYBODY, 587) is None


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=200))
def test_any_text(chain: str, rule: str, printed: str) -> None:
    kept = keeper_of(Rule(chain, rule, is_policy=True), printed, ANYBODY, 587)
    assert kept is None or kept.program in ("fail2ban", "firewalld", "ufw")
    assert zone_told(printed, rule) is not None
