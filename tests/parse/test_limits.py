from __future__ import annotations

import pytest

from mailproof.model.reply import Reply, ReplyClass
from mailproof.parse.limits import Limit, limit


def said(line: str) -> Limit | None:
    code, _, text = line.partition(" ")
    return limit(Reply(ReplyClass.TRANSIENT if code[0] == "4" else ReplyClass.PERMANENT, code, text))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("421 4.7.0 mx.test Error: too many connections from 198.51.100.7", Limit.CONNECTIONS),
        ("421 4.3.2 Too many open connections.", Limit.CONNECTIONS),
        ("421 Too many concurrent SMTP connections; please try again later", Limit.CONNECTIONS),
        ("421 4.3.2 The maximum number of concurrent server connections has exceeded a limit", Limit.CONNECTIONS),
        ("421 4.3.2 Connection rate limit exceeded.", Limit.CONNECTION_RATE),
        ("450 4.7.1 Error: too many AUTH commands from 198.51.100.7", Limit.AUTH_RATE),
        ("454 4.7.0 Too many login attempts, please try again later.", Limit.AUTH_RATE),
        ("421 4.7.0 mx.test Error: too many errors", Limit.ERRORS),
        ("421 Too many syntax or protocol errors", Limit.ERRORS),
        ("503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining", Limit.PIPELINING),
        ("554 SMTP synchronization error", Limit.PIPELINING),
        ("450 4.7.1 Error: too much mail from 198.51.100.7", Limit.MAIL_RATE),
        ("450 4.7.1 Error: too many recipients from 198.51.100.7", Limit.MAIL_RATE),
        ("550 5.4.5 Daily user sending limit exceeded.", Limit.MAIL_RATE),
        ("451 4.7.650 The mail server has been temporarily rate limited", Limit.MAIL_RATE),
    ],
)
def test_a_limit_is_known_by_its_words(line: str, expected: Limit) -> None:
    assert said(line) is expected


@pytest.mark.parametrize(
    "line",
    [
        "421 4.4.2 mx.test Error: timeout exceeded",
        "452 4.5.3 Error: too many recipients",
        "550 5.7.1 <too.many.errors@mx.test>: Recipient address rejected: Access denied",
        "552 5.2.2 Quota exceeded (maximum number of messages)",
        "535 5.7.8 Error: authentication failed",
    ],
)
def test_other_refusals_are_no_limit(line: str) -> None:
    assert said(line) is None


def test_what_is_accepted_is_no_limit() -> None:
    assert limit(None) is None
    assert limit(Reply(ReplyClass.POSITIVE, "250", "too many errors")) is None
