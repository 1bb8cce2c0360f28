"""The name of our address, and the greeting that waits for it."""

from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record, reply

from configurations import a_file
from mailproof.catalog.profiles import load_profile
from mailproof.checks.machine.client_name_found import check
from mailproof.diagnose.judge import judge
from mailproof.model.connection import Greeting
from mailproof.model.dns import DnsStatus
from mailproof.model.lookups import LookupsSeen, NameserverAsked, SystemAsked
from mailproof.model.record import Record

CLIENT, POINTER = "198.51.100.7", "7.100.51.198.in-addr.arpa"
ONE, OTHER = "192.0.2.53", "192.0.2.54"
TWO = f"nameserver {ONE}\nnameserver {OTHER}\n"


def asked(server: str, status: DnsStatus, seconds: float, name: str = POINTER) -> NameserverAsked:
    return NameserverAsked(server, name, "PTR" if name == POINTER else "NS", status, seconds)


def view(*questions: NameserverAsked, **told: object) -> LookupsSeen:
    conf = a_file("/etc/resolv.conf", TWO.encode())
    return LookupsSeen(conf, asked=questions, clients=(CLIENT,), **told)  # type: ignore[arg-type]


def seen(greeted: float, *views: LookupsSeen, scheme: str = "smtp") -> Record:
    greeting = Greeting(greeted, reply("220 mx.test ESMTP"), turns=(0,))
    return record(attempt(greeting, scheme=scheme), attempt(*views, job="machine"))


SOON = (asked(ONE, DnsStatus.NO_SUCH_NAME, 0.1), asked(OTHER, DnsStatus.OK, 0.1))
LATE = (asked(ONE, DnsStatus.TIMEOUT, 5.0), asked(OTHER, DnsStatus.OK, 0.1))
NEVER = (asked(ONE, DnsStatus.TIMEOUT, 5.0), asked(OTHER, DnsStatus.TIMEOUT, 5.0))
FAILING = (asked(ONE, DnsStatus.SERVER_FAILURE, 0.4), asked(OTHER, DnsStatus.SERVER_FAILURE, 0.4))


@pytest.mark.parametrize(
    ("greeted", "questions", "said"),
    [
        (0.1, SOON, ["+client-name-found"]),
        (9.0, SOON, ["+client-name-found"]),
        (5.2, LATE, ["client-name-lookup-slow"]),
        (20.0, NEVER, ["client-name-lookup-slow"]),
        # Both fail, twice: less than two seconds, but more than one.
        (1.7, FAILING, ["client-name-lookup-slow"]),
        # The name stands in a hosts file, or was known: nothing waits for it.
        (0.1, LATE, []),
        (0.1, (), []),
    ],
)
def test_what_the_greeting_waits_for(greeted: float, questions: tuple[NameserverAsked, ...], said: list[str]) -> None:
    assert answers(check, seen(greeted, view(*questions))) == said


def test_a_server_of_mailboxes_looks_no_name_up() -> None:
    assert answers(check, seen(9.0, view(*LATE), scheme="imap")) == []


def test_who_asks_no_dns_does_not_wait_for_it() -> None:
    assert answers(check, seen(9.0, view(*LATE, hosts_from=("files",)))) == []


def test_a_smtpd_in_the_chroot_asks_whom_the_copy_names() -> None:
    chroot = view(*SOON, chroot="/var/spool/postfix", services=("smtp/inet", "cleanup/unix"))
    assert answers(check, seen(9.0, view(*LATE), chroot)) == ["+client-name-found"]
    others = view(*SOON, chroot="/var/spool/postfix", services=("smtp/unix",))
    assert answers(check, seen(9.0, view(*LATE), others)) == ["client-name-lookup-slow"]


@pytest.mark.parametrize(("seconds", "said"), [(0.3, "+client-name-found"), (9.1, "client-name-lookup-slow")])
def test_what_getent_of_another_machine_took(seconds: float, said: str) -> None:
    told = (
        SystemAsked("getent ahostsv4 a.root-servers.net", 0, 0.1),
        SystemAsked(f"getent hosts {CLIENT}", 2, seconds),
    )
    assert answers(check, seen(9.0, view(system=told))) == [said]


def test_a_resolver_that_is_down_is_the_one_cause_of_a_late_greeting() -> None:
    down = view(*NEVER, *(asked(server, DnsStatus.TIMEOUT, 5.0, ".") for server in (ONE, OTHER)))
    judged = judge(seen(20.0, down), load_profile("default"))
    assert [cause.name for cause in judged.causes] == ["resolver-down"]
    assert {finding.name for finding in judged.findings} == {
        "resolver-down",
        "client-name-lookup-slow",
        "greeting-slow",
    }


def test_one_reverse_zone_without_servers_is_the_cause_where_the_resolver_answers() -> None:
    well = view(*NEVER, *(asked(server, DnsStatus.OK, 0.1, ".") for server in (ONE, OTHER)))
    judged = judge(seen(20.0, well), load_profile("default"))
    assert [cause.name for cause in judged.causes] == ["client-name-lookup-slow"]
