"""After the login: the mailbox opens, or the refusal says who is to blame."""

from __future__ import annotations

import msgspec
import pytest
from mailrecord import POLICY, answers, attempt, record, reply

from mailproof.catalog.profiles import load_profile
from mailproof.checks.retrieval import mailbox_opened
from mailproof.diagnose.judge import judge
from mailproof.model.authentication import LoginTried
from mailproof.model.connection import Greeting
from mailproof.model.retrieval import MailboxOpened
from mailproof.model.tls import Protection
from mailproof.model.transcript import Deviation, DeviationKind


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("OK [READ-ONLY] done", "+mailbox-opened"),
        ("NO [SERVERBUG] Internal error occurred", "mailbox-not-opened"),
        ("NO Mailbox does not exist", "mailbox-not-opened"),
        ("NO [INUSE] Mailbox in use", "mailbox-in-use"),
        ("-ERR mailbox lock busy! Is another session active?", "mailbox-in-use"),
    ],
)
def test_a_mailbox_that_does_not_open_is_named(line: str, said: str) -> None:
    opened = MailboxOpened(reply(line, 5), turns=(4, 5))
    assert answers(mailbox_opened.check, record(attempt(opened, scheme="imaps", job="login"))) == [said]


def test_what_the_server_said_is_told() -> None:
    opened = MailboxOpened(reply("NO gone", 5), turns=(4, 5))
    [finding] = mailbox_opened.check(record(attempt(opened, scheme="imaps", job="login")), POLICY)
    assert finding.params == {"mailbox": "INBOX", "reply": "NO gone"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("scheme", "line"),
    [
        ("imaps", "BYE [UNAVAILABLE] Too many connections from your IP address."),
        ("imap", "BYE Maximum number of connections exceeded"),
        ("pop3s", "-ERR [SYS/TEMP] Too many connections from your IP address."),
    ],
)
def test_a_limit_may_be_met_at_the_greeting(scheme: str, line: str) -> None:
    greeted = Greeting(0.1, reply(line, 5), turns=(5,))
    assert answers(mailbox_opened.check, record(attempt(greeted, scheme=scheme))) == ["retrieval-connection-limit"]


def test_a_greeting_that_lets_in_or_is_of_smtp_is_none() -> None:
    for scheme, line in (("imaps", "OK ready, no limit"), ("smtp", "421 4.7.0 too many connections")):
        greeted = Greeting(0.1, reply(line, 5), turns=(5,))
        assert answers(mailbox_opened.check, record(attempt(greeted, scheme=scheme))) == []


def test_pop3_locks_with_the_login() -> None:
    for line, said in (
        ("-ERR [IN-USE] locked", ["mailbox-in-use"]),
        ("-ERR unable to lock maildrop", ["mailbox-in-use"]),
        ("-ERR /var/mail/alice lock busy!  Is another session active? (11)", ["mailbox-in-use"]),
        ("-ERR account locked", []),
        ("-ERR [AUTH] no", []),
    ):
        login = LoginTried("USER", reply(line, 5), Protection.VERIFIED, command=True, turns=(5,))
        assert answers(mailbox_opened.check, record(attempt(login, scheme="pop3s", job="login"))) == said


def test_a_refusal_behind_the_login_that_nobody_asked_for_is_its_consequence() -> None:
    """Dovecot answers PASS with `+OK Logged in.` and a -ERR; in one packet, that one is nobody's answer."""
    opened = attempt(MailboxOpened(reply("-ERR [SYS/TEMP] Internal error", 5), turns=(4, 5)), scheme="pop3s")
    again = attempt(Greeting(0.1, reply("+OK ready"), turns=(0,)), scheme="pop3s")
    noted = (Deviation(DeviationKind.UNEXPECTED_REPLY, 0, turn=3),)
    again = msgspec.structs.replace(again, transcript=msgspec.structs.replace(again.transcript, deviations=noted))
    judged = judge(record(opened, again), load_profile())
    assert "unexpected-reply" in {finding.name for finding in judged.findings}
    assert [cause.name for cause in judged.causes] == ["mailbox-not-opened"]
