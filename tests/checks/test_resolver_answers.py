"""Name servers that answer, that are silent, that fail; and what getent tells of those of another machine."""

from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record

from configurations import a_file
from mailproof.catalog.profiles import load_profile
from mailproof.checks.machine.resolver_answers import check
from mailproof.diagnose.judge import judge
from mailproof.model.dns import DnsStatus
from mailproof.model.finding import Finding
from mailproof.model.lookups import LookupsSeen, NameserverAsked, SystemAsked
from mailproof.model.policy import Policy
from mailproof.model.record import Record

ONE, OTHER = "192.0.2.53", "192.0.2.54"
TWO = f"nameserver {ONE}\nnameserver {OTHER}\n"
SILENT = (DnsStatus.TIMEOUT, 5.0)
NOBODY = (DnsStatus.TIMEOUT, 0.0)
FAILS = (DnsStatus.SERVER_FAILURE, 0.1)
FOUND = (DnsStatus.OK, 0.1)
NO_NAME = (DnsStatus.NO_SUCH_NAME, 0.1)
KNOWN = "getent ahostsv4 a.root-servers.net"


def view(text: str, *asked: tuple[str, DnsStatus, float], **told: object) -> LookupsSeen:
    questions = tuple(NameserverAsked(server, ".", "NS", status, seconds) for server, status, seconds in asked)
    return LookupsSeen(a_file("/etc/resolv.conf", text.encode()), asked=questions, **told)  # type: ignore[arg-type]


def seen(*views: LookupsSeen) -> Record:
    return record(attempt(*views, job="machine"))


@pytest.mark.parametrize(
    ("text", "asked", "said"),
    [
        (TWO, ((ONE, *FOUND), (OTHER, *FOUND)), ["+resolver-answers"]),
        # That there is no such name is an answer.
        (TWO, ((ONE, *NO_NAME), (OTHER, *NO_NAME)), ["+resolver-answers"]),
        # Of one that answers to something, what it cannot say lies elsewhere.
        (TWO, ((ONE, *SILENT), (ONE, *FOUND), (OTHER, *FOUND)), ["+resolver-answers"]),
        # In a closed network the root is not known, and the server's own name is.
        (TWO, ((ONE, *FAILS), (ONE, *FOUND), (OTHER, *FAILS)), ["+resolver-answers"]),
        (TWO, ((ONE, *SILENT), (OTHER, *FAILS)), ["resolver-down"]),
        (TWO, ((ONE, *SILENT), (OTHER, *FOUND)), ["nameserver-dead"]),
        # The second is only asked where the first is silent.
        (TWO, ((ONE, *FOUND), (OTHER, *SILENT)), ["+resolver-answers"]),
        (TWO + "options rotate\n", ((ONE, *FOUND), (OTHER, *SILENT)), ["nameserver-dead"]),
        # Where nobody listens, and where it fails, the next is asked at once.
        (TWO, ((ONE, *NOBODY), (OTHER, *FOUND)), ["+resolver-answers"]),
        (TWO, ((ONE, *FAILS), (OTHER, *FOUND)), ["+resolver-answers"]),
        ("", (("127.0.0.1", *NOBODY),), ["resolver-down"]),
        ("", (("127.0.0.1", *FOUND),), ["+resolver-answers"]),
        ("", (), []),
    ],
)
def test_what_the_servers_say(text: str, asked: tuple[tuple[str, DnsStatus, float], ...], said: list[str]) -> None:
    assert answers(check, seen(view(text, *asked))) == said


@pytest.mark.parametrize(
    ("text", "asked", "reason", "severity"),
    [
        (TWO, ((ONE, *SILENT), (OTHER, *FAILS)), "server-failure", "fail"),
        (TWO, ((ONE, *SILENT), (OTHER, *NOBODY)), "timeout", "fail"),
        (TWO, ((ONE, *NOBODY), (OTHER, *NOBODY)), "refused", "fail"),
        # A machine that is to know no names: nothing waits.
        ("", (("127.0.0.1", *NOBODY),), "none-named", "warn"),
    ],
)
def test_why_and_how_much_it_weighs(
    text: str, asked: tuple[tuple[str, DnsStatus, float], ...], reason: str, severity: str
) -> None:
    policy = load_profile("default")
    (found,) = judge(seen(view(text, *asked)), policy).causes
    assert (found.name, found.params["reason"], found.severity.value) == ("resolver-down", reason, severity)
    assert found.evidence[0].where == "/etc/resolv.conf"


def test_one_resolver_that_is_down_in_two_places_is_one_fault() -> None:
    down = view(f"nameserver {ONE}", (ONE, *SILENT))
    chroot = view(f"nameserver {ONE}", (ONE, *SILENT), chroot="/var/spool/postfix", services=("smtp/inet",))
    assert answers(check, seen(down, chroot)) == ["resolver-down"]
    well = view(f"nameserver {OTHER}", (OTHER, *FOUND))
    assert answers(check, seen(well, chroot)) == ["+resolver-answers", "resolver-down"]
    (found,) = [each for each in check(seen(well, chroot), Policy("test", {})) if isinstance(each, Finding)]
    assert found.params["where"] == "chroot"


@pytest.mark.parametrize(
    ("status", "seconds", "said"),
    [
        (0, 0.2, ["+resolver-answers"]),
        (0, 6.0, ["+resolver-answers"]),
        (2, 9.0, ["resolver-down"]),
        (124, 9.0, ["resolver-down"]),
        (2, 0.2, ["?lookups-failed-at-once"]),
    ],
)
def test_what_getent_tells_of_another_machine(status: int, seconds: float, said: list[str]) -> None:
    assert answers(check, seen(view(TWO, system=(SystemAsked(KNOWN, status, seconds),)))) == said
    # Of our own address alone nothing is known of the resolver.
    assert answers(check, seen(view(TWO, system=(SystemAsked("getent hosts 192.0.2.7", status, seconds),)))) == []


def test_who_was_not_asked_is_told() -> None:
    assert answers(check, seen(view(TWO, unasked="lookups-elsewhere"))) == ["?lookups-elsewhere"]
