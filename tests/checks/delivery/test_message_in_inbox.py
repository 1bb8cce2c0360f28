"""A message that was found: in the INBOX, or where a filter has put it."""

from __future__ import annotations

from mailrecord import POLICY, answers, attempt, record

from mailproof.checks.delivery import message_in_inbox, one_mailbox
from mailproof.model.finding import Finding
from mailproof.model.record import Attempt
from mailproof.model.retrieval import Retrieved

INBOX = Retrieved("t", True, 3, 0.2, turns=(4, 5))
JUNK = Retrieved("t", True, 0, 3.1, "Junk", "\\junk", turns=(4, 5))
MISSED = Retrieved("t", False, 0, 30.0, turns=(4, 5))


def fetched(fact: Retrieved, scheme: str = "imaps") -> Attempt:
    return attempt(fact, scheme=scheme, job="fetch")


def test_in_the_inbox_it_is_seen() -> None:
    assert answers(message_in_inbox.check, record(fetched(INBOX))) == ["+message-in-inbox"]


def test_in_another_folder_it_is_told_in_which() -> None:
    [finding] = message_in_inbox.check(record(fetched(JUNK)), POLICY)
    assert isinstance(finding, Finding)
    assert (finding.name, finding.params) == ("filtered-into-folder", {"folder": "Junk", "use": "\\junk"})


def test_one_that_was_not_found_is_told_of_elsewhere() -> None:
    assert answers(message_in_inbox.check, record(fetched(MISSED))) == []


def test_a_folder_that_pop3_cannot_show_is_no_second_mailbox() -> None:
    seen = record(fetched(JUNK), fetched(MISSED, "pop3s"))
    assert answers(one_mailbox.check, seen) == []
    assert answers(message_in_inbox.check, seen) == ["filtered-into-folder"]
