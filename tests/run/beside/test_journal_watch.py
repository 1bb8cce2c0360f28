"""journald is read from where it ended when the run began: the real journalctl, on a journal that was made for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mailproof.host.here import Here
from mailproof.model.machine import Clock
from mailproof.run.beside.journal import JournalWatch

REMOTE = Path("/lib/systemd/systemd-journal-remote")
STARTED = datetime(2026, 11, 29, 8, 0, 0, tzinfo=UTC)
DAY = STARTED.date()
FATAL = "fatal: open database /var/lib/postfix/smtpd_scache.db: No such file or directory"

pytestmark = pytest.mark.skipif(
    not REMOTE.exists() or shutil.which("journalctl") is None, reason="needs systemd and systemd-journal-remote"
)


class Journal:
    """A journal in a directory, and a journalctl that looks there."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._directory = directory
        (directory / "journal").mkdir()
        program = directory / "journalctl"
        program.write_text(f'#!/bin/sh\nexec {shutil.which("journalctl")} -D {directory}/journal "$@"\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
        self._written = 0

    def write(self, *entries: tuple[float, str, str]) -> None:
        """Seconds after the run began, the unit, and what its program said."""
        text = ""
        for seconds, unit, message in entries:
            self._written += 1
            stamp = int((STARTED.timestamp() + seconds) * 1e6)
            text += (
                f"__REALTIME_TIMESTAMP={stamp}\n__MONOTONIC_TIMESTAMP={1000 + self._written}\n"
                f"_BOOT_ID=a0b1c2d3e4f5061728394a5b6c7d8e9f\n_SYSTEMD_UNIT={unit}.service\n_HOSTNAME=mx\n"
                f"SYSLOG_IDENTIFIER={unit.partition('@')[0]}/smtpd\nSYSLOG_PID=71\nMESSAGE={message}\n\n"
            )
        source = self._directory / f"{self._written}.export"
        source.write_text(text)
        target = self._directory / "journal" / f"{self._written:04}.journal"
        subprocess.run([REMOTE, "-o", target, source], check=True, capture_output=True)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    return Journal(tmp_path, monkeypatch)


def texts(watch: JournalWatch, today: date = DAY) -> tuple[list[str], list[str]] | None:
    read = watch.read(today)
    return None if read is None else ([each.line.text for each in read[0]], [each.line.text for each in read[1]])


def test_only_what_was_written_meanwhile_is_read(journal: Journal) -> None:
    journal.write((-60, "postfix@-", "connect from a[192.0.2.1]"), (-50, "postfix@-", FATAL))
    watch = JournalWatch(Here(), STARTED, Clock(0.0, 0))
    journal.write((1, "postfix@-", "connect from b[192.0.2.2]"), (2, "sshd", "connect from c[192.0.2.3]"))
    assert texts(watch) == (["connect from b[192.0.2.2]"], [FATAL])


def test_a_journal_without_a_line_of_a_mail_server_before(journal: Journal) -> None:
    """Then there is no cursor, and the time counts, by the clock of the machine."""
    journal.write((-60, "sshd", "x"))
    watch = JournalWatch(Here(), STARTED, Clock(100.0, 0))
    journal.write((50, "postfix@-", "connect from a[192.0.2.1]"), (101, "postfix@-", "connect from b[192.0.2.2]"))
    assert texts(watch) == (["connect from b[192.0.2.2]"], [])


def test_a_journal_that_has_nothing_of_mail_is_none(journal: Journal) -> None:
    journal.write((-60, "sshd", "x"))
    assert texts(JournalWatch(Here(), STARTED, None)) is None


def test_without_journalctl_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert texts(JournalWatch(Here(), STARTED, None)) is None
