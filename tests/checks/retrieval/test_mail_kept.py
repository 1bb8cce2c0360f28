"""POP3's CAPA says how long mail is kept (RFC 2449), what the server is, and what it marks (RFC 3206)."""

from __future__ import annotations

import pytest

from mailproof.catalog.profiles import load_profile
from mailproof.checks.login import login_accepted
from mailproof.checks.reach import software_not_revealed
from mailproof.checks.retrieval import mail_kept
from mailproof.diagnose.judge import judge
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities, Capability, Stage
from mailproof.model.finding import Finding, Passed, Untold
from mailproof.model.observation import AnyObservation
from mailproof.model.record import Record
from mailproof.model.reply import Reply, ReplyClass
from mailproof.model.tls import Protection
from records import attempt_of, record_of

POLICY = load_profile()


def capa(*lines: str, stage: Stage = Stage.TLS) -> Capabilities:
    words = [line.split() for line in lines]
    offered = tuple(Capability(first, tuple(rest)) for first, *rest in words)
    return Capabilities(stage, "CAPA", Reply(ReplyClass.POSITIVE, "+OK", "", turn=1), offered, (1,))


def pop3(*facts: AnyObservation, endpoint: str = "pop3s://mail.example.com", job: str = "survey") -> Record:
    return record_of(attempt_of(*facts, endpoint=endpoint, lines=("C: CAPA", "S: +OK", "S: -ERR"), job=job))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("EXPIRE NEVER", "+"),
        ("EXPIRE never", "+"),
        ("EXPIRE 0", 0),
        ("EXPIRE 30", 30),
        ("EXPIRE 7 USER", 7),
        ("EXPIRE", None),
        ("EXPIRE soon", None),
        ("EXPIRE 99999999999", None),
        ("TOP", None),
    ],
)
def test_how_long_mail_is_kept(line: str, said: object) -> None:
    answers = list(mail_kept.check(pop3(capa(line)), POLICY))
    told = ["+" if isinstance(a, Passed) else a.params["days"] for a in answers if isinstance(a, (Passed, Finding))]
    assert told == ([] if said is None else [said])


def test_what_is_said_inside_tls_counts_and_other_protocols_do_not() -> None:
    both = pop3(capa("EXPIRE 0", stage=Stage.CLEAR), capa("EXPIRE NEVER"), endpoint="pop3://mail.example.com")
    assert [type(a) for a in mail_kept.check(both, POLICY)] == [Passed]
    assert list(mail_kept.check(pop3(capa("EXPIRE 0"), endpoint="imaps://mail.example.com"), POLICY)) == []


def test_at_once_weighs_more_than_in_a_month() -> None:
    found = [item for days in (0, 30) for item in judge(pop3(capa(f"EXPIRE {days}")), POLICY).findings]
    assert [str(item.severity) for item in found if item.name == "mail-expires"] == ["warn", "info"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("IMPLEMENTATION Cyrus-POP3-v2.4.17", True),
        ("IMPLEMENTATION Dovecot 2.3.4", True),
        ("IMPLEMENTATION Dovecot", False),
    ],
)
def test_an_implementation_tells_its_version(line: str, found: bool) -> None:
    answers = software_not_revealed.check(pop3(capa(line)), POLICY)
    assert any(isinstance(a, Finding) for a in answers) is found


@pytest.mark.parametrize(
    ("capabilities", "code", "text", "said"),
    [
        (("AUTH-RESP-CODE",), "AUTH", "no", "auth-rejected"),
        (("AUTH-RESP-CODE",), "", "Maildrop is being moved", "no-verdict"),
        (("AUTH-RESP-CODE",), "", "Invalid login", "auth-rejected"),
        ((), "", "Maildrop is being moved", "auth-rejected"),
    ],
)
def test_a_refusal_without_the_code_that_the_server_promised(capabilities, code, text, said) -> None:
    reply = Reply(ReplyClass.PERMANENT, "-ERR", text, code, turn=2)
    login = LoginTried("USER", reply, Protection.VERIFIED, command=True, turns=(2,))
    answers = list(login_accepted.check(pop3(capa(*capabilities), login, job="login"), POLICY))
    told = [a.name if isinstance(a, Finding) else a.why for a in answers if isinstance(a, (Finding, Untold))]
    assert told == [said]
