"""A log with nothing wrong in it passes where it is the log of the server that was asked."""

from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record

from mailproof.catalog.log_messages import log_messages
from mailproof.catalog.profiles import load_profile
from mailproof.checks.log.said import KINDS, check
from mailproof.diagnose.judge import judge
from mailproof.model.server_log import LogQuote, LogRead, LogSaid, LogUnread
from mailproof.report.build import message


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (LogRead(("mail.log",), 12, 7, ()), ["+log-clean"]),
        (LogRead(("mail.log",), 12, 0, ()), ["?log-silent"]),
        (LogRead(("mail.log",), 0, 0, ()), ["?log-silent"]),
        (LogRead(("mail.log",), 0, 0, (LogUnread("mail.log", "log-unreadable"),)), ["?log-unreadable"]),
    ],
)
def test_what_a_log_without_a_complaint_proves(read: LogRead, said: list[str]) -> None:
    assert answers(check, record(attempt(read, job="log"))) == said


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", [kind.name for kind in KINDS])
def test_what_the_log_alone_tells_is_a_sentence(name: str, lang: str) -> None:
    """A line names the file and not the setting: then the sentence is another, and no blank is left in this one."""
    [told] = [row for row in log_messages() if row.name == name]
    found = told.pattern.search(told.sample)
    params = {key: value for key, value in found.groupdict().items() if value} if found is not None else {}
    said = LogSaid(name, 1, params, (LogQuote("mail.log, line 1", told.sample),), 1)
    judged = judge(record(attempt(LogRead(("mail.log",), 12, 7, ()), said, job="log")), load_profile())
    [sentence] = [message(finding, lang) for finding in judged.findings if finding.name == name]
    assert sentence
    assert "{" not in sentence
    assert " - " not in sentence
