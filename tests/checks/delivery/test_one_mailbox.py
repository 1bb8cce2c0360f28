from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record

from mailproof.checks.delivery import one_mailbox
from mailproof.model.attempt import Trouble
from mailproof.model.retrieval import Retrieved


@pytest.mark.parametrize(
    ("by_pop3", "expected"),
    [
        (Retrieved("t", False, 0, 9.0, turns=(1,)), ["delivered-elsewhere"]),
        (Retrieved("t", True, 1, 9.0, turns=(1,)), ["+one-mailbox"]),
        (Retrieved("t", False, 400, 9.0, turns=(1,)), []),
        (Retrieved("t", False, 0, 9.0, trouble=Trouble.REJECTED, turns=(1,)), []),
    ],
)
def test_what_imap_shows_pop3_shows_too(by_pop3: Retrieved, expected: list[str]) -> None:
    by_imap = attempt(Retrieved("t", True, 1, 0.1, turns=(1,)), scheme="imaps", job="fetch")
    seen = record(by_imap, attempt(by_pop3, scheme="pop3s", job="fetch"))
    assert answers(one_mailbox.check, seen) == expected


def test_a_message_that_nobody_found_is_not_elsewhere() -> None:
    missed = [attempt(Retrieved("t", False, 0, 9.0, turns=(1,)), scheme=s, job="fetch") for s in ("imaps", "pop3s")]
    assert answers(one_mailbox.check, record(*missed)) == []
