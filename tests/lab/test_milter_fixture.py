"""The fixture `mailproof_milter`, with a milter that is a program of its own."""

from __future__ import annotations

import sys
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailproof.lab.milter import running
from mailproof.model.failure import UsageError
from mailproof.model.milter import Health, Verdict

TINY = [sys.executable, str(Path(__file__).parents[1] / "tinymilter.py")]


@pytest.mark.parametrize("where", ["{socket}", "unix:{path}"])
def test_a_milter_is_started_asked_and_ended(mailproof_milter, where):
    milter = mailproof_milter([*TINY, where])
    message = EmailMessage()
    message["Subject"] = "hello"
    message.set_content("Hi\n")
    result = milter.send(message, recipients=["bob@example.net"])
    assert result.verdict is Verdict.ACCEPT and b"\r\nX-Seen: yes\r\n" in result.message
    assert milter.send("Subject: x\n\nbuy now\n").reply == "550 5.7.1 no spam"
    assert milter.send(b"\r\n", recipients=["later@example.net"]).verdict is Verdict.TEMPFAIL
    played = milter.play("C: CONNECT mx 192.0.2.1\nC: MAIL <a@b>\nC: RCPT <later@x>\nS: TEMPFAIL")
    assert played.ok, played.unmet
    assert milter.negotiate().negotiated.actions == 1


def test_it_is_gone_afterwards():
    with running([*TINY, "{socket}"]) as milter:
        assert milter.negotiate().health is Health.SOUND
    assert milter.negotiate().health is Health.REFUSED


def test_one_that_runs_already(mailproof_milter):
    first = mailproof_milter([*TINY, "{socket}"])
    assert mailproof_milter(first.url).send(b"A: b\n\nx\n").verdict is Verdict.ACCEPT


def test_a_milter_that_does_not_start_says_why():
    with pytest.raises(RuntimeError, match="cannot read my configuration"), running([*TINY, "--crash", "{socket}"]):
        pass


def test_no_place(mailproof_milter):
    with pytest.raises(UsageError):
        mailproof_milter("smtp://127.0.0.1")
