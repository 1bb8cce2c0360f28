"""Through real proxies a check of the real servers says the same as without, and knows whose fault a failure is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from realproxies import dante, microsocks, missing, tinyproxy

from labcheck import BOB, causes, check, facts
from mailproof.lab.real.ports import ClaimedPorts
from mailproof.lab.real.server import RealLab
from mailproof.model.attempt import Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.connection import Connection
from mailproof.model.envelope import EnvelopeTried
from mailproof.model.proxy import Proxy, ProxyAsked, ProxyKind, ProxyOutcome

pytestmark = pytest.mark.real

needs_microsocks = pytest.mark.skipif(bool(missing("microsocks")), reason=missing("microsocks") or "-")
needs_dante = pytest.mark.skipif(bool(missing("danted")), reason=missing("danted") or "-")
needs_tinyproxy = pytest.mark.skipif(bool(missing("tinyproxy")), reason=missing("tinyproxy") or "-")


def socks5(port: int, *login: str) -> Proxy:
    return Proxy(ProxyKind.SOCKS5, "127.0.0.1", port, (), *login)


def http(port: int, *login: str) -> Proxy:
    return Proxy(ProxyKind.HTTP, "127.0.0.1", port, (), *login)


def outcomes(record) -> set[ProxyOutcome]:
    return {asked.outcome for asked in facts(record, ProxyAsked)}


def closed(proxy: Proxy, lab: RealLab):
    """The record of a port on which nothing listens."""
    with ClaimedPorts(("closed",)) as claimed:
        url = f"submission://127.0.0.1:{claimed.numbers['closed']}"
        return check(lab, urls=(url,), user="", mailbox="", proxy=proxy)


def assert_as_without(lab: RealLab, proxy: Proxy) -> None:
    record = check(lab, "smtp", "submission", "submissions", "pop3s", "imap", deliver=True, proxy=proxy)
    assert causes(record) == []
    assert outcomes(record) == {ProxyOutcome.CONNECTED}
    plain = check(lab, "smtp", "submission", "submissions", "pop3s", "imap", deliver=True)
    assert [t.accepted for t in facts(record, LoginTried)] == [t.accepted for t in facts(plain, LoginTried)]


@needs_microsocks
def test_microsocks(real_lab: RealLab, tmp_path: Path) -> None:
    with microsocks(tmp_path) as port:
        assert_as_without(real_lab, socks5(port))
        record = closed(socks5(port), real_lab)
    assert causes(record) == ["port-closed"]
    assert [fact.trouble for fact in facts(record, Connection)] == [Trouble.REFUSED]


@needs_microsocks
def test_microsocks_with_a_login(real_lab: RealLab, tmp_path: Path) -> None:
    with microsocks(tmp_path, "-u", "jo", "-P", "open-sesame") as port:
        right = check(real_lab, "imaps", user=BOB, proxy=socks5(port, "jo", "open-sesame"))
        wrong = check(real_lab, "imaps", user=BOB, proxy=socks5(port, "jo", "close-sesame"))
        without = check(real_lab, "imaps", user=BOB, proxy=socks5(port))
    assert causes(right) == []
    assert causes(wrong) == causes(without) == ["proxy-refused"]
    assert outcomes(wrong) == outcomes(without) == {ProxyOutcome.LOGIN}


@needs_dante
def test_dante(real_lab: RealLab, tmp_path: Path) -> None:
    with dante(tmp_path, forbidden=real_lab.ports["imaps"]) as port:
        assert_as_without(real_lab, socks5(port))
        refused = closed(socks5(port), real_lab)
        forbidden = check(real_lab, "imaps", user="", mailbox="", proxy=socks5(port))
        relay = check(real_lab, "smtp", user="", mailbox="", proxy=socks5(port))
    assert causes(refused) == ["port-closed"]
    assert causes(forbidden) == ["proxy-refused"]
    assert outcomes(forbidden) == {ProxyOutcome.RULES}
    # It tells from where it connects, and the relay is judged as one of that address.
    assert {tried.client for tried in facts(relay, EnvelopeTried)} == {"127.0.0.1"}


@needs_tinyproxy
def test_tinyproxy(real_lab: RealLab, tmp_path: Path) -> None:
    with tinyproxy(tmp_path) as port:
        assert_as_without(real_lab, http(port))
        record = closed(http(port), real_lab)
    # 500 Unable to connect: it does not say why, and the fault may be its own.
    assert causes(record) == ["proxy-refused"]
    assert outcomes(record) == {ProxyOutcome.UNSAID}


@needs_tinyproxy
def test_tinyproxy_with_rules_and_a_login(real_lab: RealLab, tmp_path: Path) -> None:
    lines = (f"ConnectPort {real_lab.ports['imaps']}", "BasicAuth jo open-sesame")
    with tinyproxy(tmp_path, *lines) as port:
        right = check(real_lab, "imaps", user=BOB, proxy=http(port, "jo", "open-sesame"))
        wrong = check(real_lab, "imaps", user=BOB, proxy=http(port, "jo", "close-sesame"))
        without = check(real_lab, "imaps", user=BOB, proxy=http(port))
        rules = check(real_lab, "imap", user="", mailbox="", proxy=http(port, "jo", "open-sesame"))
    assert causes(right) == []
    assert outcomes(wrong) == outcomes(without) == {ProxyOutcome.LOGIN}
    assert outcomes(rules) == {ProxyOutcome.RULES}


@needs_microsocks
@needs_tinyproxy
@pytest.mark.parametrize("talks", ["socks5", "http"])
def test_a_proxy_of_the_other_kind(talks: str, real_lab: RealLab, tmp_path: Path) -> None:
    """Microsocks says two bytes and hangs up; tinyproxy waits for a line, and cannot be told from a silent port."""
    if talks == "http":
        with microsocks(tmp_path) as port:
            record = check(real_lab, "imaps", user="", mailbox="", proxy=http(port))
        assert causes(record) == ["proxy-not-reached"]
    else:
        with tinyproxy(tmp_path) as port:
            record = check(real_lab, "imaps", user="", mailbox="", proxy=socks5(port), timeout=2.0)
        assert causes(record) == ["proxy-not-reached"]


def ports_through(lab: RealLab, url: str) -> dict[str, str]:
    """What `ports` says of an open and of a closed port: the row of each."""
    with ClaimedPorts(("closed",)) as claimed:
        numbers = {"open": lab.ports["imaps"], "closed": claimed.numbers["closed"]}
        wanted = ",".join(map(str, numbers.values()))
        command = [sys.executable, "-m", "mailproof", "ports", "127.0.0.1", "-p", wanted, "--proxy", url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line[:1].isdigit()}
    return {name: rows[str(number)] for name, number in numbers.items()}


@needs_microsocks
@needs_dante
@needs_tinyproxy
def test_ports_says_what_each_proxy_says(real_lab: RealLab, tmp_path: Path) -> None:
    with microsocks(tmp_path) as port:
        told = ports_through(real_lab, f"socks5://127.0.0.1:{port}")
        assert "open    IMAP, TLS at once" in told["open"]
        assert "closed" in told["closed"] and "the proxy: Connection refused (SOCKS5 reply 5)" in told["closed"]
    with dante(tmp_path, forbidden=real_lab.ports["imaps"]) as port:
        told = ports_through(real_lab, f"socks5://127.0.0.1:{port}")
        assert "not tried" in told["open"] and "the proxy does not allow it" in told["open"]
        assert "closed" in told["closed"]
    with tinyproxy(tmp_path) as port:
        told = ports_through(real_lab, f"http://127.0.0.1:{port}")
        assert "open       IMAP, TLS at once" in told["open"]
        assert "not tried" in told["closed"] and "the proxy does not say why: " in told["closed"]
