"""`run.hand.ports` in virtual time: states, services, manners and pace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec
import pytest

from mailproof.model.attempt import Trouble
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.port import HostSeen, PortSeen, PortsResult, PortState, Service, Teller, TlsSeen
from mailproof.model.proxy import Proxy, ProxyKind, ProxyOutcome
from mailproof.model.tls import ServerTls
from mailproof.net.interface import Address, Handler, ServerStream
from mailproof.net.memory import MemoryNet
from mailproof.probes.port import PortTerms
from mailproof.run.hand.ports import DEFAULT, PortsPlan, scan
from mailproof.script.authority import Authority, CertificateKind
from mailproof.wire.proxies.socks5 import compose_reply
from proxyhost import ProxyHost

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SERVER = "192.0.2.25"
LONG = 1e6

Talk = Callable[[ServerStream], Awaitable[None]]


@pytest.fixture(scope="module")
def tls() -> ServerTls:
    issued = Authority().issue(CertificateKind.GOOD, "mail.example.test", NOW)
    return ServerTls(issued.chain_pem.decode(), issued.key_pem.decode())


def lines(*said: str, upgrade: ServerTls | None = None, kept: list[bytes] | None = None) -> Talk:
    """Says one text, waits for a line of the client, says the next."""

    async def serve(stream: ServerStream) -> None:
        if upgrade is not None and (await stream.accept_tls(upgrade, LONG)).trouble is not None:
            return
        for text in said:
            await stream.write(text.encode(), LONG)
            data = await stream.read(LONG)
            if kept is not None:
                kept.append(data)
            if not data:
                return
        while data := await stream.read(LONG):
            if kept is not None:
                kept.append(data)

    return serve


async def mute(stream: ServerStream) -> None:
    while await stream.read(LONG):
        pass


async def web(stream: ServerStream) -> None:
    await stream.read(LONG)
    await stream.write(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", LONG)


def looked(servers: dict[int, Talk | Trouble], ports: tuple[int, ...] = ()) -> dict[int, PortSeen]:
    def switchboard(to: Address, purpose: str) -> Handler | Trouble:
        assert purpose == "ports"
        return servers.get(to.port, Trouble.REFUSED)

    net = MemoryNet(switchboard=switchboard)
    plan = PortsPlan((SERVER,), ports or tuple(servers))
    result = net.run(scan(net, plan, NOW, lambda address: "198.51.100.7"))
    (host,) = result.hosts
    assert (host.vantage, host.local) == ("outside", "198.51.100.7")
    return {seen.port: seen for seen in host.ports}


def test_open_closed_and_filtered() -> None:
    seen = looked({25: lines("220 mx ESMTP\r\n"), 110: Trouble.REFUSED, 143: Trouble.TIMEOUT, 993: Trouble.LOCAL})
    assert [(each.state, each.teller) for each in seen.values()] == [
        (PortState.OPEN, Teller.HANDSHAKE),
        (PortState.CLOSED, Teller.RST),
        (PortState.FILTERED, Teller.TIMEOUT),
        (PortState.UNTRIED, Teller.LOCAL),
    ]
    assert seen[143].seconds == pytest.approx(5.0)


def test_services_are_known_by_what_they_say(tls: ServerTls) -> None:
    seen = looked(
        {
            22: lines("SSH-2.0-x\r\n"),
            25: lines("220 mx ESMTP\r\n", "250-mx\r\n250 STARTTLS\r\n"),
            26: lines("220 mx\r\n", "250 mx\r\n"),
            24: lines("220 mx\r\n", "502 5.5.2 no\r\n", "250-mx\r\n250 STARTTLS\r\n"),
            110: lines("+OK ready\r\n", "+OK\r\nSTLS\r\nUIDL\r\n.\r\n"),
            143: lines("* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n"),
            144: lines("* OK hi\r\n", "* CAPABILITY IMAP4rev1\r\na OK done\r\n"),
            4190: lines('"IMPLEMENTATION" "x"\r\n"STARTTLS"\r\nOK\r\n'),
            465: lines("220 mx ESMTP\r\n", upgrade=tls),
            8465: lines("220 mx ESMTP\r\n", upgrade=tls),
            993: lines("* OK hi\r\n", "a OK\r\n"),
            995: mute,
            80: web,
            443: web,
            7: mute,
        }
    )
    found = {port: (each.service, each.tls) for port, each in seen.items()}
    assert found == {
        22: (Service.SSH, TlsSeen.NONE),
        25: (Service.SMTP, TlsSeen.UPGRADE),
        26: (Service.SMTP, TlsSeen.NONE),
        24: (Service.LMTP, TlsSeen.UPGRADE),
        110: (Service.POP3, TlsSeen.UPGRADE),
        143: (Service.IMAP, TlsSeen.UPGRADE),
        144: (Service.IMAP, TlsSeen.NONE),
        4190: (Service.SIEVE, TlsSeen.UPGRADE),
        465: (Service.SMTP, TlsSeen.AT_ONCE),
        8465: (Service.SMTP, TlsSeen.AT_ONCE),
        993: (Service.IMAP, TlsSeen.NONE),
        995: (Service.SILENT, TlsSeen.UNTOLD),
        80: (Service.HTTP, TlsSeen.NONE),
        443: (Service.HTTP, TlsSeen.NONE),
        7: (Service.SILENT, TlsSeen.UNTOLD),
    }
    assert seen[25].greeting == "220 mx ESMTP"
    assert seen[993].is_clear_where_tls_belongs
    assert not seen[465].is_clear_where_tls_belongs


def test_ssh_at_the_port_of_smtp_is_named() -> None:
    seen = looked({25: lines("SSH-2.0-OpenSSH_9.2\r\n"), 22: lines("SSH-2.0-OpenSSH_9.2\r\n")})
    assert (seen[25].service, seen[25].is_another_service) == (Service.SSH, True)
    assert not seen[22].is_another_service


def test_who_is_asked_is_told_goodbye() -> None:
    said: list[bytes] = []
    looked({25: lines("220 mx ESMTP\r\n", "250 mx\r\n", kept=said)})
    assert said == [b"EHLO [127.0.0.1]\r\n", b"QUIT\r\n"]
    said.clear()
    looked({110: lines("+OK hi\r\n", "+OK\r\n.\r\n", kept=said)})
    assert said == [b"CAPA\r\n", b"QUIT\r\n"]


def test_who_is_not_ready_is_not_spoken_to() -> None:
    """postscreen's first line, and silence after it: who speaks now is taken for a spammer."""
    said: list[bytes] = []

    async def teaser(stream: ServerStream) -> None:
        await stream.write(b"220-mx ESMTP wait\r\n", LONG)
        said.append(await stream.read(LONG))

    seen = looked({25: teaser})
    assert (seen[25].service, said) == (Service.SMTP, [b"QUIT\r\n"])


