"""A domain is all of its exchangers, and a host all of its addresses: each is judged for itself."""

from __future__ import annotations

import msgspec
import pytest
from labrun import HOST, plan, run

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.lab.embedded.server import OUTSIDE_ADDRESS
from mailproof.model.attempt import Trouble
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.report import Report, Verdict
from mailproof.net.interface import Address
from mailproof.report.build import build
from mailproof.run.endpoints import Wanted
from mailproof.script.authority import Authority

DEAD, SECOND = "192.0.2.99", "mx2.example.test"
V6 = "2001:db8::25"
EXCHANGERS = (
    DnsAnswer("example.test", "MX", DnsStatus.OK, (f"10 {HOST}.", f"20 {SECOND}.")),
    DnsAnswer(SECOND, "A", DnsStatus.OK, (DEAD,)),
)
BOTH_FAMILIES = (DnsAnswer(HOST, "AAAA", DnsStatus.OK, (V6,)),)


def report(authority: Authority, ca_file: str, target: str, names: tuple[DnsAnswer, ...], **met: Trouble) -> Report:
    """What a check of `target` says, where connections to the second exchanger or over IPv6 meet this."""

    def meets(to: Address, purpose: str) -> Trouble | None:
        return met.get("second") if to.address == DEAD else met.get("v6") if to.address == V6 else None

    wanted = msgspec.structs.replace(plan(ca_file, target), wanted=Wanted())
    record = run(authority, wanted, names=names, meets=meets)[0]
    return build(record, judge(record, load_profile()), load_profile())


@pytest.mark.parametrize(("met", "fault"), [(Trouble.REFUSED, "port-closed"), (Trouble.TIMEOUT, "port-filtered")])
def test_of_two_exchangers_the_dead_one_is_named(
    met: Trouble, fault: str, authority: Authority, ca_file: str
) -> None:
    told = report(authority, ca_file, "example.test", EXCHANGERS, second=met)
    assert [(item.name, item.endpoints, item.address) for item in told.causes] == [
        (fault, (f"smtp://{SECOND}",), DEAD)
    ]
    shown = [(item.url, item.address) for item in told.endpoints]
    assert (f"smtp://{HOST}", OUTSIDE_ADDRESS) in shown
    # What was only guessed at the dead one is no endpoint of the report.
    assert [url for url, address in shown if address == DEAD] == [f"smtp://{SECOND}"]


def test_a_server_that_is_dead_over_ipv6_is_dead_there(authority: Authority, ca_file: str) -> None:
    told = report(authority, ca_file, f"submission://{HOST}", BOTH_FAMILIES, v6=Trouble.TIMEOUT)
    assert [(item.name, item.address) for item in told.causes] == [("port-filtered", V6)]
    assert [item.address for item in told.endpoints] == [OUTSIDE_ADDRESS, V6]


def test_a_client_without_ipv6_says_nothing_of_the_server(authority: Authority, ca_file: str) -> None:
    told = report(authority, ca_file, f"submission://{HOST}", BOTH_FAMILIES, v6=Trouble.LOCAL)
    assert (told.causes, told.verdict) == ((), Verdict.PASS)
    assert [item.reason for item in told.not_tested if item.what == "port-open"] == ["local-trouble"]


def test_a_server_that_has_only_ipv6_is_not_told_without_it(authority: Authority, ca_file: str) -> None:
    only = (DnsAnswer(HOST, "A", DnsStatus.NO_DATA), *BOTH_FAMILIES)
    told = report(authority, ca_file, f"submission://{HOST}", only, v6=Trouble.LOCAL)
    assert (told.causes, told.verdict) == ((), Verdict.UNKNOWN)
