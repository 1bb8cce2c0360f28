"""A Postfix that counts messages: the second one in a minute meets the limit, and it is called by its name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from labcheck import BOB, check, reported
from mailproof.lab.real.server import RealLab

pytestmark = pytest.mark.real


def test_one_message_a_minute_is_soon_too_much(real_lab_with: Callable[..., RealLab]) -> None:
    limits = {"smtpd_client_message_rate_limit": "1", "smtpd_client_event_limit_exceptions": ""}
    lab = real_lab_with(main=limits, wait_for=("smtp",))
    report = reported(check(lab, urls=[lab.urls["smtp"]], user="", mailbox=BOB))
    [finding] = [item for item in report.findings if item.name == "mail-rate-limited"]
    assert str(finding.params["reply"]).startswith("450 4.7.1 Error: too much mail from")
