"""A log is read from where it ended when the run began."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, date, datetime
from pathlib import Path

from mailproof.host.here import Here
from mailproof.model.machine import Clock
from mailproof.run.beside.watch import LogWatch, day_of

DAY = date(2026, 11, 29)
FATAL = "Nov 29 05:00:00 mx postfix/tlsmgr[7]: fatal: open database /var/lib/postfix/smtpd_scache.db: No such file\n"
STARTED = "Nov 29 05:01:00 mx postfix/master[1]: daemon started -- version 3.7.11, configuration /etc/postfix\n"
LINE = "Nov 29 05:12:0{} mx postfix/smtpd[7]: connect from c[192.0.2.7]\n"


def watch_of(log: Path) -> LogWatch:
    return LogWatch(Here(), [str(log)])


def texts(log: Path, watch: LogWatch) -> tuple[list[str], list[str], tuple[str, ...]]:
    during, before, read = watch.read(DAY)
    return [each.where for each in during], [each.where for each in before], tuple(each.path for each in read.unread)


def test_only_what_was_written_meanwhile_is_read(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LINE.format(0) + LINE.format(1))
    watch = watch_of(log)
    with log.open("a") as more:
        more.write("nobody's line\n" + LINE.format(2))
    assert texts(log, watch) == (["mail.log, line 4"], [], ())


def test_the_first_line_that_was_written_meanwhile_counts(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LINE.format(0) + LINE.format(1))
    watch = watch_of(log)
    with log.open("a") as more:
        more.write(LINE.format(2))
    assert texts(log, watch) == (["mail.log, line 3"], [], ())


def test_a_log_of_more_than_what_is_looked_back_at_has_its_numbers(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    lines = (3 << 20) // len(LINE.format(0))
    log.write_text(LINE.format(0) * lines)
    watch = watch_of(log)
    with log.open("a") as more:
        more.write(LINE.format(2))
    assert texts(log, watch) == ([f"mail.log, line {lines + 1}"], [], ())


def test_a_log_that_was_rotated_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LINE.format(0) * 3)
    watch = watch_of(log)
    log.rename(tmp_path / "mail.log.1")
    log.write_text(LINE.format(2))
    assert texts(log, watch) == (["mail.log, line 1"], [], ())


def test_what_was_written_before_the_rotation_is_read_too(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LINE.format(0) * 3)
    watch = watch_of(log)
    with log.open("a") as more:
        more.write(LINE.format(1))
    log.rename(tmp_path / "mail.log.1")
    log.write_text(LINE.format(2))
    assert texts(log, watch) == (["mail.log.1, line 4", "mail.log, line 1"], [], ())


def test_a_log_that_was_copied_and_cut_is_read_in_both(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LINE.format(0) * 3)
    watch = watch_of(log)
    with log.open("a") as more:
        more.write(LINE.format(1))
    (tmp_path / "mail.log-20261129").write_bytes(log.read_bytes())
    log.write_text(LINE.format(2))
    assert texts(log, watch) == (["mail.log-20261129, line 4", "mail.log, line 1"], [], ())


def test_the_day_is_that_of_the_machine() -> None:
    evening = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
    assert day_of(evening, Clock(0.0, 0)) == DAY
    assert day_of(evening, Clock(0.0, 9 * 3600)) == date(2026, 11, 30)
    assert day_of(evening, Clock(3600.0, 0)) == date(2026, 11, 30)


def test_what_keeps_the_server_from_working_is_older_and_still_true(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(LINE.format(0) + FATAL)
    assert texts(log, watch_of(log)) == ([], ["mail.log, line 2"], ())


def test_what_was_mended_by_a_start_is_not_told(tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    log.write_text(FATAL + STARTED)
    assert texts(log, watch_of(log)) == ([], [], ())


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path / "none.log", pipe, tmp_path):
        during, before, unread = texts(path, watch_of(path))
        assert (during, before) == ([], []) and str(path) in unread[0]


def test_one_file_under_two_names_is_read_once(tmp_path: Path) -> None:
    log, link = tmp_path / "mail.log", tmp_path / "other"
    log.write_text(LINE.format(0))
    link.symlink_to(log)
    watch = LogWatch(Here(), [str(log), str(link), str(log)])
    with log.open("a") as more:
        more.write(LINE.format(1))
    during, _, read = watch.read(DAY)
    assert len(during) == read.lines == 1


def test_why_a_log_is_not_read(tmp_path: Path) -> None:
    packed, none = tmp_path / "mail.log.gz", tmp_path / "none"
    packed.write_bytes(gzip.compress(LINE.format(0).encode()))
    _, _, read = LogWatch(Here(), [str(packed), str(none), str(tmp_path)]).read(DAY)
    assert {each.path: each.why for each in read.unread} == {
        str(packed): "log-packed",
        str(none): "log-missing",
        str(tmp_path): "log-no-file",
    }