def test_a_flood_has_an_end_and_a_terminal_is_not_disturbed() -> None:
    async def flood(stream: ServerStream) -> None:
        for _ in range(100):
            await stream.write(b"\x1b]0;owned\x07" * 1000, LONG)

    seen = looked({25: flood})
    assert seen[25].service is Service.UNKNOWN
    assert len(seen[25].greeting) <= 200
    assert "\x1b" not in seen[25].greeting


def test_each_address_of_each_name_is_looked_at_and_a_name_without_one_is_told() -> None:
    names = (
        DnsAnswer("mail.example.test", "A", DnsStatus.OK, ("192.0.2.1", "192.0.2.2")),
        DnsAnswer("mail.example.test", "AAAA", DnsStatus.OK, ("2001:db8::1",)),
    )
    net = MemoryNet(names=names)
    plan = PortsPlan(("mail.example.test", "192.0.2.1", "none.example.test"), (25, 587))
    told: list[tuple[int, int]] = []
    result = net.run(scan(net, plan, NOW, lambda address: address, lambda done, of: told.append((done, of))))
    assert [(host.host, host.address) for host in result.hosts] == [
        ("mail.example.test", "192.0.2.1"),
        ("mail.example.test", "192.0.2.2"),
        ("mail.example.test", "2001:db8::1"),
        ("192.0.2.1", "192.0.2.1"),
        ("none.example.test", ""),
    ]
    assert [len(host.ports) for host in result.hosts] == [2, 2, 2, 2, 0]
    assert all(host.is_from_itself for host in result.hosts if host.address)
    assert told == [(done, 8) for done in range(1, 9)]


def test_connections_are_paced() -> None:
    net = MemoryNet()
    plan = PortsPlan((SERVER,), tuple(range(1, 101)), terms=PortTerms(), rate=20.0)
    result = net.run(scan(net, plan, NOW, lambda address: ""))
    assert len(result.hosts[0].ports) == 100
    assert result.seconds == pytest.approx(99 / 20, abs=0.01)


