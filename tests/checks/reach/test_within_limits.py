from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record, reply

from mailproof.checks.reach import within_limits
from mailproof.checks.retrieval import mailbox_opened
from mailproof.model.authentication import LoginTried
from mailproof.model.connection import Greeting
from mailproof.model.tls import Protection


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("421 4.7.0 mx.test Error: too many connections from 198.51.100.7", ["too-many-connections"]),
        ("421 4.3.2 Connection rate limit exceeded.", ["connection-rate-limited"]),
        ("554 5.7.1 no service", []),
        ("220 mx.test ESMTP too many errors", []),
    ],
)
def test_a_greeting_that_names_a_limit(line: str, expected: list[str]) -> None:
    seen = record(attempt(Greeting(0.0, reply(line, turn=1), turns=(1,)), scheme="smtp"))
    assert answers(within_limits.check, seen) == expected


def test_who_was_served_and_comes_again_alone_comes_too_often() -> None:
    refused = reply("421 4.7.0 mx.test Error: too many connections from 198.51.100.7", turn=1)
    first = attempt(Greeting(0.0, reply("220 mx.test ESMTP", turn=1), turns=(1,)), scheme="smtp")
    again = attempt(Greeting(0.0, refused, turns=(1,)), scheme="smtp", job="clear")
    assert answers(within_limits.check, record(first, again)) == ["connection-rate-limited"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-ERR [IN-USE] Maximum number of connections from user+IP exceeded", ["retrieval-connection-limit"]),
        ("NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded", ["retrieval-connection-limit"]),
        ("NO [ALERT] Too many simultaneous connections. (Failure)", ["retrieval-connection-limit"]),
        ("-ERR [IN-USE] Timeout while waiting for lock", ["mailbox-locked"]),
        ("-ERR [IN-USE] Mailbox is locked by another POP3 session.", ["mailbox-in-use"]),
        ("NO [AUTHENTICATIONFAILED] Authentication failed.", []),
        ("-ERR [AUTH] Your account is locked.", []),
    ],
)
def test_a_login_that_meets_the_mailbox(line: str, expected: list[str]) -> None:
    tried = LoginTried("PLAIN", reply(line, turn=1), Protection.VERIFIED, "a@mx.test")
    scheme = "pop3s" if line.startswith("-") else "imaps"
    assert answers(mailbox_opened.check, record(attempt(tried, scheme=scheme))) == expected


@pytest.mark.parametrize(
    ("scheme", "line", "expected"),
    [
        ("imaps", "NO [LIMIT] LOGIN Rate limit hit.", ["auth-rate-limited"]),
        ("pop3s", "-ERR [SYS/TEMP] Too many login attempts", ["auth-rate-limited"]),
        ("submission", "454 4.7.0 Too many login attempts, please try again later.", ["auth-rate-limited"]),
        ("imaps", "NO [ALERT] Too many simultaneous connections. (Failure)", []),  # told of the mailbox
        ("pop3s", "-ERR [AUTH] Authentication failed.", []),
    ],
)
def test_too_many_logins_are_told_wherever_they_are_made(scheme: str, line: str, expected: list[str]) -> None:
    tried = LoginTried("PLAIN", reply(line, turn=1), Protection.VERIFIED, "a@mx.test", turns=(1,))
    assert answers(within_limits.check, record(attempt(tried, scheme=scheme, job="login"))) == expected
