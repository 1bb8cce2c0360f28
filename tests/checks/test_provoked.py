"""What was provoked on purpose, judged: what a sound server answers passes, and what tells nothing is not tested."""

from __future__ import annotations

import pytest

from mailproof.catalog.profiles import load_profile
from mailproof.checks.login import login_where_offered
from mailproof.checks.reach import strain_borne
from mailproof.checks.tls import injection_discarded
from mailproof.model.attempt import Job
from mailproof.model.capabilities import Stage
from mailproof.model.finding import Answer, Finding, Passed
from mailproof.model.provoked import Injected, LoginProbed, Strained
from mailproof.model.reply import Reply, ReplyClass
from records import attempt_of, record_of, reply_of

CHALLENGE = Reply(ReplyClass.INTERMEDIATE, "334", "", turn=1)


def said(check: object, fact: Injected | LoginProbed | Strained, vantage: str = "198.51.100.7") -> str:
    record = record_of(attempt_of(fact, endpoint="submission://mx.test", job="errors"), vantage=vantage)
    [answer] = check(record, load_profile())  # type: ignore[operator]
    return told(answer)


def told(answer: Answer) -> str:
    if isinstance(answer, Finding):
        return answer.name
    return "+" if isinstance(answer, Passed) else "?" + answer.why


@pytest.mark.parametrize(
    ("reply", "inside", "expected"),
    [
        ("220 go", "250 2.0.0 Ok", "starttls-command-injection"),
        ("220 go", None, "+"),
        ("554 5.5.0 Error: SMTP protocol synchronization", None, "+"),
        ("454 4.5.0 SMTP protocol violation, no commands allowed to pipeline after STARTTLS", None, "+"),
    ],
)
def test_an_answer_inside_tls_tells_that_the_command_was_kept(reply: str, inside: str | None, expected: str) -> None:
    heard = reply_of(inside) if inside else None
    assert said(injection_discarded.check, Injected("NOOP", reply_of(reply), heard, (1,))) == expected


@pytest.mark.parametrize(
    ("stage", "reply", "expected"),
    [
        (Stage.CLEAR, CHALLENGE, "auth-taken-unoffered"),
        (Stage.CLEAR, reply_of("538 5.7.11 Encryption required for requested authentication mechanism"), "+"),
        (Stage.CLEAR, reply_of("503 5.5.1 Error: authentication not enabled"), "+"),
        (Stage.LOGGED_IN, CHALLENGE, "second-auth-accepted"),
        (Stage.LOGGED_IN, reply_of("503 5.5.1 Error: already authenticated"), "+"),
    ],
)
def test_a_challenge_tells_that_a_login_would_be_taken(stage: Stage, reply: Reply, expected: str) -> None:
    assert said(login_where_offered.check, LoginProbed(stage, "PLAIN", reply, (1,))) == expected


def test_from_the_server_itself_a_login_in_clear_tells_nothing() -> None:
    probed = LoginProbed(Stage.CLEAR, "PLAIN", CHALLENGE, (1,), "192.0.2.25:40000")
    assert said(login_where_offered.check, probed, vantage="192.0.2.25") == "?server-trusts-itself"


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (Strained(Job.ERRORS, 26, 26, reply=reply_of("500 5.5.2 Error: command not recognized"), turns=(1,)),
         "errors-not-limited"),
        (Strained(Job.ERRORS, 3, 3, hung_up=True, reply=reply_of("421 4.7.0 Error"), turns=(1,)), "+"),
        (Strained(Job.LONG_LINE, 70_000, 35, reply=reply_of("500 what?"), turns=(1,)), "long-line-split"),
        (Strained(Job.LONG_LINE, 70_000, 1, reply=reply_of("500 5.5.2 Error: line too long"), turns=(1,)), "+"),
        (Strained(Job.LONG_LINE, 70_000, 0, hung_up=True, turns=(1,)), "+"),
        (Strained(Job.RECIPIENTS, 100, 50, reply=reply_of("452 4.5.3 Error: too many recipients"), turns=(1,)),
         "recipient-limit-too-low"),
        (Strained(Job.RECIPIENTS, 100, 100, reply=reply_of("250 2.1.5 Ok"), turns=(1,)), "+"),
        (Strained(Job.RECIPIENTS, 100, 0, reply=reply_of("550 5.1.1 User unknown"), turns=(1,)),
         "?refused-for-another-reason"),
        (Strained(Job.RECIPIENTS, 100, 7, reply=reply_of("451 4.3.0 Temporary lookup failure"), turns=(1,)),
         "?refused-for-another-reason"),
    ],
)  # fmt: skip
def test_a_strain_is_judged_by_what_came_of_it(fact: Strained, expected: str) -> None:
    assert said(strain_borne.check, fact) == expected
