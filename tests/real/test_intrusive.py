"""What could disturb a server, done to a real Postfix and Dovecot: they bear it, and it is called by its name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labcheck import check, facts, reported
from mailproof.lab.real.server import RealLab
from mailproof.model.attempt import INTRUSIVE, Job
from mailproof.model.capabilities import Stage
from mailproof.model.provoked import Injected, LoginProbed, Strained

pytestmark = pytest.mark.real


def test_a_sound_server_bears_it_all(real_lab_with: Callable[..., RealLab]) -> None:
    lab = real_lab_with(main={"smtpd_client_recipient_rate_limit": "0"})
    record = check(lab, "smtp", "submission", "pop3", "imap", intrusive=INTRUSIVE, timeout=20.0)
    assert [fact.inside for fact in facts(record, Injected)] == [None] * 4
    strained = {(s.attempt.endpoint.scheme, s.fact.job): s.fact for s in record.seen(Strained) if s.attempt.endpoint}
    errors, long_lines = (
        [f for (_, job), f in strained.items() if job is each] for each in (Job.ERRORS, Job.LONG_LINE)
    )
    assert errors and all(fact.hung_up for fact in errors)
    assert long_lines and all(fact.answered <= 1 for fact in long_lines)
    assert strained["smtp", Job.RECIPIENTS].answered == 100
    [again] = [fact for fact in facts(record, LoginProbed) if fact.stage is Stage.LOGGED_IN]
    assert again.reply.line == "503 5.5.1 Error: already authenticated"
    report = reported(record)
    assert [cause.name for cause in report.causes] == []
    assert {"injection-discarded", "strain-borne", "login-where-offered"} <= {item.name for item in report.passed}


def test_limits_that_are_set_too_low_or_not_at_all_are_named(real_lab_with: Callable[..., RealLab]) -> None:
    limits = {"smtpd_recipient_limit": "20", "smtpd_hard_error_limit": "1000", "smtpd_soft_error_limit": "1000"}
    lab = real_lab_with(main=limits, wait_for=("smtp",))
    record = check(lab, urls=[lab.urls["smtp"]], user="", intrusive=(Job.ERRORS, Job.RECIPIENTS), timeout=20.0)
    named = {finding.name: finding.params for finding in reported(record).findings}
    assert named["recipient-limit-too-low"] == {"taken": 20}
    assert named["errors-not-limited"] == {"said": 26}
