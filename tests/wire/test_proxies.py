"""SOCKS5 and HTTP CONNECT: what a client says a proxy reads, and the bytes of real proxies (taken down here)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.attempt import Trouble
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.proxies import http_connect, socks5
from mailproof.wire.proxies.http_connect import ConnectClient, ConnectRequest, compose_response
from mailproof.wire.proxies.outcome import Obstacle, Stopped, Through
from mailproof.wire.proxies.socks5 import (
    BY_PASSWORD,
    NO_LOGIN,
    NO_METHOD,
    Broken,
    Greeting,
    Login,
    Request,
    Socks5Client,
    compose_choice,
    compose_login_answer,
    compose_reply,
)

SUCCESS = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"
"""Of microsocks 1.0.3, which does not tell its address."""


def fed(client, data: bytes):
    """Byte by byte, until it has something to say."""
    for number, byte in enumerate(data):
        answer = client.receive(bytes([byte]))
        if answer is not None:
            rest = data[number + 1 :]
            return Through(rest, answer.outer) if isinstance(answer, Through) else answer
    return None


def said(client, *answers: bytes):
    """The last thing that a client makes of these answers, which come whole; and again in single bytes."""
    last = None
    for answer in answers:
        last = client.receive(answer)
    return last


CONNECT_25 = b"\x05\x01\x00\x01\xc0\x00\x02\x19\x00\x19"


def test_socks5_without_a_login():
    client = Socks5Client("192.0.2.25", 25)
    assert client.begin() == Outgoing(b"\x05\x01\x00")
    assert client.receive(b"\x05\x00") == Outgoing(CONNECT_25)
    dante = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x9d\x11220 mx.test ESMTP\r\n"
    assert client.receive(dante) == Through(b"220 mx.test ESMTP\r\n", "127.0.0.1")


def test_socks5_with_a_login_that_is_wanted():
    client = Socks5Client("2001:db8::25", 993, "jo", "rabbit")
    assert client.begin().data == b"\x05\x02\x00\x02"
    login = client.receive(b"\x05\x02")
    assert login.data == b"\x01\x02jo\x06rabbit"
    assert "rabbit" not in repr(login) and login.data[login.secret[0]] == b"\x06rabbit"
    asked = client.receive(b"\x01\x00")
    assert asked.data == b"\x05\x01\x00\x04" + b"\x20\x01\x0d\xb8" + b"\0" * 11 + b"\x25\x03\xe1"
    assert client.receive(SUCCESS) == Through()


def test_a_login_that_is_not_wanted_is_not_sent():
    client = Socks5Client("192.0.2.25", 25, "jo", "rabbit")
    client.begin()
    assert client.receive(b"\x05\x00") == Outgoing(CONNECT_25)


@pytest.mark.parametrize(
    ("answers", "obstacle", "trouble"),
    [
        ((b"\x05\xff",), Obstacle.LOGIN, None),
        ((b"\x05\x02",), Obstacle.LOGIN, None),
        ((b"\x05\x01",), Obstacle.LOGIN, None),
        ((b"\x05\x00", b"\x05\x05\x00\x01\x7f\x00\x00\x01\xcb)"), Obstacle.TARGET, Trouble.REFUSED),
        ((b"\x05\x00", b"\x05\x04\x00\x03\x0cnowhere.testV\x09"), Obstacle.TARGET, Trouble.UNREACHABLE),
        ((b"\x05\x00", b"\x05\x03"), Obstacle.TARGET, Trouble.UNREACHABLE),
        ((b"\x05\x00", b"\x05\x06\x00\x01\0\0\0\0\0\0"), Obstacle.TARGET, Trouble.TIMEOUT),
        ((b"\x05\x00", b"\x05\x02\x00\x01\x7f\x00\x00\x01'\x0f"), Obstacle.RULES, None),
        ((b"\x05\x00", b"\x05\x08\x00\x01\0\0\0\0\0\0"), Obstacle.RULES, None),
        ((b"\x05\x00", b"\x05\x01\x00\x01\0\0\0\0\0\0"), Obstacle.UNSAID, None),
        ((b"\x05\x00", b"\x05\x63\x00\x01\0\0\0\0\0\0"), Obstacle.UNSAID, None),
        ((b"\x05\x00", b"\x05\x00\x00\x09\0\0"), Obstacle.NO_PROXY, None),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), Obstacle.NO_PROXY, None),
        ((b"\x04\x5a",), Obstacle.NO_PROXY, None),
    ],
)
def test_how_socks5_can_end(answers, obstacle, trouble):
    whole, dripped = Socks5Client("192.0.2.25", 25), Socks5Client("192.0.2.25", 25)
    end = said(whole, *answers)
    assert isinstance(end, Stopped) and end.words
    assert (end.obstacle, end.trouble) == (obstacle, trouble)
    assert [fed(dripped, answer) for answer in answers][-1].obstacle is obstacle


def test_a_login_that_socks5_refuses():
    client = Socks5Client("192.0.2.25", 25, "jo", "wrong")
    client.begin()
    client.receive(b"\x05\x02")
    assert client.receive(b"\x01\x02").obstacle is Obstacle.LOGIN  # microsocks: status 2


@pytest.mark.parametrize("user, password", [("a" * 256, "b"), ("a", "b" * 256), ("a", "")])
def test_a_login_that_does_not_fit_is_not_composed(user, password):
    with pytest.raises(ValueError):
        Socks5Client("192.0.2.25", 25, user, password)


def request(host: str, port: int, *login: str) -> bytes:
    return ConnectClient(host, port, *login).begin().data


def test_connect_and_what_a_proxy_reads():
    data = request("192.0.2.25", 25)
    assert data == b"CONNECT 192.0.2.25:25 HTTP/1.1\r\nHost: 192.0.2.25:25\r\n\r\n"
    assert request("2001:db8::25", 25).startswith(b"CONNECT [2001:db8::25]:25 HTTP/1.1\r\n")
    begun = ConnectClient("192.0.2.25", 25, "Aladdin", "open sesame").begin()
    assert begun.data.endswith(b"\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n")
    assert begun.data[begun.secret[0]] == b"QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    reader = http_connect.ServerReader()
    reader.feed(begun.data + b"EHLO me\r\n")
    assert reader.next_event() == ConnectRequest("192.0.2.25", 25, "Aladdin", "open sesame")
    assert reader.rest == b"EHLO me\r\n"
    assert "sesame" not in repr(reader.next_event())


REAL = {
    "tinyproxy": (
        b"HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n220 mx.test ESMTP\r\n",
        Through(b"220 mx.test ESMTP\r\n"),
    ),
    "tinyproxy, no login": (
        b"HTTP/1.0 407 Proxy Authentication Required\r\nServer: tinyproxy/1.11.1\r\nContent-Type: text/html\r\n"
        b'Proxy-Authenticate: Basic realm="Tinyproxy"\r\nConnection: close\r\n\r\n<?xml version="1.0"',
        Obstacle.LOGIN,
    ),
    "tinyproxy, wrong password": (
        b'HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm="Tinyproxy"\r\nConnection: close\r\n\r\n<html>',
        Obstacle.LOGIN,
    ),
    "tinyproxy, port closed": (b"HTTP/1.1 500 Unable to connect\r\nConnection: close\r\n\r\n", Obstacle.UNSAID),
    "tinyproxy, rules": (b"HTTP/1.1 403 Access violation\r\nConnection: close\r\n\r\n", Obstacle.RULES),
}


@pytest.mark.parametrize("name", REAL)
def test_what_real_proxies_answer(name):
    data, wanted = REAL[name]
    end = ConnectClient("127.0.0.1", 25).receive(data)
    assert end == wanted if isinstance(wanted, Through) else end.obstacle is wanted
    dripped = fed(ConnectClient("127.0.0.1", 25), data)
    assert type(dripped) is type(end) and getattr(dripped, "words", "") == getattr(end, "words", "")


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n220 mx", Through(b"220 mx")),
        (b"HTTP/1.1 200\n\n", Through()),
        (b"HTTP/1.1 504 Gateway Timeout\r\n\r\n", Trouble.TIMEOUT),
        (b"HTTP/1.1 502 Bad\r\nProxy-Status: p.test; error=connection_refused\r\n\r\n", Trouble.REFUSED),
        (b"HTTP/1.1 502 Bad\r\nproxy-status: a; x=1;error=destination_ip_unroutable\r\n\r\n", Trouble.UNREACHABLE),
        (b"HTTP/1.1 502 Bad\r\nProxy-Status: p.test; error=dns_error\r\n\r\n", Obstacle.UNSAID),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", Obstacle.UNSAID),
        (b"HTTP/1.1 405 Method Not Allowed\r\n\r\n", Obstacle.RULES),
        (b"HTTP/1.1 301 Moved\r\n\r\n", Obstacle.RULES),
        (b"\x05\xff", Obstacle.NO_PROXY),
        (b"220 mx.test ESMTP\r\n", Obstacle.NO_PROXY),
        (b"HTTP/2 200\r\n\r\n", Obstacle.NO_PROXY),
        (b"HTTP/1.1 20 OK\r\n\r\n", Obstacle.NO_PROXY),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, Obstacle.NO_PROXY),
    ],
)
def test_how_connect_can_end(data, wanted):
    end = ConnectClient("192.0.2.25", 25).receive(data)
    if isinstance(wanted, Through):
        assert end == wanted
    elif isinstance(wanted, Trouble):
        assert (end.obstacle, end.trouble) == (Obstacle.TARGET, wanted)
    else:
        assert (end.obstacle, end.trouble) == (wanted, None)


def test_what_basic_cannot_say_is_not_composed():
    for user, password in (("a:b", "c"), ("a", "c\r\nX: y"), ("a\0", "c")):
        with pytest.raises(ValueError):
            ConnectClient("192.0.2.25", 25, user, password)
    with pytest.raises(ValueError):
        ConnectClient("mx.test\r\nX: y", 25)


hosts = st.ip_addresses().map(str) | st.from_regex(r"[a-z0-9]{1,20}(\.[a-z]{1,10}){0,3}", fullmatch=True)
ports = st.integers(0, 65535)
names = st.text(
    st.characters(exclude_characters=":", min_codepoint=0x21, exclude_categories=["Cs", "Cc"]), min_size=1
)


@given(hosts, ports, names.filter(lambda text: len(text.encode()) < 256), names, st.booleans())
def test_both_roles_of_socks5_understand_each_other(host, port, user, password, wanted):
    password = password[:60]
    client, server = Socks5Client(host, port, user, password), socks5.ServerReader()
    server.feed(client.begin().data)
    assert server.next_event() == Greeting((NO_LOGIN, BY_PASSWORD))
    if wanted:
        server.expect_login()
        server.feed(client.receive(compose_choice(BY_PASSWORD)).data)
        assert server.next_event() == Login(user.encode(), password.encode())
        asked = client.receive(compose_login_answer(accepted=True))
    else:
        asked = client.receive(compose_choice(NO_LOGIN))
    server.feed(asked.data + b"first words")
    assert server.next_event() == Request(socks5.CONNECT, host, port)
    assert server.rest == b"first words"
    assert client.receive(compose_reply(0, "198.51.100.7", 9) + b"220") == Through(b"220", "198.51.100.7")


@given(hosts, ports, names, names)
def test_both_roles_of_connect_understand_each_other(host, port, user, password):
    client, server = ConnectClient(host, port, user, password), http_connect.ServerReader()
    server.feed(client.begin().data)
    assert server.next_event() == ConnectRequest(host, port, user, password)
    assert client.receive(compose_response(200, "OK", "Via: x") + b"220") == Through(b"220")


starts = st.sampled_from([b"", b"\x05\x00", b"\x05\x02", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n", b"CONNECT "])


@given(starts, st.binary(max_size=60), st.booleans())
def test_any_bytes_end_or_wait(start, rest, login):
    for client in (Socks5Client("192.0.2.25", 25, *(("a", "b") if login else ())), ConnectClient("192.0.2.25", 25)):
        client.begin()
        answer: object = None
        for byte in start + rest:
            answer = client.receive(bytes([byte]))
            if isinstance(answer, (Through, Stopped)):
                break
        assert answer is None or isinstance(answer, (Outgoing, Through, Stopped))


@given(
    st.sampled_from([b"", b"\x05\x01\x00", b"\x05\x01\x00\x05\x01\x00\x03", b"CONNECT a:1 HTTP/1.1\r\n"]), st.binary()
)
def test_any_bytes_are_a_request_or_none(start, rest):
    for reader in (socks5.ServerReader(), http_connect.ServerReader()):
        reader.feed(start + rest)
        for _ in range(3):
            event = reader.next_event()
            if event is None or isinstance(event, (Broken, ConnectRequest)):
                break
    assert compose_choice(NO_METHOD) == b"\x05\xff"
