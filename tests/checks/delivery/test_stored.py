"""What the server says that it stored, and whether it is found."""

from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record, reply

from mailproof.checks.log.stored import check
from mailproof.model.envelope import Submitted
from mailproof.model.retrieval import Retrieved
from mailproof.model.server_log import LogQuote, LogStored


@pytest.mark.parametrize(
    ("found", "folder", "said"),
    [
        (True, "INBOX", ["+stored-where-it-is-read"]),
        (False, "INBOX", ["delivered-elsewhere"]),
        # `filtered-into-folder` looks there, and says so.
        (False, "Junk", []),
    ],
)
def test_a_message_that_was_stored(found: bool, folder: str, said: list[str]) -> None:
    handed_in = Submitted("a@b.test", "c@d.test", "t", final=reply("250 2.0.0 Ok", 1))
    stored = LogStored("c@d.test", folder, LogQuote("mail.log, line 7", "saved mail to INBOX"), (1,))
    looked = Retrieved("t", found, 0, 10.0, turns=(2,))
    assert answers(check, record(attempt(handed_in, stored), attempt(looked, scheme="imaps"))) == said
