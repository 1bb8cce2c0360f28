from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record, reply

from mailproof.checks.login import auth_offered, auth_protected, auth_syntax, mechanism_offered
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities, Capability, Stage
from mailproof.model.connection import Connection, Greeting
from mailproof.model.record import Asked, Record
from mailproof.model.tls import Protection


def offered(*lines: str, stage: Stage = Stage.TLS, answer: str = "250 mx.test", turn: int = 3) -> Capabilities:
    """`AUTH PLAIN LOGIN`, `AUTH=PLAIN` (old form of SMTP), `USER`, `LOGINDISABLED`."""
    found = []
    for line in lines:
        name, *params = line.replace("AUTH=", "AUTH= ").split()
        found.append(Capability(name.rstrip("="), tuple(params), legacy=name.endswith("=") and answer[0] == "2"))
    return Capabilities(stage, "EHLO", reply(answer, turn=turn), tuple(found), (turn,))


def clear(*lines: str, answer: str = "250 mx.test") -> Capabilities:
    return offered(*lines, stage=Stage.CLEAR, answer=answer, turn=1)


def pop3(*lines: str) -> Capabilities:
    return offered(*lines, answer="+OK capabilities")


def imap(*lines: str) -> Capabilities:
    return offered(*lines, answer="OK done")


SUBMISSION, POP3, IMAP = "submission", "pop3", "imap"


@pytest.mark.parametrize(
    ("scheme", "said", "expected"),
    [
        (SUBMISSION, offered("AUTH PLAIN LOGIN"), "+auth-offered"),
        (SUBMISSION, offered("SIZE 1000"), "auth-not-offered"),
        ("submissions", offered("AUTH"), "auth-not-offered"),
        ("pop3s", pop3("USER"), "+auth-offered"),
        ("pop3s", pop3("SASL PLAIN"), "+auth-offered"),
        ("pop3s", pop3("UIDL"), "auth-not-offered"),
        ("pop3s", offered(answer="-ERR unknown command"), "?capabilities-refused"),
        ("imaps", imap("IMAP4rev1"), "+auth-offered"),
        ("imaps", imap("LOGINDISABLED", "AUTH=PLAIN"), "+auth-offered"),
        ("imaps", imap("LOGINDISABLED"), "auth-not-offered"),
        (SUBMISSION, clear("SIZE 1000"), "?tls-not-available"),
        (SUBMISSION, clear("AUTH PLAIN"), "+auth-offered"),
    ],
)
def test_a_login_is_offered_where_users_log_in(scheme: str, said: Capabilities, expected: str) -> None:
    assert answers(auth_offered.check, record(attempt(said, scheme=scheme))) == [expected]


def test_nobody_expects_a_login_at_port_25() -> None:
    mx = attempt(offered("SIZE 1000"), scheme="smtp")
    assert answers(auth_offered.check, record(mx)) == []
    with_user = Asked(user="alice")
    assert answers(auth_offered.check, record(mx, asked=with_user)) == ["auth-not-offered"]
    elsewhere = attempt(offered("AUTH PLAIN"), scheme="submission")
    assert answers(auth_offered.check, record(mx, elsewhere, asked=with_user)) == ["+auth-offered"]


def test_apop_is_a_login_too() -> None:
    greeting = Greeting(0.0, reply("+OK ready <1896.697170952@mx.test>"))
    assert answers(auth_offered.check, record(attempt(greeting, pop3("UIDL"), scheme="pop3s"))) == ["+auth-offered"]


@pytest.mark.parametrize(
    ("scheme", "before", "expected"),
    [
        (SUBMISSION, clear("AUTH PLAIN LOGIN"), "auth-offered-in-clear"),
        ("smtp", clear("AUTH=LOGIN"), "auth-offered-in-clear"),
        (SUBMISSION, clear("AUTH CRAM-MD5"), "+auth-protected"),
        (SUBMISSION, clear("STARTTLS"), "+auth-protected"),
        (POP3, clear("USER", answer="+OK"), "auth-offered-in-clear"),
        (POP3, clear("STLS", answer="+OK"), "+auth-protected"),
        (IMAP, clear("STARTTLS", answer="OK"), "auth-offered-in-clear"),
        (IMAP, clear("LOGINDISABLED", "AUTH=PLAIN", answer="OK"), "auth-offered-in-clear"),
        (IMAP, clear("LOGINDISABLED", answer="OK"), "+auth-protected"),
    ],
)
def test_no_password_is_asked_for_before_tls(scheme: str, before: Capabilities, expected: str) -> None:
    assert answers(auth_protected.check, record(attempt(before, scheme=scheme))) == [expected]


def test_a_login_only_inside_tls_is_as_it_should_be() -> None:
    seen = record(attempt(clear("STARTTLS"), offered("AUTH PLAIN"), scheme=SUBMISSION))
    assert answers(auth_protected.check, seen) == ["+auth-protected", "auth-only-after-tls"]


def test_dovecot_shows_its_own_machine_what_others_do_not_see() -> None:
    at_home = attempt(Connection("127.0.0.1:143", 0.0, "127.0.0.1:40000"), clear(answer="OK"), scheme=IMAP)
    same = attempt(Connection("192.0.2.25:143", 0.0, "192.0.2.25:40000"), clear(answer="OK"), scheme=IMAP)
    for seen in (at_home, same):
        assert answers(auth_protected.check, record(seen)) == ["?server-trusts-itself"]
    postfix = attempt(Connection("127.0.0.1:587", 0.0, "127.0.0.1:40000"), clear("AUTH PLAIN"), address="127.0.0.1")
    assert answers(auth_protected.check, record(postfix)) == []  # implicit TLS has no clear text


def test_the_old_form_of_auth_is_noted_for_smtp_only() -> None:
    old = record(attempt(offered("AUTH PLAIN", "AUTH=PLAIN")))
    assert answers(auth_syntax.check, old) == ["auth-legacy-syntax"]
    assert answers(auth_syntax.check, record(attempt(offered("AUTH PLAIN")))) == ["+auth-syntax-standard"]
    assert answers(auth_syntax.check, record(attempt(imap("AUTH=PLAIN"), scheme="imaps"))) == []


def test_the_mechanism_that_was_asked_for_is_looked_for() -> None:
    def seen(mechanism: str, *facts: Capabilities | LoginTried) -> Record:
        return record(attempt(*facts, scheme="submissions"), asked=Asked(user="alice", mechanism=mechanism))

    assert answers(mechanism_offered.check, seen("cram-md5", offered("AUTH PLAIN"))) == ["auth-mechanism-missing"]
    assert answers(mechanism_offered.check, seen("plain", offered("AUTH PLAIN"))) == ["+auth-mechanism-offered"]
    assert answers(mechanism_offered.check, seen("plain", offered("SIZE"))) == []
    refused = LoginTried("CRAM-MD5", reply("504 5.5.4 unknown", turn=5), Protection.VERIFIED)
    assert answers(mechanism_offered.check, seen("CRAM-MD5", offered("AUTH PLAIN"), refused)) == [
        "auth-mechanism-missing"
    ]
