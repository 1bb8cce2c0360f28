"""ManageSieve of the private Dovecot: Pigeonhole's managesieve-login and managesieve."""

from __future__ import annotations

import pytest

from labcheck import ALICE, BOB, causes, check, facts, reported
from mailproof.lab.real.server import RealLab
from mailproof.model.attempt import Job, Status, Step
from mailproof.model.authentication import LoginTried
from mailproof.model.capabilities import Capabilities, Stage
from mailproof.model.finding import Severity
from mailproof.model.record import Record

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def sound(real_lab: RealLab) -> Record:
    return check(real_lab, "sieve", user=BOB, mailbox="")


def test_nothing_is_wrong(sound: Record) -> None:
    report = reported(sound)
    assert [item for item in report.findings if item.severity is not Severity.INFO] == []
    assert {item.name for item in report.passed} >= {
        *("port-open", "greeting-in-time", "starttls-offered", "tls-handshake", "certificate-names-host"),
        *("auth-offered", "login-accepted", "session-complete"),
    }
    talks = [attempt for attempt in sound.attempts if attempt.job in (Job.SURVEY, Job.LOGIN)]
    assert all(step.status is Status.OK for attempt in talks for step in attempt.steps)


def test_the_list_comes_with_the_greeting_and_again_after_tls_without_being_asked_for(sound: Record) -> None:
    turns = [turn for kept in sound.transcripts() for turn in kept.turns]
    assert any(turn.text.startswith("STARTTLS") for turn in turns)
    assert not any(turn.text.startswith("CAPABILITY") for turn in turns)
    lists = {listed.stage: listed for listed in facts(sound, Capabilities)}
    assert lists[Stage.CLEAR].get("STARTTLS") is not None
    assert "PLAIN" in lists[Stage.TLS].mechanisms


def test_the_user_reaches_the_scripts(sound: Record) -> None:
    assert [tried.accepted for tried in facts(sound, LoginTried)] == [True]
    assert any(step.step is Step.LIST for attempt in sound.attempts for step in attempt.steps)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_every_mechanism_lets_the_right_password_in(mechanism: str, real_lab: RealLab) -> None:
    record = check(real_lab, "sieve", user=BOB, mailbox="", mechanism=mechanism)
    assert [(tried.mechanism, tried.accepted) for tried in facts(record, LoginTried)] == [(mechanism, True)]


def test_a_wrong_password_is_named(real_lab: RealLab) -> None:
    assert causes(check(real_lab, "sieve", user=ALICE, password="wrong", mailbox="")) == ["auth-rejected"]
