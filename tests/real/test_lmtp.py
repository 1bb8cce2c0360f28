"""LMTP of the private Dovecot, at the Unix socket where Postfix hands mail over."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from labcheck import ALICE, BOB, check, facts, reported
from mailproof.lab.real.server import RealLab
from mailproof.model.capabilities import Capabilities
from mailproof.model.envelope import Submitted
from mailproof.model.finding import Severity

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


@pytest.mark.parametrize(
    "words", [(), ("--chunking",), ("--chunking", "--chunk-size", "40"), ("--pipelining",)], ids=str
)
def test_dovecot_answers_for_each_recipient_however_the_message_goes(
    real_lab: RealLab, words: tuple[str, ...]
) -> None:
    nobody = "nobody-here@example.test"
    place = f"lmtp+unix://{real_lab.lmtp_socket}"
    ask = ("send", place, "--from", ALICE, "--to", f"{ALICE},{nobody},{BOB}", "--format", "json", *words)
    done = mailproof(*ask)
    told = json.loads(done.stdout)
    assert [(each["address"], each["taken"]) for each in told["recipients"]] == [
        (ALICE, True),
        (nobody, False),
        (BOB, True),
    ]
    # A Unix socket is no network, and its certificate is nobody's matter.
    assert not any(item["name"].startswith("certificate-") for item in told["report"]["findings"])
    saved = [each["reply"] for each in told["recipients"] if each["taken"]]
    assert all(reply.endswith("Saved") for reply in saved) and len(set(saved)) == 2
    assert done.returncode == 42


def mailproof(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent"}
    command = (sys.executable, "-m", "mailproof", *words)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
