"""One name server is asked, on loopback: it answers, fails, hears nothing at first, is silent, or is not there."""

from __future__ import annotations

import socket
from collections.abc import Callable

import dns.message
import pytest

from mailproof.model.dns import DnsStatus
from mailproof.net.dns import ask
from mailproof.net.sockets import SocketNet
from nameservers import Answering, dead, failing, name_server, sound


def second_time() -> Answering:
    """The first question is lost."""
    heard: list[dns.message.Message] = []

    def answer(query: dns.message.Message) -> dns.message.Message | None:
        heard.append(query)
        return sound(query) if len(heard) > 1 else None

    return answer


def asked(server: tuple[str, int], name: str, rtype: str, seconds: float) -> tuple[DnsStatus, tuple[str, ...], float]:
    net = SocketNet()
    answer = net.run(ask(net.loop, server, name, rtype, seconds))
    return answer.status, answer.answers, net.now()


@pytest.mark.parametrize(
    ("answering", "name", "rtype", "status", "answers"),
    [
        (lambda: sound, ".", "NS", DnsStatus.OK, ("a.root-servers.net",)),
        (lambda: sound, "1.0.0.127.in-addr.arpa", "PTR", DnsStatus.OK, ("localhost",)),
        (lambda: sound, "example.test", "MX", DnsStatus.NO_SUCH_NAME, ()),
        (lambda: failing, ".", "NS", DnsStatus.SERVER_FAILURE, ()),
        (second_time, ".", "NS", DnsStatus.OK, ("a.root-servers.net",)),
    ],
)
def test_what_it_says(
    answering: Callable[[], Answering], name: str, rtype: str, status: DnsStatus, answers: tuple[str, ...]
) -> None:
    with name_server(answering(), port=20053) as address:
        assert asked((address, 20053), name, rtype, 60.0)[:2] == (status, answers)


def test_who_is_silent_is_waited_for_until_the_deadline() -> None:
    with name_server(dead, port=20053) as address:
        status, answers, seconds = asked((address, 20053), ".", "NS", 0.2)
    assert (status, answers) == (DnsStatus.TIMEOUT, ())
    assert seconds >= 0.2


def test_who_is_not_there_is_not_waited_for() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        server = taken.getsockname()
    status, _, seconds = asked(server, ".", "NS", 60.0)
    assert status is DnsStatus.TIMEOUT
    assert seconds < 60.0
