"""With the server's own log, configuration and sockets: what is behind a refusal, and no fault of a sound one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from insidecheck import checked, dovecot_of, postfix_of
from labcheck import ALICE
from mailproof.lab.real.server import RealLab

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("resolver")]


def report(lab: RealLab, *urls: str, user: str = ALICE, password: str) -> dict[str, Any]:
    own = (*postfix_of(lab), *dovecot_of(lab))
    return checked(lab, *urls, "--user", user, "--password-env", "PW", "--here", *own, password=password)


def test_a_sound_server_has_no_fault_inside_either(real_lab: RealLab) -> None:
    told = report(real_lab, *real_lab.urls.values(), password=real_lab.accounts[ALICE])
    assert (told["verdict"], told["causes"]) == ("pass", [])
    passed = {item["name"] for item in told["passed"]}
    assert {"log-clean", "port-served", "queue-has-room", "resolver-answers"} <= passed


@pytest.mark.parametrize(
    ("user", "cause", "words"),
    [(ALICE, "password-wrong", "Password mismatch"), ("nobody@example.test", "user-unknown", "unknown user")],
)
def test_why_a_login_was_refused_stands_beside_the_refusal(
    real_lab: RealLab, user: str, cause: str, words: str
) -> None:
    urls = [real_lab.urls[scheme] for scheme in ("submission", "imaps")]
    told = report(real_lab, *urls, user=user, password="no such password")
    (first,) = told["causes"]
    assert first["name"] == cause
    assert first["endpoints"] == urls
    kinds = [(piece["kind"], words in piece["text"]) for piece in first["evidence"]]
    assert ("log", True) in kinds
    assert {"turn", "log"} == {kind for kind, _ in kinds}
    (refused,) = [finding for finding in told["findings"] if finding["name"] == "auth-rejected"]
    assert refused["explained_by"] == [cause]
    assert any(words in piece["text"] for piece in refused["evidence"])


def test_a_log_that_is_not_there_is_said_and_is_no_verdict(real_lab: RealLab) -> None:
    told = checked(real_lab, real_lab.urls["smtp"], "--log", "/no/such.log", "--postfix-dir", "/no/such")
    assert told["verdict"] == "unknown"
    assert {item["why"] for item in told["not_tested"]} >= {
        "there is no log /no/such.log",
        "/no/such/main.cf could not be read",
    }


def test_two_faults_are_two_causes_and_what_follows_from_each_is_none(real_lab_with: Callable[..., RealLab]) -> None:
    """No login at submission for want of a socket, and no POP3: each is told, with all that it brings about."""
    no_pop3 = "protocols = imap lmtp sieve\n"
    lab = real_lab_with(
        main={"smtpd_sasl_path": "private/nobody", "service_throttle_time": "1s"},
        dovecot=no_pop3,
        wait_for=("smtp", "imaps"),
    )
    urls = [lab.urls[scheme] for scheme in ("submission", "imaps", "pop3s")]
    told = report(lab, *urls, password=lab.accounts[ALICE])
    assert {cause["name"] for cause in told["causes"]} == {"sasl-socket-missing", "dovecot-protocol-disabled"}
    followed = {finding["name"] for finding in told["findings"] if finding["explained_by"]}
    assert "port-closed" in followed
    assert followed - {"port-closed"}
