from __future__ import annotations

import msgspec
from mailrecord import answers, attempt, record, reply

from mailproof.checks.login import account_usable, login_order, login_prompt, mechanism_offered, password_protected
from mailproof.model.authentication import LoginTried
from mailproof.model.record import Asked, Record
from mailproof.model.tls import Protection


def tried(
    line: str, mechanism: str = "PLAIN", protection: Protection = Protection.VERIFIED, *, seconds: float = 0.0
) -> LoginTried:
    command = mechanism in ("USER", "LOGIN")
    initial = mechanism == "PLAIN"
    answer = reply(line, turn=3, seconds=seconds)
    return LoginTried(mechanism, answer, protection, command=command, initial_response=initial, turns=(3,))


def login(said: LoginTried, *, user: str = "alice@mx.test", mailbox_user: str = "", scheme: str = "pop3s") -> Record:
    return record(attempt(said, scheme=scheme, job="login"), asked=Asked(user=user, mailbox_user=mailbox_user))


def test_a_provider_says_what_it_wants() -> None:
    app = login(tried("534 5.7.9 Application-specific password required"), scheme="submissions")
    assert answers(account_usable.check, app) == ["app-password-required"]
    basic = login(tried("535 5.7.139 Authentication unsuccessful, basic authentication is disabled."))
    assert answers(account_usable.check, basic) == ["login-disabled-by-provider"]


def test_only_a_bare_name_lacks_its_domain() -> None:
    always = tried("-ERR Invalid user name or password. Please use full email address as user name.", "USER")
    assert answers(account_usable.check, login(always, user="alice")) == ["user-name-lacks-domain"]
    assert answers(account_usable.check, login(always)) == []


def test_the_name_that_counts_is_the_one_that_was_tried() -> None:
    always = tried("-ERR Please use full email address as user name.", "USER")
    assert answers(account_usable.check, login(msgspec.structs.replace(always, user="bob"))) == [
        "user-name-lacks-domain"
    ]


def test_only_an_address_has_a_domain_too_many() -> None:
    said = tried("-ERR give the user name without the domain", "USER")
    assert answers(account_usable.check, login(said)) == ["user-name-has-domain"]
    assert answers(account_usable.check, login(said, user="alice")) == []


def test_a_wrong_password_is_left_to_its_own_check() -> None:
    assert answers(account_usable.check, login(tried("-ERR [AUTH] Authentication failed."))) == []
    assert answers(login_order.check, login(tried("-ERR [AUTH] Authentication failed."))) == []


def test_microsoft_wants_to_be_greeted() -> None:
    hello = login(tried("503 5.5.2 Send hello first [TY2PR02CA0019.apcprd02.prod.outlook.com]"), scheme="submission")
    assert answers(login_order.check, hello) == ["ehlo-required-first"]


def test_a_refused_plain_text_login_sent_nothing_if_it_ended_at_user() -> None:
    words = "Plaintext authentication disallowed on non-secure (SSL/TLS) connections."
    at_user = msgspec.structs.replace(tried(f"-ERR [AUTH] {words}", "USER", Protection.NONE), sent=False)
    pop3 = login(at_user, scheme="pop3")
    assert answers(login_order.check, pop3) == ["plaintext-login-refused"]
    assert answers(password_protected.check, pop3) == []
    imap = login(tried(f"NO [PRIVACYREQUIRED] {words}", "LOGIN", Protection.NONE), scheme="imap")
    assert answers(login_order.check, imap) == ["plaintext-login-refused"]
    assert answers(password_protected.check, imap) == ["password-sent-in-clear"]


def test_a_password_inside_tls_is_protected_and_a_digest_in_clear_shows_none() -> None:
    assert answers(password_protected.check, login(tried("+OK", "USER"))) == ["+password-protected"]
    assert answers(password_protected.check, login(tried("+OK", "CRAM-MD5", Protection.NONE))) == []
    assert answers(password_protected.check, login(tried("+OK", "USER", Protection.NONE))) == [
        "password-sent-in-clear"
    ]


def test_a_penalty_needs_a_failure_before() -> None:
    slow, failed = tried("+OK", "USER", seconds=5.0), tried("535 5.7.8 no")
    assert answers(login_prompt.check, record(attempt(slow, scheme="pop3s", job="login"))) == []
    both = record(attempt(failed, job="login"), attempt(slow, scheme="pop3s", job="login"))
    assert answers(login_prompt.check, both) == ["auth-penalty"]
    elsewhere = record(attempt(failed, address="192.0.2.1", job="login"), attempt(slow, scheme="pop3s", job="login"))
    assert answers(login_prompt.check, elsewhere) == []


def test_a_mechanism_that_the_server_does_not_know_is_missing() -> None:
    unknown = tried("535 5.7.8 Error: authentication failed: Invalid authentication mechanism", "XOAUTH2")
    assert answers(mechanism_offered.check, login(unknown, scheme="submission")) == ["auth-mechanism-missing"]
