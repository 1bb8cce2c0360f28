"""Lists in DNS by their entries for tests: which a configuration names, what is asked, and what the answers mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mailrecord import answers, attempt, record, reply

from configurations import a_file, record_of
from mailproof.catalog.profiles import load_profile
from mailproof.checks.machine.blocklists_sound import check
from mailproof.diagnose.judge import judge
from mailproof.model.configuration import PostfixFiles
from mailproof.model.dns import DnsStatus
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.lookups import BlocklistAsked, LookupsSeen, NameserverAsked
from mailproof.net.memory import MemoryNet
from mailproof.parse.postfix.blocklists import Blocklist, blocklists, counts, postscreen_lists
from mailproof.probes.blocklists import blocklists_asked

SERVER, ZONE = "192.0.2.53", "bl.example.net"
NO_NAME = (DnsStatus.NO_SUCH_NAME, ())
FAILS, SILENT = (DnsStatus.SERVER_FAILURE, ()), (DnsStatus.TIMEOUT, ())
Said = tuple[DnsStatus, tuple[str, ...]]


def listed(*addresses: str) -> Said:
    return DnsStatus.OK, addresses or ("127.0.0.2",)


def asked(name: str, said: Said) -> NameserverAsked:
    return NameserverAsked(SERVER, name, "A", said[0], 0.1, said[1])


def told(must_not: Said, must: Said, counting: str = "", root: Said = (DnsStatus.OK, ())) -> tuple[object, ...]:
    entries = asked(f"1.0.0.127.{ZONE}", must_not), asked(f"2.0.0.127.{ZONE}", must)
    view = LookupsSeen(a_file("/etc/resolv.conf", b"nameserver 192.0.2.53\n"), asked=(asked(".", root),))
    return view, BlocklistAsked(ZONE, counting, *entries)


@pytest.mark.parametrize(
    ("must_not", "must", "counting", "said"),
    [
        (NO_NAME, listed(), "", "+blocklists-sound"),
        (NO_NAME, listed("127.0.0.4", "127.0.0.10"), "127.0.0.[2..11]", "+blocklists-sound"),
        # It lists everybody: as a list that was given up, or a parked name with one answer for all.
        (listed(), listed(), "", "blocklist-broken"),
        (listed("203.0.113.9"), listed("203.0.113.9"), "", "blocklist-broken"),
        # ... and no answer of that kind is taken for a listing.
        (listed("203.0.113.9"), listed("203.0.113.9"), "127.0.0.[2..11]", "+blocklists-sound"),
        # It does not serve this resolver, and says so by an answer.
        (NO_NAME, listed("127.255.255.254"), "", "blocklist-broken"),
        (NO_NAME, listed("127.255.255.254"), "127.0.0.[2..11]", "+blocklists-sound"),
        (SILENT, SILENT, "", "blocklist-broken"),
        (FAILS, FAILS, "", "blocklist-broken"),
        # One answer of two is late: it answers.
        (SILENT, listed(), "", "+blocklists-sound"),
        (NO_NAME, SILENT, "", ""),
        (NO_NAME, NO_NAME, "", "blocklist-without-entries"),
        (NO_NAME, (DnsStatus.NO_DATA, ()), "", "blocklist-without-entries"),
    ],
)
def test_what_the_answers_mean(must_not: Said, must: Said, counting: str, said: str) -> None:
    seen = record(attempt(*told(must_not, must, counting), job="machine"))  # type: ignore[arg-type]
    assert answers(check, seen) == ([said] if said else [])


def test_a_list_of_names_may_have_tests_of_its_own() -> None:
    entries = asked("invalid.dbl.example.net", NO_NAME), asked("test.dbl.example.net", NO_NAME)
    assert answers(check, record(attempt(BlocklistAsked("dbl.example.net", "", *entries, True), job="machine"))) == []
    everybody = asked("invalid.dbl.example.net", listed("127.0.1.2")), asked("test.dbl.example.net", NO_NAME)
    seen = record(attempt(BlocklistAsked("dbl.example.net", "", *everybody, True), job="machine"))
    assert answers(check, seen) == ["blocklist-broken"]


@pytest.mark.parametrize("root", [FAILS, SILENT, NO_NAME])
def test_a_list_is_not_to_blame_where_the_resolver_knows_nobody_outside(root: Said) -> None:
    assert answers(check, record(attempt(*told(SILENT, FAILS, root=root), job="machine"))) == []  # type: ignore[arg-type]


def test_a_list_that_lists_everybody_is_the_cause_of_a_refusal() -> None:
    text = "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using bl.example.net"
    refused = EnvelopeTried(EnvelopePurpose.MAILBOX, "a@b.test", "c@d.test", reply("250 2.1.0 Ok"), reply(text, 1))
    own = attempt(*told(listed(), listed()), job="machine")  # type: ignore[arg-type]
    judged = judge(record(attempt(refused, scheme="smtp"), own), load_profile())
    assert [each.name for each in judged.causes] == ["blocklist-broken"]
    assert "client-blocklisted" in {each.name for each in judged.findings}
    assert {each.text for each in judged.causes[0].evidence} == {"ok (0.1 s) 127.0.0.2"}


MAIN = """== main.cf
compatibility_level = 3.6
myhostname = mail.example.com
smtpd_recipient_restrictions = reject_rbl_client zen.example.net=127.0.0.[2..11], reject_rhsbl_sender, dbl.example.net
 warn_if_reject reject_rbl_client tried.example.net, permit_dnswl_client white.example.net, $mine
