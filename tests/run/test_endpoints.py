"""From a name to the places that are dialled: MX, SRV, every address; a guess is no promise."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from mailproof.model.attempt import Skipped, Status
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.net.memory import MemoryNet
from mailproof.run.endpoints import Resolver, Wanted
from mailproof.run.targets import parse_target


def answer(name: str, rtype: str, *answers: str) -> DnsAnswer:
    return DnsAnswer(name, rtype, DnsStatus.OK, answers)


def places(target: str, names: Iterable[DnsAnswer] = (), wanted: Wanted | None = None) -> list[tuple[str, str, bool]]:
    net = MemoryNet(names=names)
    resolver = Resolver(net, wanted or Wanted())
    found = net.run(resolver.endpoints(parse_target(target)))
    return [(place.url, place.address, place.promised) for place in found]


def named(*targets: str, names: Iterable[DnsAnswer] = (), wanted: Wanted | None = None) -> dict[str, bool]:
    """Which endpoints may be told a secret."""
    net = MemoryNet(names=names)
    found = net.run(Resolver(net, wanted or Wanted()).endpoints(*map(parse_target, targets)))
    return {place.url: place.named for place in found}


MX1 = answer("mx1.example.com", "A", "192.0.2.1")
MX2 = answer("mx2.example.com", "A", "192.0.2.2")


def test_each_address_of_a_host_is_an_endpoint_of_its_own() -> None:
    names = [answer("mail.test", "A", "192.0.2.1", "192.0.2.2"), answer("mail.test", "AAAA", "2001:db8::1")]
    assert places("imaps://mail.test", names) == [
        ("imaps://mail.test", "192.0.2.1", True),
        ("imaps://mail.test", "192.0.2.2", True),
        ("imaps://mail.test", "2001:db8::1", True),
    ]


def test_an_address_asks_nobody() -> None:
    net = MemoryNet()
    resolver = Resolver(net, Wanted())
    [place] = net.run(resolver.endpoints(parse_target("smtp://192.0.2.1")))
    assert place.address == place.name == "192.0.2.1"
    assert resolver.attempt() is None


def test_all_exchangers_of_a_domain_are_promised_in_their_order_and_the_rest_is_guessed() -> None:
    names = [answer("example.com", "MX", "20 mx2.example.com", "10 mx1.example.com"), MX1, MX2]
    found = places("example.com", names)
    assert [url for url, _, promised in found if promised] == ["smtp://mx1.example.com", "smtp://mx2.example.com"]
    assert ("submission://mx1.example.com", "192.0.2.1", False) in found
    assert ("imaps://mx2.example.com", "192.0.2.2", False) in found


def test_srv_records_promise_a_service_elsewhere_and_end_the_guess() -> None:
    names = [
        answer("example.com", "MX", "10 mx1.example.com"),
        answer("_submissions._tcp.example.com", "SRV", "0 1 465 mail.example.com"),
        answer("_imaps._tcp.example.com", "SRV", "0 1 9993 mail.example.com"),
        answer("_pop3._tcp.example.com", "SRV", "0 0 0 ."),
        answer("mail.example.com", "A", "192.0.2.9"),
        MX1,
    ]
    found = places("example.com", names)
    assert ("submissions://mail.example.com", "192.0.2.9", True) in found
    assert ("imaps://mail.example.com:9993", "192.0.2.9", True) in found
    assert not any(url.startswith(("pop3://", "submissions://mx1", "imaps://mx1")) for url, _, _ in found)


def test_a_name_without_mx_is_a_host_whose_usual_ports_are_guessed() -> None:
    found = places("mail.test", [answer("mail.test", "A", "192.0.2.1")])
    assert len(found) == 7
    assert {address for _, address, _ in found} == {"192.0.2.1"}
    assert not any(promised for _, _, promised in found)


def test_a_domain_with_null_mx_takes_no_mail_and_is_no_host_with_mail_either() -> None:
    """And it is said: `check` had nothing to say, and `send` blamed a conversation that never was."""
    null = Skipped("host-serves-mail", "null-mx", asked=True, params={"host": "example.com"})
    assert resolved("example.com", [answer("example.com", "MX", "0 .")]) == ([], Status.OK, (null,))


def test_what_a_domain_with_null_mx_promises_besides_is_still_looked_at() -> None:
    names = [
        answer("example.com", "MX", "0 ."),
        answer("example.com", "A", "192.0.2.80"),
        answer("_imaps._tcp.example.com", "SRV", "0 1 993 mx1.example.com."),
        MX1,
    ]
    urls, _, skipped = resolved("example.com", names)
    assert urls == ["imaps://mx1.example.com"] and [(each.why, each.asked) for each in skipped] == [
        ("null-mx", False)
    ]


@pytest.mark.parametrize("address", ["192.0.2.9", "127.0.0.1"])
def test_an_address_in_an_mx_is_a_name_that_nobody_has(address: str) -> None:
    """Mail servers look it up, in vain; to dial it would prove a domain sound that gets no mail."""
    net = MemoryNet(names=[answer("example.com", "MX", f"10 {address}.")])
    resolver = Resolver(net, Wanted())
    assert net.run(resolver.endpoints(parse_target("example.com"))) == ()
    attempt = resolver.attempt()
    assert attempt is not None
    seen = [(fact.name, fact.rtype) for fact in attempt.observations if isinstance(fact, DnsAnswer)]
    assert (address, "A") in seen and (address, "AAAA") in seen


def test_a_name_that_does_not_exist_gives_no_endpoint_and_says_so() -> None:
    net = MemoryNet()
    resolver = Resolver(net, Wanted())
    assert net.run(resolver.endpoints(parse_target("smtp://nowhere.test"))) == ()
    attempt = resolver.attempt()
    assert attempt is not None and attempt.transcript is not None
    assert [turn.text for turn in attempt.transcript.turns] == [
        "dns: nowhere.test A: no-such-name",
        "dns: nowhere.test AAAA: no-such-name",
    ]


def test_the_name_to_present_is_another_than_the_host_where_asked() -> None:
    net = MemoryNet()
    resolver = Resolver(net, Wanted(name="mail.example.com"))
    [place] = net.run(resolver.endpoints(parse_target("smtp://192.0.2.1:2525")))
    assert (place.host, place.name, place.url) == ("192.0.2.1", "mail.example.com", "smtp://192.0.2.1:2525")


def test_one_family_only_where_asked() -> None:
    names = [answer("mail.test", "A", "192.0.2.1"), answer("mail.test", "AAAA", "2001:db8::1")]
    assert [address for _, address, _ in places("smtp://mail.test", names, Wanted(families=("AAAA",)))] == [
        "2001:db8::1"
    ]


ELSEWHERE = [
    answer("example.com", "MX", "10 mx1.example.com"),
    answer("_submissions._tcp.example.com", "SRV", "0 1 465 mail.provider.test"),
    answer("_imaps._tcp.example.com", "SRV", "0 1 993 notexample.com"),
    answer("mail.provider.test", "A", "192.0.2.66"),
    answer("notexample.com", "A", "192.0.2.67"),
    MX1,
]


def test_a_host_in_the_domain_that_was_typed_is_named_and_one_that_only_dns_named_is_not() -> None:
    found = named("example.com", names=ELSEWHERE)
    assert [url for url, is_named in found.items() if not is_named] == [
        "submissions://mail.provider.test",
        "imaps://notexample.com",
    ]
    assert found["smtp://mx1.example.com"] and found["submission://mx1.example.com"]


def test_who_types_the_host_as_well_names_it_and_it_is_one_endpoint() -> None:
    found = named("example.com", "submissions://Mail.Provider.test", names=ELSEWHERE)
    assert found["submissions://mail.provider.test"] and "submissions://Mail.Provider.test" not in found
    assert not found["imaps://notexample.com"]


def test_who_gives_the_name_to_verify_names_every_host() -> None:
    assert all(named("example.com", names=ELSEWHERE, wanted=Wanted(name="mail.provider.test")).values())


def test_a_domain_is_the_same_in_its_own_script_and_in_a_labels() -> None:
    names = [
        answer("例え.example", "MX", "10 mx.xn--r8jz45g.example"),
        answer("mx.xn--r8jz45g.example", "A", "192.0.2.1"),
    ]
    assert named("例え.example", names=names)["smtp://mx.xn--r8jz45g.example"]


def test_an_exchanger_at_our_own_machine_or_nowhere_is_not_dialled() -> None:
    names = [answer("example.com", "MX", "10 mx1.example.com.", "20 mx2.example.com."), MX2]
    names.append(answer("mx1.example.com", "A", "0.0.0.0", "127.0.0.1", "224.0.0.1"))
    assert {address for _, address, _ in places("example.com", names)} == {"192.0.2.2"}
    # Who types the name himself means his own machine.
    assert places("smtp://mx1.example.com", names)[1] == ("smtp://mx1.example.com", "127.0.0.1", True)


def test_of_very_many_hosts_and_addresses_some_are_left_out_and_it_is_said() -> None:
    hosts = [f"mx{number}.example.com" for number in range(1000)]
    many = [answer("example.com", "MX", *(f"{n} {host}." for n, host in enumerate(hosts)))]
    many += [answer(host, "A", "192.0.2.1") for host in hosts]
    wide = [answer("wide.test", "A", *(f"192.0.{a}.{b}" for a in range(4) for b in range(256)))]
    for target, names in (("example.com", many), ("smtp://wide.test", wide)):
        net = MemoryNet(names=names)
        resolver = Resolver(net, Wanted(families=("A",)))
        found = net.run(resolver.endpoints(parse_target(target)))
        assert 50 <= len(found) <= 100
        made = resolver.attempt()
        assert made is not None and [skipped.why for skipped in made.skipped] == ["too-many-places"]


def resolved(target: str, names: Iterable[DnsAnswer]) -> tuple[list[str], Status, tuple[Skipped, ...]]:
    net = MemoryNet(names=names)
    resolver = Resolver(net, Wanted())
    found = net.run(resolver.endpoints(parse_target(target)))
    attempt = resolver.attempt()
    assert attempt is not None
    return [place.url for place in found], attempt.steps[0].status, attempt.skipped


@pytest.mark.parametrize("status", [DnsStatus.SERVER_FAILURE, DnsStatus.TIMEOUT, DnsStatus.NO_RESOLVER])
def test_without_an_answer_for_mx_nothing_is_guessed(status: DnsStatus) -> None:
    names = [DnsAnswer("example.com", "MX", status), answer("example.com", "A", "192.0.2.80")]
    skipped = Skipped("host-resolves", "resolver-failed", asked=True, params={"host": "example.com"})
    assert resolved("example.com", names) == ([], Status.FAILED, (skipped,))


def test_without_an_answer_for_srv_that_service_is_not_guessed() -> None:
    lost = "_submission._tcp.example.com"
    names = [answer("example.com", "MX", "10 mx1.example.com"), DnsAnswer(lost, "SRV", DnsStatus.SERVER_FAILURE), MX1]
    urls, status, skipped = resolved("example.com", names)
    assert status is Status.FAILED
    assert skipped == (Skipped("host-resolves", "resolver-failed", asked=True, params={"host": lost}),)
    assert "submission://mx1.example.com" not in urls and "imaps://mx1.example.com" in urls


def test_services_are_asked_for_side_by_side() -> None:
    labels = ("_submission", "_submissions", "_pop3", "_pop3s", "_imap", "_imaps")
    lost = [DnsAnswer(f"{label}._tcp.example.com", "SRV", DnsStatus.TIMEOUT) for label in labels]
    net = MemoryNet(names=[answer("example.com", "MX", "10 mx1.example.com"), MX1, *lost])
    resolver = Resolver(net, Wanted(timeout=30.0))
    assert len(net.run(resolver.endpoints(parse_target("example.com")))) == 1
    assert net.now() == 30.0
    attempt = resolver.attempt()
    assert attempt is not None and attempt.transcript is not None
    for seen in attempt.observations:
        assert isinstance(seen, DnsAnswer)
        assert f" {seen.name} {seen.rtype}: " in attempt.transcript.turns[seen.turns[0]].text


def test_a_name_that_a_search_domain_completed_has_the_addresses_of_one_host() -> None:
    names = [
        DnsAnswer("mail.corp.test", "A", DnsStatus.OK, ("192.0.2.1",)),
        answer("mail.corp.test", "AAAA", "2001:db8::1"),
    ]
    net = Searching(names=names)
    places = net.run(Resolver(net, Wanted()).endpoints(parse_target("imaps://mail")))
    assert [(place.host, place.address, place.named) for place in places] == [
        ("mail", "192.0.2.1", True),
        ("mail", "2001:db8::1", True),
    ]


def test_a_short_name_out_of_dns_is_not_looked_for_in_search_domains() -> None:
    names = [answer("example.com", "MX", "10 mail"), answer("mail.corp.test", "A", "192.0.2.1")]
    net = Searching(names=names)
    assert net.run(Resolver(net, Wanted()).endpoints(parse_target("example.com"))) == ()


class Searching(MemoryNet):
    """Has one search domain, `corp.test`."""

    async def resolve(self, name: str, rtype: str, deadline: float) -> DnsAnswer:
        return await super().resolve(name if "." in name else f"{name}.corp.test", rtype, deadline)
