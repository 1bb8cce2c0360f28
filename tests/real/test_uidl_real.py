"""UIDL on a real Dovecot: with its own rule, with one that changes, and with one that is the same for all."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from labcheck import BOB, check, facts, reported
from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.lab.real.dovecot import MAIL_OWNER
from mailproof.lab.real.server import RealLab
from mailproof.model.record import Record
from mailproof.model.retrieval import UidsListed

pytestmark = pytest.mark.real

Lab = Callable[..., RealLab]
POP3 = ("pop3", "pop3s")


def with_mail(lab: RealLab) -> RealLab:
    """Two messages of different length lie in bob's mailbox."""
    for folder in ("tmp", "cur", "new"):
        (lab.mailbox(BOB) / folder).mkdir(parents=True)
    for number, body in enumerate(("short\n", "somewhat longer\n" * 9), start=1):
        text = f"From: a@example.test\nMessage-ID: <{number}@example.test>\n\n{body}"
        (lab.mailbox(BOB) / "new" / f"170000000{number}.M{number}P1.mail").write_text(text)
    for path in (lab.mailbox(BOB), *lab.mailbox(BOB).rglob("*")):
        shutil.chown(path, MAIL_OWNER, MAIL_OWNER)
    return lab


def told(record: Record) -> set[str]:
    report = reported(record)
    return {item.name for item in report.findings} | {f"+{item.name}" for item in report.passed}


def test_its_own_rule_keeps_them(real_lab_with: Lab) -> None:
    record = check(with_mail(real_lab_with(wait_for=POP3)), *POP3, user=BOB)
    looks = facts(record, UidsListed)
    assert [len(look.messages) for look in looks] == [2, 2]
    assert looks[0].messages == looks[1].messages
    assert "+uids-kept" in told(record)


def test_one_name_for_all_is_found(real_lab_with: Lab) -> None:
    lab = with_mail(real_lab_with(dovecot="pop3_uidl_format = %08Xv\n", wait_for=POP3))
    [found] = [item for item in reported(check(lab, "pop3s", user=BOB)).findings if item.name == "uidl-changed"]
    assert found.params["how"] == "doubled"


def test_a_rule_that_changes_is_found(real_lab_with: Lab) -> None:
    lab = with_mail(real_lab_with(wait_for=POP3))
    before = check(lab, "pop3s", user=BOB)
    with lab.dovecot_conf.open("a") as conf:
        conf.write("pop3_uidl_format = %g\n")
    os.kill(int((lab.directory / "dovecot" / "run" / "master.pid").read_text()), signal.SIGHUP)
    lab.wait_until(lambda: "SIGHUP received" in lab.dovecot_log.read_text(), "the reload of Dovecot")
    after = check(lab, "pop3s", user=BOB)
    both = Record(datetime.now(UTC), attempts=(*before.attempts, *after.attempts))
    [found] = [item for item in judge(both, load_profile("default")).findings if item.name == "uidl-changed"]
    assert found.params["how"] == "changed"
    assert "M1P1" in str(found.params["uids"])
