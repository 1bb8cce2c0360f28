"""Where a port of the machine itself does not answer: who listens, and what keeps us out."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from mailrecord import POLICY, answers, attempt, record

from configurations import files_of, record_of_files
from mailproof.catalog.profiles import load_profile
from mailproof.checks.machine import dovecot_running
from mailproof.checks.machine.port_served import check
from mailproof.diagnose.judge import judge
from mailproof.model.attempt import Trouble
from mailproof.model.connection import Connection
from mailproof.model.finding import Untold
from mailproof.model.machine import MachineSeen, Way
from mailproof.model.record import Record
from mailproof.parse.machine.listeners import listeners
from remedied import mended as mended_files

OUR = "192.0.2.25"
EVERYWHERE = 'LISTEN 0 100 0.0.0.0:465 0.0.0.0:* users:(("master",pid=1230,fd=18))'
SECOND = 'LISTEN 0 100 0.0.0.0:465 0.0.0.0:* users:(("master",pid=4711,fd=18))'
LOOPBACK = 'LISTEN 0 100 127.0.0.1:465 0.0.0.0:* users:(("master",pid=1230,fd=18))'
FULL = 'LISTEN 101 100 *:465 *:* users:(("master",pid=1230,fd=18))'
NO_RULES = ""
DROPS = """
table inet f {
    chain input {
        type filter hook input priority filter; policy accept;
        tcp dport 465 drop
    }
}
"""
IPTABLES = """
*filter
:INPUT DROP [0:0]
-A INPUT -i lo -p tcp -m tcp --dport 465 -j REJECT --reject-with tcp-reset
COMMIT
"""


def seen(trouble: Trouble | None, printed: str | None, rules: str | None = NO_RULES, address: str = OUR) -> Record:
    found = None if printed is None else tuple(listeners(printed))
    machine = attempt(MachineSeen((OUR, "127.0.0.1"), found, rules), job="log")
    return record(
        attempt(Connection(f"{OUR}:465", 0.0, trouble=trouble, local=f"{OUR}:40000"), address=address), machine
    )


@pytest.mark.parametrize(
    ("trouble", "printed", "rules", "said"),
    [
        (None, EVERYWHERE, NO_RULES, ["+port-served"]),
        (None, f"{EVERYWHERE}\n{SECOND}", NO_RULES, ["two-daemons-on-one-port"]),
        (Trouble.REFUSED, "", NO_RULES, ["port-closed"]),
        (Trouble.REFUSED, LOOPBACK, NO_RULES, ["listening-elsewhere"]),
        (Trouble.REFUSED, EVERYWHERE, NO_RULES, ["firewall-resets"]),
        (Trouble.TIMEOUT, EVERYWHERE, DROPS, ["blocked-by-host-firewall"]),
        (Trouble.UNREACHABLE, EVERYWHERE, IPTABLES, ["blocked-by-host-firewall"]),
        (Trouble.TIMEOUT, FULL, NO_RULES, ["listener-overloaded"]),
        (Trouble.TIMEOUT, EVERYWHERE, NO_RULES, ["blocked-before-the-host"]),
        # What cannot be seen is no verdict.
        (Trouble.TIMEOUT, EVERYWHERE, None, []),
        (Trouble.REFUSED, None, NO_RULES, []),
    ],
)
def test_why_a_port_does_not_answer(trouble: Trouble | None, printed: str, rules: str, said: list[str]) -> None:
    assert answers(check, seen(trouble, printed, rules)) == said


PRIVATE = "10.0.0.5"
SSHD = Way("203.0.113.9", PRIVATE, (OUR,))
FROM_OFFICE = """
table ip f {
    chain input {
        type filter hook input priority filter; policy accept;
        ip saddr 203.0.113.9 ip daddr 10.0.0.5 tcp dport 465 drop
    }
}
"""


@pytest.mark.parametrize(
    ("listens", "way", "rules", "said"),
    [
        (PRIVATE, SSHD, NO_RULES, ["blocked-before-the-host"]),
        (OUR, SSHD, NO_RULES, []),
        (PRIVATE, SSHD, FROM_OFFICE, ["blocked-by-host-firewall"]),
        (PRIVATE, Way("198.51.100.7", PRIVATE, (OUR,)), FROM_OFFICE, ["blocked-before-the-host"]),
        # Of a connection by IPv6 nothing is known of the address by IPv4.
        (PRIVATE, Way("2001:db8::9", "2001:db8::5", (OUR,)), NO_RULES, []),
        ("0.0.0.0", Way("2001:db8::9", "2001:db8::5", (OUR,)), NO_RULES, ["blocked-before-the-host"]),
    ],
)
def test_a_server_behind_a_nat_has_another_address_than_was_dialled(
    listens: str, way: Way, rules: str, said: list[str]
) -> None:
    printed = f'LISTEN 0 100 {listens}:465 0.0.0.0:* users:(("master",pid=1230,fd=18))'
    machine = attempt(MachineSeen((OUR, PRIVATE), tuple(listeners(printed)), rules, way=way), job="machine")
    dialled = Connection(f"{OUR}:465", 0.0, trouble=Trouble.TIMEOUT, local="192.168.1.2:40000")
    assert answers(check, record(attempt(dialled, address=OUR), machine)) == said


@pytest.mark.parametrize(("lines", "mended"), [("inet_interfaces = loopback-only", True), ("", False)])
def test_a_postfix_that_its_main_cf_keeps_to_loopback_is_told_the_line(lines: str, mended: bool) -> None:
    files = files_of(f"== main.cf\ncompatibility_level = 3.6\n{lines}\n")
    told = record_of_files(dict(files)).attempts
    outside = seen(Trouble.REFUSED, LOOPBACK)
    (finding,) = judge(msgspec.structs.replace(outside, attempts=(*outside.attempts, *told)), load_profile()).causes[
        :1
    ]
    assert finding.name == "listening-elsewhere"
    assert (finding.remedy is not None) is mended
    if finding.remedy is not None:
        assert b"\ninet_interfaces = all\n" in mended_files(files, finding.remedy)["/etc/postfix/main.cf"].data


BANNED = f"""
table inet f2b-table {{
    set addr-set-dovecot {{
        type ipv4_addr
        elements = {{ 198.51.100.7, {OUR} }}
    }}

    chain f2b-chain {{
        type filter hook input priority filter - 1; policy accept;
        tcp dport {{ 465, 993 }} ip saddr @addr-set-dovecot reject with icmp port-unreachable
    }}
}}
"""


@pytest.mark.parametrize(
    ("trouble", "printed", "name", "commands"),
    [
        (Trouble.REFUSED, EVERYWHERE, "firewall-resets", (f"fail2ban-client set dovecot unbanip {OUR}",)),
        (Trouble.TIMEOUT, EVERYWHERE, "blocked-by-host-firewall", (f"fail2ban-client set dovecot unbanip {OUR}",)),
        (Trouble.TIMEOUT, "", "blocked-by-host-firewall", ()),  # nobody to be let in to
    ],
)
def test_a_ban_is_told_with_its_jail(trouble: Trouble, printed: str, name: str, commands: tuple[str, ...]) -> None:
    (cause,) = judge(seen(trouble, printed, BANNED), load_profile()).causes
    assert cause.name == name
    assert any("@addr-set-dovecot" in piece.text for piece in cause.evidence)
    assert (cause.remedy.then if cause.remedy else ()) == commands


def test_a_port_that_firewalld_keeps_shut_is_told_with_its_zone() -> None:
    kept = Path(__file__).parents[1] / "data" / "packet_filter"
    rules, zones = ((kept / f"firewalld.{each}").read_text("utf-8") for each in ("nft", "zones"))
    found = MachineSeen((OUR,), tuple(listeners(EVERYWHERE)), rules, zones=zones)
    client = Connection(f"{OUR}:465", 0.0, trouble=Trouble.UNREACHABLE, local="203.0.113.200:40000")
    (cause,) = judge(record(attempt(client, address=OUR), attempt(found, job="machine")), load_profile()).causes
    assert cause.name == "blocked-by-host-firewall"
    assert "services: dhcpv6-client smtp ssh, ports:" in [piece.text for piece in cause.evidence]
    assert cause.remedy is not None
    assert cause.remedy.then[0] == "firewall-cmd --permanent --zone=public --add-service=smtps"


def test_another_machine_is_not_judged_by_this_one() -> None:
    assert answers(check, seen(Trouble.REFUSED, LOOPBACK, address="198.51.100.9")) == []


def test_nobody_listens_is_evidence_of_the_closed_port() -> None:
    """One finding, with what was seen from outside and from inside."""
    judged = judge(seen(Trouble.REFUSED, ""), load_profile())
    [cause] = judged.causes
    assert cause.name == "port-closed"
    assert {piece.where for piece in cause.evidence} == {f"{OUR}:465", "ss -ltn sport = :465"}


@pytest.mark.parametrize(("trouble", "asked"), [(Trouble.TIMEOUT, True), (None, False)])
def test_what_cannot_be_looked_at_is_told(trouble: Trouble | None, asked: bool) -> None:
    """And matters where a port did not answer."""
    machine = MachineSeen((OUR,), None, None, unread=("ss -ltnp", "nft list ruleset"))
    connection = Connection(f"{OUR}:465", 0.0, trouble=trouble, local=f"{OUR}:40000")
    told = list(check(record(attempt(connection, address=OUR), attempt(machine, job="log")), POLICY))
    assert [(each.why, each.asked, each.params["command"]) for each in told if isinstance(each, Untold)] == [
        ("machine-not-seen", asked, "ss -ltnp"),
        ("machine-not-seen", asked, "nft list ruleset"),
    ]


SERVES = """== dovecot.conf
protocols = imap pop3
{}passdb {{
  driver = pam
}}
"""


def dialled(example: str, *ports: int, printed: str = "", trouble: Trouble | None = Trouble.REFUSED) -> list[str]:
    schemes = {143: "imap", 993: "imaps", 110: "pop3", 4190: "sieve"}
    machine = attempt(MachineSeen((OUR,), tuple(listeners(printed)), NO_RULES), job="log")
    tried = (
        attempt(Connection(f"{OUR}:{port}", 0.0, trouble=trouble, turns=(0,)), scheme=schemes[port]) for port in ports
    )
    known = record_of_files(files_of(SERVES.format(example)))
    return answers(dovecot_running.check, msgspec.structs.replace(known, attempts=(*known.attempts, *tried, machine)))


IMAP = 'LISTEN 0 100 0.0.0.0:143 0.0.0.0:* users:(("dovecot",pid=1230,fd=18))'


def test_where_nobody_listens_at_any_port_of_dovecot_it_does_not_run() -> None:
    assert dialled("", 143, 993, 110) == ["dovecot-not-running"]
    assert dialled("", 993, 110, printed=IMAP) == ["+dovecot-running"]
    assert dialled("", 143, trouble=Trouble.TIMEOUT) == []
    # What it would not open if it ran says nothing of whether it runs.
    assert dialled("", 4190) == []
    assert dialled("ssl = no\n", 993) == []
    assert dialled("service imap-login {\n  inet_listener imap {\n    port = 1143\n  }\n}\n", 143) == []
