"""Two runs of `ports` beside each other: every pair of states, and the article's two runs of nmap."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from mailproof.catalog.words import words
from mailproof.diagnose.between import compare
from mailproof.model.icmp import Icmp
from mailproof.model.port import HostSeen, PortSeen, PortsResult, PortState, Service, Teller
from mailproof.model.port_compared import Blame, PortCompared

SERVER = "198.51.100.25"
OPEN = PortSeen(587, PortState.OPEN, Teller.HANDSHAKE, 0.01, service=Service.SMTP)
WEB = PortSeen(587, PortState.OPEN, Teller.HANDSHAKE, 0.01, service=Service.HTTP)
CLOSED = PortSeen(587, PortState.CLOSED, Teller.RST, 0.01)
DROPPED = PortSeen(587, PortState.FILTERED, Teller.TIMEOUT, 5.0)
BY_HOST = PortSeen(587, PortState.FILTERED, Teller.ICMP, 0.01, Icmp(SERVER, 3, 13))
BY_ROUTER = PortSeen(587, PortState.FILTERED, Teller.ICMP, 0.01, Icmp("192.0.2.1", 3, 13))
UNTRIED = PortSeen(587, PortState.UNTRIED, Teller.LOCAL, 0.0)


def run(seen: PortSeen, vantage: str, address: str = SERVER, host: str = "mail.example.test") -> PortsResult:
    hosts = (HostSeen(host, address, vantage, ports=(seen,)),)
    return PortsResult("0", datetime(2026, 11, 21, tzinfo=UTC), 1.0, hosts)


def only(here: PortsResult, there: PortsResult) -> PortCompared:
    (host,) = compare(here, there)
    (port,) = host.ports
    return port


ROWS = [
    # inside, outside, who blocks, why
    ("loopback", OPEN, OPEN, Blame.NOBODY, "open"),
    ("loopback", OPEN, WEB, Blame.NETWORK, "another-service"),
    ("loopback", OPEN, DROPPED, Blame.HOST_OR_NETWORK, "dropped"),
    ("own", OPEN, DROPPED, Blame.HOST_OR_NETWORK, "dropped"),
    ("loopback", OPEN, BY_HOST, Blame.HOST, "host-rejects"),
    ("loopback", OPEN, BY_ROUTER, Blame.NETWORK, "router-rejects"),
    ("loopback", OPEN, CLOSED, Blame.HOST, "loopback-only"),
    ("own", OPEN, CLOSED, Blame.HOST_OR_NETWORK, "reset-on-the-way"),
    ("loopback", CLOSED, CLOSED, Blame.HOST, "nothing-listens"),
    ("loopback", CLOSED, DROPPED, Blame.HOST, "nothing-listens-and-filtered"),
    ("loopback", CLOSED, OPEN, Blame.NETWORK, "another-machine"),
    ("own", DROPPED, DROPPED, Blame.HOST, "own-filter"),
    ("own", UNTRIED, OPEN, Blame.UNTOLD, "not-tried"),
    ("outside", OPEN, DROPPED, Blame.NETWORK, "dropped-on-one-way"),
    ("outside", OPEN, CLOSED, Blame.NETWORK, "reset-on-one-way"),
    ("outside", OPEN, BY_HOST, Blame.HOST, "host-rejects"),
    ("private", OPEN, BY_ROUTER, Blame.NETWORK, "router-rejects"),
    ("outside", CLOSED, CLOSED, Blame.HOST, "nothing-listens-seen-twice"),
    ("outside", CLOSED, DROPPED, Blame.HOST, "nothing-listens-and-filtered"),
    ("outside", DROPPED, DROPPED, Blame.UNTOLD, "silent-everywhere"),
    ("outside", DROPPED, BY_ROUTER, Blame.NETWORK, "router-rejects"),
]


@pytest.mark.parametrize(("vantage", "inside", "outside", "blame", "why"), ROWS)
def test_who_blocks(vantage: str, inside: PortSeen, outside: PortSeen, blame: Blame, why: str) -> None:
    inner, outer = run(inside, vantage), run(outside, "outside")
    for told in (only(inner, outer), only(outer, inner)):
        assert (told.blocks, told.why) == (blame, why)


def test_every_pair_of_states_has_words_in_both_languages() -> None:
    states = (OPEN, WEB, CLOSED, DROPPED, BY_HOST, BY_ROUTER, UNTRIED)
    places = ("loopback", "own", "private", "outside", "unknown")
    for one, other, here, there in product(states, states, places, places):
        told = only(run(one, here), run(other, there))
        for lang in ("en", "ja"):
            assert words(lang)(f"between.{told.why}", sender=told.sender)
            assert words(lang)(f"between.blocks-{told.blocks}")


def test_localhost_on_the_server_is_the_host_seen_from_outside() -> None:
    inside = run(OPEN, "loopback", "127.0.0.1", "localhost")
    (host,) = compare(run(DROPPED, "outside"), inside)
    assert (host.here, host.there) == (f"mail.example.test ({SERVER})", "localhost (127.0.0.1)")
    assert host.ports[0].blocks is Blame.HOST_OR_NETWORK


def test_hosts_that_only_one_run_has_are_not_compared() -> None:
    two = run(OPEN, "outside")
    other = run(OPEN, "outside", "203.0.113.9", "mx.example.net")
    both = PortsResult("0", two.started, 1.0, two.hosts + other.hosts)
    assert [host.here for host in compare(both, other)] == ["mx.example.net (203.0.113.9)"]
    assert compare(both, run(OPEN, "outside", "203.0.113.10", "mx.example.org")) == ()


def test_ports_that_only_one_run_has_are_not_compared() -> None:
    other = PortSeen(25, PortState.OPEN, Teller.HANDSHAKE, 0.01)
    (host,) = compare(run(OPEN, "outside"), run(other, "loopback"))
    assert host.ports == ()
