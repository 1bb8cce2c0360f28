"""LMTP of the private Dovecot, at the Unix socket where Postfix hands mail over."""

from __future__ import annotations

import pytest

from labcheck import BOB, check, facts, reported
from mailproof.lab.real.server import RealLab
from mailproof.model.finding import Severity
from mailproof.model.observation import Capabilities, Submitted

pytestmark = pytest.mark.real


def test_a_unix_socket_is_checked_as_a_port_is(real_lab: RealLab) -> None:
    record = check(real_lab, urls=[f"lmtp+unix://{real_lab.lmtp_socket}"], user="", mailbox="")
    report = reported(record)
    assert [item for item in report.findings if item.severity is not Severity.INFO] == []
    assert {item.name for item in report.passed} >= {"port-open", "greeting-in-time", "session-complete"}
    assert {listed.verb for listed in facts(record, Capabilities)} == {"LHLO"}


def test_a_message_handed_in_there_is_found_in_the_mailbox(real_lab: RealLab) -> None:
    urls = [f"lmtp+unix://{real_lab.lmtp_socket}", real_lab.urls["imap"]]
    record = check(real_lab, user="", urls=urls, mailbox=BOB, deliver=True)
    assert [submitted.recipient for submitted in facts(record, Submitted)] == [BOB]
    assert "message-delivered" in {item.name for item in reported(record).passed}
