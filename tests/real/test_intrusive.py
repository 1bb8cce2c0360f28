"""What could disturb a server, done to a real Postfix and Dovecot: they bear it, and it is called by its name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from labcheck import ALICE, BOB, facts, reported
from mailproof.lab.real.server import RealLab
from mailproof.model.attempt import INTRUSIVE, Job
from mailproof.model.observation import Injected, LoginProbed, Stage, Strained
from mailproof.model.record import Asked, Record
from mailproof.model.tls import TlsSettings
from mailproof.net.sockets import SocketNet
from mailproof.probes.login import LoginWish
from mailproof.probes.terms import Terms
from mailproof.run.endpoints import Wanted
from mailproof.run.examine import Plan, examine
from mailproof.run.targets import parse_target
from mailproof.sasl.credentials import Credentials

pytestmark = pytest.mark.real


def provoked(lab: RealLab, *schemes: str, jobs: tuple[Job, ...] = INTRUSIVE) -> Record:
    terms = Terms(
        timeout=20.0,
        ehlo="client.example.com",
        settings=TlsSettings(ca_file=str(lab.ca_file)),
        sender=ALICE,
        mailbox=BOB,
        intrusive=jobs,
        second_login=True,
    )
    wish = LoginWish(Credentials(ALICE, lab.accounts[ALICE]), "nonce-of-this-test")
    plan = Plan(
        tuple(parse_target(lab.urls[scheme]) for scheme in schemes),
        Wanted(name=lab.name),
        terms,
        Asked(user=ALICE, sender=ALICE, mailbox=BOB),
        wish,
        versions=False,
        clear=False,
        verify=False,
        impersonate=False,
    )
    net = SocketNet()
    return net.run(examine(net, plan, datetime.now(UTC)))


def test_a_sound_server_bears_it_all(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(main={"smtpd_client_recipient_rate_limit": "0"})
    record = provoked(lab, "smtp", "submission", "pop3", "imap")
    assert [fact.inside for fact in facts(record, Injected)] == [None] * 4
    strained = {(s.attempt.endpoint.scheme, s.fact.job): s.fact for s in record.seen(Strained) if s.attempt.endpoint}
    assert all(fact.hung_up for (_, job), fact in strained.items() if job is Job.ERRORS)
    assert all(fact.answered <= 1 for (_, job), fact in strained.items() if job is Job.LONG_LINE)
    assert strained["smtp", Job.RECIPIENTS].answered == 100
    [again] = [fact for fact in facts(record, LoginProbed) if fact.stage is Stage.LOGGED_IN]
    assert again.reply.line == "503 5.5.1 Error: already authenticated"
    report = reported(record)
    assert [cause.name for cause in report.causes] == []
    assert {"injection-discarded", "strain-borne", "login-where-offered"} <= {item.name for item in report.passed}


def test_limits_that_are_set_too_low_or_not_at_all_are_named(real_lab_with: Callable[..., RealLab]) -> None:
    limits = {"smtpd_recipient_limit": "20", "smtpd_hard_error_limit": "1000", "smtpd_soft_error_limit": "1000"}
    lab = real_lab_with(main=limits, wait_for=("smtp",))
    report = reported(provoked(lab, "smtp", jobs=(Job.ERRORS, Job.RECIPIENTS)))
    named = {finding.name: finding.params for finding in report.findings}
    assert named["recipient-limit-too-low"] == {"taken": 20}
    assert named["errors-not-limited"] == {"said": 26}
