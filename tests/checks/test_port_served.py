"""Where a port of the machine itself does not answer: who listens, and what keeps us out."""

from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record

from mailproof.checks.machine.port_served import check
from mailproof.model.attempt import Trouble
from mailproof.model.machine import MachineSeen
from mailproof.model.observation import Connection
from mailproof.model.record import Record
from mailproof.parse.machine.listeners import listeners

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
        (Trouble.REFUSED, "", NO_RULES, []),
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


def test_another_machine_is_not_judged_by_this_one() -> None:
    assert answers(check, seen(Trouble.REFUSED, LOOPBACK, address="198.51.100.9")) == []
