"""From a name to the places that are dialled: MX, SRV, every address; a guess is no promise."""

from __future__ import annotations

from collections.abc import Iterable

from mailproof.model.observation import DnsAnswer, DnsStatus
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
    assert places("example.com", [answer("example.com", "MX", "0 .")]) == []


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
