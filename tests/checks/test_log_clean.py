"""A log with nothing wrong in it passes where it is the log of the server that was asked."""

from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record

from mailproof.checks.log.said import check
from mailproof.model.server_log import LogRead


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (LogRead(("mail.log",), 12, 7, ()), ["+log-clean"]),
        (LogRead(("mail.log",), 12, 0, ()), ["?log-silent"]),
        (LogRead(("mail.log",), 0, 0, ()), ["?log-silent"]),
        (LogRead(("mail.log",), 0, 0, ("mail.log: Permission denied",)), ["?log-not-read"]),
    ],
)
def test_what_a_log_without_a_complaint_proves(read: LogRead, said: list[str]) -> None:
    assert answers(check, record(attempt(read, job="log"))) == said
