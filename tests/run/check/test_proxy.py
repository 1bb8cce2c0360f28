"""A check of the embedded lab through a proxy: as without it, and what the proxy does is not the server's fault."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from labrun import ALICE, BOB, HOST, NOW, PROOF, plan, started

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import Judgement, judge
from mailproof.lab.embedded.server import OUTSIDE_ADDRESS
from mailproof.model.attempt import Job, Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.connection import Connection
from mailproof.model.dns import DnsAnswer, DnsStatus
from mailproof.model.envelope import EnvelopeTried
from mailproof.model.proxy import Proxy, ProxyAsked, ProxyKind
from mailproof.model.record import Asked, Record
from mailproof.model.report import Report, Verdict
from mailproof.net.interface import Address, Handler
from mailproof.net.memory import MemoryNet
from mailproof.probes.terms import Terms
from mailproof.probes.tunnel import Tunnel, dig
from mailproof.report.build import build
from mailproof.report.mask import Mask
from mailproof.report.text import render
from mailproof.run.check.examine import Plan, examine
from mailproof.run.way import with_way_out
from mailproof.script.authority import Authority
from mailproof.wire.proxies.http_connect import compose_response
from mailproof.wire.proxies.socks5 import compose_reply
from proxyhost import ProxyHost
from records import endpoint_at

ADDRESS = "198.51.100.80"
NAME = "proxy.corp.test"
ALL = tuple(
    f"{scheme}://{HOST}" for scheme in ("smtp", "submission", "submissions", "pop3s", "imap", "imaps", "sieve")
)
each_kind = pytest.mark.parametrize("kind", ProxyKind)


class Setting:
    """The lab, a proxy in front of it, and what came of a check."""

    def __init__(self, authority: Authority, kind: ProxyKind, *faults: str, **proxy: object) -> None:
        here = DnsAnswer(NAME, "A", DnsStatus.OK, (ADDRESS,))
        self.net, self.lab = started(authority, *faults, names=[here], meets=self._meets)
        self.proxy = ProxyHost(self.net, **proxy)  # type: ignore[arg-type]
        self.kind = kind
        self.refused: set[str] = set()
        self._handler = self.proxy.socks5() if kind is ProxyKind.SOCKS5 else self.proxy.http()

    def _meets(self, to: Address, purpose: str) -> Handler | Trouble | None:
        if to.address in self.refused:
            return Trouble.REFUSED
        if to.address == ADDRESS:
            return self._handler
        assert purpose == "proxy", "a connection past the proxy"
        return None

    def check(self, wanted: Plan, host: str = NAME, user: str = "", password: str = "") -> Record:
        proxy = Proxy(self.kind, host, 1080, user=user, password=password)
        terms = msgspec.structs.replace(wanted.terms, proxy=proxy, timeout=20.0)
        asked: Asked = msgspec.structs.replace(wanted.asked, proxy=proxy.url)
        wanted = msgspec.structs.replace(wanted, terms=terms, asked=asked)
        return self.net.run(examine(self.net, wanted, NOW))


def judged(record: Record) -> Judgement:
    return judge(record, load_profile())


def causes(record: Record) -> list[str]:
    return [item.name for item in judged(record).causes]


def reported(record: Record) -> Report:
    return build(record, judged(record), load_profile())


def untold(record: Record, name: str) -> Iterable[str]:
    return {item.why for item in judged(record).untold if item.name == name}


@each_kind
def test_all_is_as_without_it(kind: ProxyKind, authority: Authority, ca_file: str) -> None:
    setting = Setting(authority, kind)
    wanted = plan(ca_file, *ALL, login=ALICE, mailbox_login=BOB, message=PROOF, mailbox="bob@example.test")
    record = setting.check(wanted)
    assert causes(record) == []
    assert all(s.fact.accepted for s in record.seen(LoginTried) if s.fact.user.startswith("bob"))
    assert reported(record).verdict is Verdict.PASS
    assert {host for host, _ in setting.proxy.asked} == {OUTSIDE_ADDRESS}
    assert len(setting.proxy.asked) == len(list(record.seen(ProxyAsked))) == len(list(record.seen(Connection)))
    assert all(t.address in ("", OUTSIDE_ADDRESS) for t in record.transcripts())
    assert record == msgspec.json.decode(msgspec.json.encode(record), type=Record)


@each_kind
def test_the_login_at_the_proxy_is_made_and_told_nowhere(kind: ProxyKind, authority: Authority, ca_file: str) -> None:
    setting = Setting(authority, kind, login=("jo", "proxy-secret-77"))
    record = setting.check(plan(ca_file, ALL[0]), user="jo", password="proxy-secret-77")
    assert causes(record) == []
    assert set(setting.proxy.logins) == {("jo", "proxy-secret-77")}
    told = msgspec.json.encode(record).decode() + render(reported(record), "en", False, 100, True)
    for form in ("proxy-secret-77", "am86cHJveHktc2VjcmV0LTc3", "cHJveHktc2VjcmV0"):
        assert form not in told
    assert "[secret]" in told


@each_kind
@pytest.mark.parametrize("login", [("", ""), ("jo", "wrong")])
def test_a_login_that_is_missing_or_wrong(kind: ProxyKind, login, authority: Authority, ca_file: str) -> None:
    setting = Setting(authority, kind, login=("jo", "right"))
    record = setting.check(plan(ca_file, ALL[0], f"imaps://{HOST}"), user=login[0], password=login[1])
    assert causes(record) == ["proxy-refused"]
    assert untold(record, "port-open") == {"proxy-in-the-way"}
    report = reported(record)
    assert report.verdict is Verdict.UNKNOWN
    assert not setting.proxy.asked
    assert "the proxy socks5://" in render(report, "en", False, 100, False) or kind is ProxyKind.HTTP


@each_kind
def test_a_closed_port_is_the_server_s(kind: ProxyKind, authority: Authority, ca_file: str) -> None:
    record = Setting(authority, kind, "port-closed@submission").check(plan(ca_file, f"submission://{HOST}"))
    [finding] = judged(record).causes
    assert finding.name == "port-closed"
    assert f"through {kind}://{NAME}:1080" in finding.evidence[0].text
    assert [item.name for item in judged(record).passed].count("proxy-passes") == 1


@each_kind
def test_clear_text_where_tls_belongs_is_seen(kind: ProxyKind, authority: Authority, ca_file: str) -> None:
    """The server's greeting comes in the same breath as the proxy's answer, and is no answer to a ClientHello."""
    setting = Setting(authority, kind, "implicit-tls-missing@submissions")
    record = setting.check(plan(ca_file, f"submissions://{HOST}"))
    assert causes(record) == ["implicit-tls-missing"]


def test_what_the_server_says_in_the_same_breath_is_a_turn_of_its_own(authority: Authority, ca_file: str) -> None:
    setting = Setting(authority, ProxyKind.HTTP)
    hello = compose_response(200, "OK") + b"220 mx.test ready\r\n"
    setting.proxy.answers[25] = hello
    record = setting.check(plan(ca_file, f"smtp://{HOST}"))
    turns = [turn.text for t in record.transcripts() if t.purpose == Job.SURVEY for turn in t.turns]
    assert "HTTP/1.1 200 OK\\r\\n\\r\\n" in turns and "220 mx.test ready\\r\\n" in turns


@each_kind
def test_a_proxy_that_waits_and_says_nothing_shows_a_filter(
    kind: ProxyKind, authority: Authority, ca_file: str
) -> None:
    setting = Setting(authority, kind)
    setting.proxy.silent = {587}
    record = setting.check(plan(ca_file, f"submission://{HOST}"))
    assert causes(record) == ["port-filtered"]
    assert [s.fact.trouble for s in record.seen(Connection)] == [Trouble.TIMEOUT]
    assert setting.net.now() == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("kind", "answer", "cause"),
    [
        (ProxyKind.SOCKS5, compose_reply(3), "port-unreachable"),
        (ProxyKind.SOCKS5, compose_reply(4), "port-unreachable"),
        (ProxyKind.SOCKS5, compose_reply(6), "port-filtered"),
        (ProxyKind.SOCKS5, compose_reply(2), "proxy-refused"),
        (ProxyKind.SOCKS5, compose_reply(1), "proxy-refused"),
        (ProxyKind.SOCKS5, b"\x05", "proxy-refused"),
        (ProxyKind.SOCKS5, b"\x04\x5a", "proxy-not-reached"),
        (ProxyKind.HTTP, compose_response(504, "Gateway Timeout"), "port-filtered"),
        (ProxyKind.HTTP, compose_response(503, "Service Unavailable"), "proxy-refused"),
        (ProxyKind.HTTP, compose_response(403, "Forbidden \x1b[31m"), "proxy-refused"),
        (ProxyKind.HTTP, b"220 mx.test ESMTP\r\n", "proxy-not-reached"),
    ],
)
def test_what_the_proxy_answers(
    kind: ProxyKind, answer: bytes, cause: str, authority: Authority, ca_file: str
) -> None:
    setting = Setting(authority, kind)
    setting.proxy.answers[587] = answer
    record = setting.check(plan(ca_file, f"submission://{HOST}"))
    assert causes(record) == [cause]
    assert "\x1b" not in render(reported(record), "ja", False, 100, True)
    if cause.startswith("proxy-"):
        assert reported(record).verdict is Verdict.UNKNOWN


def test_ports_that_the_proxy_does_not_allow_are_not_said_to_be_closed(authority: Authority, ca_file: str) -> None:
    """An HTTP proxy allows 443 and little else; of a host, seven ports are guessed."""
    setting = Setting(authority, ProxyKind.HTTP)
    forbidden = compose_response(403, "Forbidden")
    setting.proxy.answers = dict.fromkeys((25, 110, 143, 465, 995, 993), forbidden)
    record = setting.check(plan(ca_file, f"[{HOST}]"))
    assert causes(record) == ["proxy-refused"]
    setting = Setting(authority, ProxyKind.HTTP)
    setting.proxy.answers = dict.fromkeys((25, 110, 143, 465, 587, 995, 993), forbidden)
    record = setting.check(plan(ca_file, f"[{HOST}]"))
    assert causes(record) == ["proxy-refused"]
    assert untold(record, "host-serves-mail") == {"proxy-in-the-way"}


@each_kind
@pytest.mark.parametrize("host", [NAME, "nobody.corp.test"])
def test_a_proxy_that_is_not_there(kind: ProxyKind, host: str, authority: Authority, ca_file: str) -> None:
    setting = Setting(authority, kind)
    setting.refused = {ADDRESS}
    record = setting.check(plan(ca_file, *ALL), host=host)
    [finding] = judged(record).causes
    assert finding.name == "proxy-not-reached"
    assert len(finding.endpoints) == len(ALL)
    assert "name-not-found" not in causes(record)


@pytest.mark.parametrize(
    ("outer", "name", "why"),
    [
        ("203.0.113.7", "open-relay", ""),
        ("10.0.0.7", "relay-allowed-here", "not-from-here"),
        ("0.0.0.0", "", "exit-not-known"),
    ],
)
def test_a_relay_is_judged_as_the_proxy_s(outer, name, why, authority: Authority, ca_file: str) -> None:
    setting = Setting(authority, ProxyKind.SOCKS5, "open-relay@smtp", outer=outer)
    record = setting.check(plan(ca_file, f"smtp://{HOST}"))
    found = {item.name for item in judged(record).findings}
    assert found & {"open-relay", "relay-allowed-here"} == ({name} if name else set())
    assert why in untold(record, "relay-closed") or not why
    assert {s.fact.client for s in record.seen(EnvelopeTried)} == {"" if outer == "0.0.0.0" else outer}
    assert untold(record, "reached-from-outside") == {"through-a-proxy"}


@pytest.mark.parametrize("version", [1, 2])
def test_the_proxy_header_goes_through_the_tunnel(version: int, authority: Authority, ca_file: str) -> None:
    setting = Setting(authority, ProxyKind.SOCKS5)
    wanted = plan(ca_file, f"smtp://{HOST}")
    terms = msgspec.structs.replace(wanted.terms, proxy_protocol=version, proxied_source="192.0.2.99")
    record = setting.check(msgspec.structs.replace(wanted, terms=terms))
    survey = next(t for t in record.transcripts() if t.purpose == Job.SURVEY)
    sent = [turn.text for turn in survey.turns if turn.kind == "sent"]
    heads = "PROXY TCP4 192.0.2.99 192.0.2.25" if version == 1 else "\\r\\n\\r\\n\\x00\\r\\nQUIT\\n"
    assert sent[0] == "\\x05\\x01\\x00" and sent[2].startswith(heads)


def test_the_reference_is_asked_for_by_the_same_way(authority: Authority, ca_file: str) -> None:
    setting = Setting(authority, ProxyKind.SOCKS5)
    setting.proxy.silent = {25}
    wanted = plan(ca_file, f"smtp://{HOST}", f"submission://{HOST}")
    record = setting.check(msgspec.structs.replace(wanted, references=("192.0.2.26",)))
    assert ("192.0.2.26", 25) in setting.proxy.asked
    assert any(a.job is Job.REFERENCE for a in record.attempts)
    assert "outbound-25-blocked" in causes(record)


def test_the_report_says_so_and_the_mask_hides_it(authority: Authority, ca_file: str) -> None:
    record = Setting(authority, ProxyKind.SOCKS5).check(plan(ca_file, f"smtp://{HOST}"))
    for lang, word in (("en", "through"), ("ja", "経由")):
        assert f"{word} socks5://{NAME}:1080" in render(reported(record), lang, False, 120, True)
    masked = msgspec.json.encode(Mask(record).apply(record)).decode()
    assert "corp.test" not in masked and "socks5://" in masked


def test_a_password_that_the_proxy_echoes_is_masked_whoever_dials(authority: Authority) -> None:
    """Also where the run did not name it as a secret."""
    setting = Setting(authority, ProxyKind.HTTP)
    setting.proxy.answers[25] = compose_response(403, "no, not for jo with proxy-secret-77")
    proxy = Proxy(ProxyKind.HTTP, ADDRESS, 1080, user="jo", password="proxy-secret-77")
    place = endpoint_at(f"smtp://{HOST}", OUTSIDE_ADDRESS)

    async def main() -> Tunnel:
        return await dig(setting.net, place, proxy, Terms(), Job.SURVEY, (), "there")

    tunnel = setting.net.run(main())
    assert tunnel.stream is not None
    told = f"{tunnel.asked} {tunnel.failure} {tunnel.stream.transcript()}"
    assert "proxy-secret" not in told and "no, not for jo with [secret]" in told


def test_secrets_of_a_run_add_up_and_the_proxy_is_looked_up_once() -> None:
    net = MemoryNet(names=[DnsAnswer(NAME, "A", DnsStatus.OK, (ADDRESS,))])
    proxy = Proxy(ProxyKind.SOCKS5, NAME, 1080, user="alice", password="of-the-proxy")
    terms = net.run(with_way_out(net, Terms(proxy=proxy, secrets=("reader",)), ("sender", "reader")))
    assert terms.secrets == ("reader", "sender", "of-the-proxy")
    assert terms.proxy is not None and terms.proxy.addresses == (ADDRESS,)
    assert MemoryNet().run(with_way_out(MemoryNet(), terms, ("sender",))) == terms
