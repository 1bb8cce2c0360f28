"""DNS over our own sockets, against a name server on loopback that answers, truncates, lies and stays silent."""

from __future__ import annotations

from pathlib import Path

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest

from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.net.dns import Configuration, configuration, resolve
from mailproof.net.loop import Loop
from mailproof.net.sockets import SocketNet
from nameserver import Change, Zone, answered, name_server

ZONE: Zone = {
    ("mail.test.", "A"): ["192.0.2.1", "192.0.2.2"],
    ("example.test.", "MX"): ["10 mx1.example.test.", "20 mx2.example.test."],
    ("_submission._tcp.example.test.", "SRV"): ["0 1 587 mail.example.test."],
    ("big.test.", "A"): [f"192.0.2.{number}" for number in range(1, 120)],
}


def ask(
    name: str,
    rtype: str,
    server: tuple[str, int],
    *,
    within: float = 5.0,
    hosts: Path = Path("/dev/null"),
    search: tuple[str, ...] = (),
) -> DnsAnswer:
    net = SocketNet()
    loop: Loop = net.loop
    return net.run(resolve(loop, name, rtype, within, asking=Configuration((server,), search), hosts=hosts))


@pytest.mark.parametrize(
    ("name", "rtype", "answers"),
    [
        ("mail.test", "A", ("192.0.2.1", "192.0.2.2")),
        ("example.test", "MX", ("10 mx1.example.test", "20 mx2.example.test")),
        ("_submission._tcp.example.test", "SRV", ("0 1 587 mail.example.test",)),
    ],
)
def test_answers_are_in_presentation_form(name: str, rtype: str, answers: tuple[str, ...]) -> None:
    with name_server(ZONE) as server:
        found = ask(name, rtype, server)
    assert (found.status, sorted(found.answers)) == (DnsStatus.OK, sorted(answers))  # dnspython shuffles its own


def test_what_is_too_long_for_udp_is_asked_over_tcp() -> None:
    with name_server(ZONE) as server:
        assert len(ask("big.test", "A", server).answers) == 119


def test_no_such_name_is_told_from_no_such_record() -> None:
    with name_server(ZONE) as server:
        assert ask("nowhere.test", "A", server).status is DnsStatus.NO_SUCH_NAME
        assert ask("mail.test", "AAAA", server).status is DnsStatus.NO_DATA


def test_somebody_elses_answer_is_not_taken() -> None:
    def forged_first(query: dns.message.Message) -> list[bytes]:
        forged = answered(query, ZONE, tcp=False)
        forged.id = query.id ^ 1
        return [b"rubbish", forged.to_wire(), answered(query, ZONE, tcp=False).to_wire()]

    with name_server(ZONE, forged_first) as server:
        assert set(ask("mail.test", "A", server).answers) == {"192.0.2.1", "192.0.2.2"}


def aliased(*further: tuple[str, str, str]) -> Change:
    """Whatever is asked for is another name for alias.test; besides there are these records."""

    def change(query: dns.message.Message) -> list[bytes]:
        response = dns.message.make_response(query)
        asked = query.question[0].name.to_text()
        for name, rtype, data in ((asked, "CNAME", "alias.test."), *further):
            response.answer.append(dns.rrset.from_text(name, 60, "IN", rtype, data))
        return [response.to_wire()]

    return change


def test_aliases_are_followed_and_records_of_other_names_are_not_believed() -> None:
    further = (("alias.test.", "A", "192.0.2.1"), ("other.test.", "A", "192.0.2.66"))
    with name_server(ZONE, aliased(*further)) as server:
        assert ask("mail.test", "A", server).answers == ("192.0.2.1",)


def test_a_circle_of_aliases_is_no_data() -> None:
    with name_server(ZONE, aliased(("alias.test.", "CNAME", "mail.test."))) as server:
        assert ask("mail.test", "A", server).status is DnsStatus.NO_DATA


def test_a_silent_server_is_a_timeout_within_the_deadline() -> None:
    with name_server(ZONE, lambda query: []) as server:
        assert ask("mail.test", "A", server, within=0.1).status is DnsStatus.TIMEOUT


def test_a_server_that_fails_is_told() -> None:
    def fails(query: dns.message.Message) -> list[bytes]:
        answer = dns.message.make_response(query)
        answer.set_rcode(dns.rcode.SERVFAIL)
        return [answer.to_wire()]

    with name_server(ZONE, fails) as server:
        assert ask("mail.test", "A", server).status is DnsStatus.SERVER_FAILURE


def test_the_hosts_file_comes_first(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("# comment\n192.0.2.9  Mail.Test mail  # ours\n2001:db8::9 mail.test\n")
    with name_server(ZONE) as server:
        assert ask("mail.test", "A", server, hosts=hosts) == DnsAnswer(
            "mail.test", "A", DnsStatus.OK, ("192.0.2.9",), "hosts"
        )
        assert ask("mail.test", "AAAA", server, hosts=hosts).answers == ("2001:db8::9",)


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".test", "." * 5, "\u00ad.test"])
def test_a_name_that_cannot_be_asked_for_does_not_exist(name: str) -> None:
    assert ask(name, "A", ("127.0.0.1", 9)).status is DnsStatus.NO_SUCH_NAME


def test_a_name_of_one_label_is_looked_for_in_the_search_domains_and_the_answer_says_which_it_was() -> None:
    with name_server(ZONE) as server:
        found = ask("mail", "A", server, search=("example.test", "test"))
        assert (found.name, found.status) == ("mail.test", DnsStatus.OK)
        assert ask("mail", "AAAA", server, search=("test",)) == DnsAnswer("mail.test", "AAAA", DnsStatus.NO_DATA)
        assert ask("nobody", "A", server, search=("test",)) == DnsAnswer("nobody", "A", DnsStatus.NO_SUCH_NAME)


@pytest.mark.parametrize("name", ["mail.", "mx.mail"])
def test_a_name_with_a_dot_is_taken_as_it_is(name: str) -> None:
    with name_server(ZONE) as server:
        assert ask(name, "A", server, search=("test",)) == DnsAnswer(name, "A", DnsStatus.NO_SUCH_NAME)


@pytest.mark.parametrize("content", [None, "", "search example.test\n", "nameserver no-address\n", b"\xff\xfe \x00"])
def test_a_machine_without_resolver_is_no_proof_that_a_name_is_missing(tmp_path: Path, content: str | bytes) -> None:
    file = tmp_path / "resolv.conf"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    net = SocketNet()
    question = resolve(net.loop, "mail.test", "A", 1.0, hosts=Path("/dev/null"), resolv_conf=file)
    assert net.run(question) == DnsAnswer("mail.test", "A", DnsStatus.NO_RESOLVER)


def test_the_configuration_is_that_of_the_system(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("nameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch corp.test example.test\n")
    wanted = Configuration((("192.0.2.53", 53), ("2001:db8::53", 53)), ("corp.test", "example.test"))
    assert configuration(file) == wanted
