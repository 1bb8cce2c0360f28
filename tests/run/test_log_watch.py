"""A log is read from where it ended when the run began."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from mailproof.run.log_watch import LogWatch

DAY = date(2026, 11, 29)
FATAL = "Nov 29 05:00:00 mx postfix/tlsmgr[7]: fatal: open database /var/lib/postfix/smtpd_scache.db: No such file\n"
STARTED = "Nov 29 05:01:00 mx postfix/master[1]: daemon started -- version 3.7.11, configuration /etc/postfix\n"
LINE = "Nov 29 05:12:0{} mx postfix/smtpd[7]: connect from c[192.0.2.7]\n"


def texts(log: Path, watch: LogWatch) -> tuple[list[str], list[str], tuple[str, ...]]:
    during, before, read = watch.read(DAY)
    return [each.where for each in during], [each.where for each in before], read.unread


def test_only_what_was_written_meanwhile_is_read(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LINE.format(0) + LINE.format(1))
    watch = LogWatch([log])
    with log.open("a") as more:
        more.write("nobody's line\n" + LINE.format(2))
    assert texts(log, watch) == (["mail.log, line 4"], [], ())


def test_a_log_that_was_rotated_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LINE.format(0) * 3)
    watch = LogWatch([log])
    log.rename(tmp_path / "mail.log.1")
    log.write_text(LINE.format(2))
    assert texts(log, watch) == (["mail.log, line 1"], [], ())


def test_what_keeps_the_server_from_working_is_older_and_still_true(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LINE.format(0) + FATAL)
    assert texts(log, LogWatch([log])) == ([], ["mail.log, line 2"], ())


def test_what_was_mended_by_a_start_is_not_told(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(FATAL + STARTED)
    assert texts(log, LogWatch([log])) == ([], [], ())


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path / "none.log", pipe, tmp_path):
        during, before, unread = texts(path, LogWatch([path]))
        assert (during, before) == ([], []) and str(path) in unread[0]