mine = reject_rbl_client own.example.net.
postscreen_dnsbl_sites = ps.example.net*2, list.dnswl.example*-2
== master.cf
smtp inet n - n - 1 {}
submission inet n - n - - smtpd
 -o smtpd_client_restrictions=reject_rbl_client,sub.example.net
"""


@pytest.mark.parametrize(
    ("program", "of_postscreen"),
    [
        ("smtpd", []),
        ("postscreen", ["ps.example.net"]),
        ("postscreen\n -o postscreen_dnsbl_sites=other.example.net", ["other.example.net"]),
    ],
)
def test_which_are_asked_and_what(program: str, of_postscreen: list[str]) -> None:
    (fact,) = (sighting.fact for sighting in record_of(MAIN.format(program), here=True).seen(PostfixFiles))
    questions: list[str] = []

    def serves(name: str, rtype: str) -> tuple[DnsStatus, float, *tuple[str, ...]]:
        questions.append(f"{name} {rtype}")
        of_all = name.endswith("own.example.net")
        return (DnsStatus.OK, 0.1, "127.0.0.2") if of_all or name[:1] in "2t" else (DnsStatus.NO_SUCH_NAME, 0.1)

    net = MemoryNet(nameservers={SERVER: serves})
    seen = net.run(blocklists_asked(net, SERVER, fact))
    zones = ["zen.example.net", "dbl.example.net", "own.example.net", "sub.example.net"]
    expected = [*zones, *of_postscreen]
    assert sorted(each.zone for each in seen) == sorted(expected)
    entries = {"1.0.0.127", "2.0.0.127"}
    wanted = {f"{entry}.{zone} A" for zone in expected for entry in entries if zone != "dbl.example.net"}
    assert set(questions) == wanted | {"invalid.dbl.example.net A", "test.dbl.example.net A"}
    view = told(NO_NAME, NO_NAME)[0]
    said = answers(check, record(attempt(view, *seen, job="machine")))  # type: ignore[arg-type]
    assert sorted(said) == sorted(["blocklist-broken", *["+blocklists-sound"] * (len(expected) - 1)])


@pytest.mark.parametrize(
    ("pattern", "address", "is_one"),
    [
        ("", "203.0.113.9", True),
        ("127.0.0.2", "127.0.0.2", True),
        ("127.0.0.2", "127.0.0.20", False),
        ("127.0.0.[2..11]", "127.0.0.11", True),
        ("127.0.0.[2..11]", "127.0.0.12", False),
        ("127.0.[0..255;7].[1;3]", "127.0.99.3", True),
        ("127.0.[0..255;7].[1;3]", "127.0.99.2", False),
        ("127.0.0", "127.0.0.2", False),
        ("127.0.0.", "127.0.0.2", False),
        ("127.0.0.[2..x]", "127.0.0.2", False),
        ("127.0.0.2 ", "127.0.0.2", False),
        ("[..]", "127.0.0.2", False),
    ],
)
def test_which_answers_count(pattern: str, address: str, is_one: bool) -> None:
    assert counts(Blocklist("bl.example.net", pattern), address) is is_one


def test_the_key_of_a_customer_is_not_kept_and_his_list_not_asked() -> None:
    key = "abcdefghijklmnop1234567890"
    lists = f"{key}.zen.dq.spamhaus.net=127.0.0.[2..11], reject_rbl_client {key}.combined.mail.abusix.zone"
    main = f"== main.cf\nsmtpd_client_restrictions = reject_rbl_client {lists}, reject_rbl_client zen.example.net\n"
    (fact,) = (sighting.fact for sighting in record_of(main, here=True).seen(PostfixFiles))
    assert key not in repr(fact)
    net = MemoryNet(nameservers={SERVER: lambda _name, _rtype: (DnsStatus.NO_DATA, 0.1)})
    assert [each.zone for each in net.run(blocklists_asked(net, SERVER, fact))] == ["zen.example.net"]


@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    for each in (*blocklists(f"reject_rbl_client {text}"), *postscreen_lists(text)):
        assert each.zone
        counts(each, text)
