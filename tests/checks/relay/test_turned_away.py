"""What a server thinks of the client's address it may say in the place of the greeting."""

from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record, reply

from mailproof.catalog.profiles import load_profile
from mailproof.checks.delivery import mail_taken_now
from mailproof.checks.relay import client_accepted
from mailproof.diagnose.judge import judge
from mailproof.model.connection import Greeting
from mailproof.model.record import Record


def greeted(line: str, scheme: str = "smtp") -> Record:
    return record(attempt(Greeting(0.1, reply(line, 2), turns=(2,)), scheme=scheme))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("554 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.dnsbl.test", "client-blocklisted"),
        ("550 192.0.2.1 is listed at zen.dnsbl.test (127.0.0.4)", "client-blocklisted"),
        ("421 4.7.25 no PTR record for 192.0.2.1", "client-name-missing"),
        ("554 5.7.1 No reverse DNS for your host", "client-name-missing"),
    ],
)
@pytest.mark.parametrize("scheme", ["smtp", "submission"])
def test_a_client_that_is_not_wanted(line: str, name: str, scheme: str) -> None:
    seen = greeted(line, scheme)
    assert answers(client_accepted.check, seen) == [name]
    judged = judge(seen, load_profile("default"))
    assert [cause.name for cause in judged.causes] == [name]


@pytest.mark.parametrize(
    ("line", "name"),
    [("451 4.3.5 Server configuration error", "server-config-problem"), ("452 4.3.1 no space", "queue-disk-full")],
)
def test_a_server_that_cannot(line: str, name: str) -> None:
    assert answers(mail_taken_now.check, greeted(line)) == [name]


@pytest.mark.parametrize("line", ["554 No SMTP service here", "421 4.3.2 Shutting down", "220 mx.test ESMTP"])
def test_other_greetings_say_neither(line: str) -> None:
    assert answers(client_accepted.check, greeted(line)) == []
    assert answers(mail_taken_now.check, greeted(line)) == []


def test_it_is_told_once_for_an_endpoint() -> None:
    line = "554 5.7.1 client blocked using zen.dnsbl.test"
    twice = record(*greeted(line).attempts, *greeted(line).attempts)
    assert answers(client_accepted.check, twice) == ["client-blocklisted"]
