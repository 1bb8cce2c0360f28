from __future__ import annotations

import msgspec
from mailrecord import answers, attempt, record, reply

from mailproof.checks.login.login_accepted import check
from mailproof.model.authentication import LoginTried
from mailproof.model.tls import Protection


def tried(line: str, mechanism: str = "PLAIN", error: str = "") -> LoginTried:
    return LoginTried(mechanism, reply(line, turn=3), Protection.VERIFIED, error=error)


def test_a_right_password_is_accepted() -> None:
    seen = record(attempt(tried("235 2.7.0 Authentication successful"), job="login"))
    assert answers(check, seen) == ["+login-accepted"]


def test_a_wrong_password_is_rejected_with_the_reply_as_evidence() -> None:
    seen = record(attempt(tried("535 5.7.8 Error: authentication failed: (reason unavailable)"), job="login"))
    (finding,) = check(seen, None)  # type: ignore[arg-type]
    assert (finding.name, finding.params) == ("auth-rejected", {"mechanism": "PLAIN"})  # type: ignore[union-attr]
    assert finding.evidence[0].text == "S: turn 3"  # type: ignore[union-attr]


def test_a_server_that_cannot_ask_says_nothing_about_the_password() -> None:
    seen = record(attempt(tried("454 4.7.0 Temporary authentication failure"), job="login"))
    assert answers(check, seen) == ["auth-temporary-failure"]


def test_a_mechanism_is_broken_if_another_works() -> None:
    failed, worked = tried("535 5.7.8 no", "CRAM-MD5"), tried("235 2.7.0 ok", "PLAIN")
    assert answers(check, record(attempt(failed, worked, job="login"))) == [
        "auth-mechanism-broken",
        "+login-accepted",
    ]


def test_another_endpoint_may_have_other_credentials() -> None:
    failed, worked = tried("535 5.7.8 no", "CRAM-MD5"), tried("+OK", "PLAIN")
    seen = record(attempt(failed, job="login"), attempt(worked, scheme="pop3s", job="login"))
    assert answers(check, seen) == ["auth-rejected", "+login-accepted"]


def test_a_suspended_account_is_named_as_that() -> None:
    seen = record(attempt(tried("NO [CONTACTADMIN] Account_suspended"), scheme="imaps", job="login"))
    assert answers(check, seen) == ["user-disabled"]


def test_a_limit_tells_nothing() -> None:
    seen = record(attempt(tried("450 4.7.1 Error: too many AUTH commands from 198.51.100.7"), job="login"))
    assert answers(check, seen) == ["?no-verdict"]


def test_a_login_that_came_too_soon_tells_nothing_of_the_password() -> None:
    late = attempt(tried("-ERR [LOGIN-DELAY] Logins must be at least 1 minute apart"), scheme="pop3s", job="login")
    (alone,) = check(record(late), None)  # type: ignore[arg-type]
    assert (alone.why, alone.asked) == ("login-delay", True)  # type: ignore[union-attr]
    worked = attempt(tried("+OK Mailbox locked and ready"), scheme="pop3", job="login")
    passed, second = check(record(worked, late), None)  # type: ignore[arg-type]
    assert passed.name == "login-accepted"
    assert (second.why, second.asked) == ("login-delay", False)  # type: ignore[union-attr]


def test_a_server_that_hangs_up_has_not_answered() -> None:
    silent = LoginTried("PLAIN", None, Protection.VERIFIED)
    assert answers(check, record(attempt(silent, job="login"))) == ["?not-reached"]


def test_what_other_checks_name_is_left_to_them() -> None:
    for line in ("534 5.7.9 Application-specific password required", "503 5.5.2 Send hello first"):
        assert answers(check, record(attempt(tried(line), job="login"))) == []


def test_a_server_that_does_not_keep_to_the_mechanism_is_named_and_nothing_is_said_of_the_password() -> None:
    proof = msgspec.structs.replace(
        tried("235 2.7.0 welcome", "SCRAM-SHA-256", "no proof"), against="no proof", turns=(2, 3)
    )
    endless = LoginTried("PLAIN", None, Protection.VERIFIED, error="again", against="again", turns=(3,))
    for fact in (proof, endless):
        (finding,) = check(record(attempt(fact, job="login")), None)  # type: ignore[arg-type]
        assert finding.name == "login-exchange-broken"  # type: ignore[union-attr]
        assert finding.params == {"mechanism": fact.mechanism, "problem": fact.against}  # type: ignore[union-attr]


def test_what_the_client_cannot_do_itself_is_not_held_against_the_server() -> None:
    ours = tried("501 5.7.0 cancelled", "SCRAM-SHA-256-PLUS", error="no channel binding at hand")
    assert "login-exchange-broken" not in answers(check, record(attempt(ours, job="login")))