def test_silent_ports_wait_side_by_side() -> None:
    net = MemoryNet(switchboard=lambda to, purpose: Trouble.TIMEOUT)
    plan = PortsPlan((SERVER,), tuple(range(1, 1001)), rate=1000.0)
    result = net.run(scan(net, plan, NOW, lambda address: ""))
    (host,) = result.hosts
    assert isinstance(host, HostSeen)
    assert result.seconds == pytest.approx(50, abs=5)


def test_the_default_ports_are_those_of_mail_and_of_the_article() -> None:
    assert DEFAULT == (22, 25, 80, 110, 113, 143, 443, 465, 587, 993, 995, 4190)


PROXY = "198.51.100.80"


def through(
    kind: ProxyKind, servers: dict[int, Talk | Trouble], prepare=lambda proxy: None, **given
) -> dict[int, PortSeen]:  # type: ignore[no-untyped-def]
    """What a proxy makes of these servers."""

    def switchboard(to: Address, purpose: str) -> Handler | Trouble:
        if to.address == PROXY:
            return proxy.socks5() if kind is ProxyKind.SOCKS5 else proxy.http()
        assert purpose == "proxy", "a connection past the proxy"
        return servers.get(to.port, Trouble.REFUSED)

    net = MemoryNet(switchboard=switchboard)
    proxy = ProxyHost(net, **given)
    prepare(proxy)
    plan = PortsPlan((SERVER,), tuple(servers), terms=PortTerms(proxy=Proxy(kind, PROXY, 1080)))
    result = net.run(scan(net, plan, NOW, lambda address: pytest.fail("the way there is the proxy's")))
    (host,) = result.hosts
    assert host.proxy == f"{kind}://{PROXY}:1080"
    assert msgspec.json.decode(msgspec.json.encode(result), type=PortsResult) == result
    return {seen.port: seen for seen in host.ports}


@pytest.mark.parametrize("kind", ProxyKind)
def test_through_a_proxy_what_answers_is_known_as_without(kind: ProxyKind, tls: ServerTls) -> None:
    servers: dict[int, Talk | Trouble] = {
        25: lines("220 mx ESMTP\r\n", "250-mx\r\n250 STARTTLS\r\n"),
        993: lines("* OK hi\r\n", "* CAPABILITY IMAP4rev1\r\na OK done\r\n", upgrade=tls),
        110: Trouble.REFUSED,
        143: Trouble.TIMEOUT,
    }
    seen = through(kind, servers, lambda proxy: proxy.silent.add(143))
    assert (seen[25].state, seen[25].service, seen[25].tls) == (PortState.OPEN, Service.SMTP, TlsSeen.UPGRADE)
    assert (seen[993].service, seen[993].tls) == (Service.IMAP, TlsSeen.AT_ONCE)
    assert (seen[110].state, seen[110].proxied) == (PortState.CLOSED, ProxyOutcome.TARGET)
    assert (seen[143].state, seen[143].detail) == (PortState.FILTERED, "the proxy gave no answer")
    assert {each.teller for each in seen.values()} == {Teller.PROXY}


@pytest.mark.parametrize(
    ("code", "state", "proxied"),
    [
        (5, PortState.CLOSED, ProxyOutcome.TARGET),
        (4, PortState.FILTERED, ProxyOutcome.TARGET),
        (6, PortState.FILTERED, ProxyOutcome.TARGET),
        (2, PortState.UNTRIED, ProxyOutcome.RULES),
        (1, PortState.UNTRIED, ProxyOutcome.UNSAID),
    ],
)
def test_a_proxy_s_answer_is_what_it_says_and_no_more(code: int, state: PortState, proxied: ProxyOutcome) -> None:
    seen = through(ProxyKind.SOCKS5, {25: mute}, lambda proxy: proxy.answers.update({25: compose_reply(code)}))
    assert (seen[25].state, seen[25].proxied, seen[25].icmp) == (state, proxied, None)


def test_a_proxy_that_wants_a_login_tells_nothing_of_the_port() -> None:
    seen = through(ProxyKind.SOCKS5, {25: mute}, login=("jo", "open-sesame"))
    assert (seen[25].state, seen[25].proxied) == (PortState.UNTRIED, ProxyOutcome.LOGIN)


def test_where_a_proxy_tells_from_where_it_connects_that_is_where_one_stands() -> None:
    servers: dict[int, Talk | Trouble] = {25: lines("220 mx\r\n", "250 mx\r\n")}
    assert through(ProxyKind.SOCKS5, servers, outer="192.0.2.99")[25].outer == "192.0.2.99"
    assert through(ProxyKind.HTTP, servers)[25].outer == ""
