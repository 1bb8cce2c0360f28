"""Names of messages in POP3: what proves that they change, or are shared, and what does not."""

from __future__ import annotations

import pytest
from mailrecord import POLICY, answers, attempt, record, reply

from mailproof.checks.retrieval import uids_kept
from mailproof.model.finding import Finding
from mailproof.model.record import Attempt
from mailproof.model.retrieval import NamedMessage, UidsListed

A, B = NamedMessage(1, "aa", 300, "h1"), NamedMessage(2, "bb", 400, "h2")


def look(*messages: NamedMessage, user: str = "bob", scheme: str = "pop3s", line: str = "+OK") -> Attempt:
    return attempt(UidsListed(user, reply(line, 5), messages, (4, 5)), scheme=scheme, job="uidl")


def test_names_that_stay() -> None:
    assert answers(uids_kept.check, record(look(A, B), look(A, B))) == ["+uids-kept"]


@pytest.mark.parametrize("scheme", ["pop3", "pop3s"])
def test_another_name_for_the_same_message(scheme: str) -> None:
    renamed = NamedMessage(1, "zz", 300, "h1")
    [finding] = uids_kept.check(record(look(A, B, scheme="pop3"), look(renamed, B, scheme=scheme)), POLICY)
    assert isinstance(finding, Finding)
    assert (finding.name, finding.params) == ("uidl-changed", {"how": "changed", "uids": "1: aa -> zz"})


def test_one_name_for_two_messages() -> None:
    [finding] = uids_kept.check(record(look(A, NamedMessage(2, "aa", 400))), POLICY)
    assert isinstance(finding, Finding)
    assert finding.params == {"how": "doubled", "uids": "1 = 2 = aa"}


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        # The first was deleted, and the second has its number now.
        ((A, B), (NamedMessage(1, "bb", 400, "h2"),), "+uids-kept"),
        # Copies may share a name that is made of their text, and are not told apart.
        ((A, NamedMessage(2, "aa", 300, "h1")), (A, NamedMessage(2, "aa", 300, "h1")), "?seen-once"),
        ((A, NamedMessage(2, "cc", 300, "h1")), (NamedMessage(1, "cc", 300, "h1"),), "?seen-once"),
        # Without headers nothing is known again; without sizes they still are.
        ((NamedMessage(1, "aa", 300),), (NamedMessage(1, "zz", 300),), "?seen-once"),
        ((NamedMessage(1, "aa", None, "h1"),), (NamedMessage(1, "aa", None, "h1"),), "+uids-kept"),
        ((NamedMessage(1, "aa"), NamedMessage(2, "aa")), (), "?seen-once"),
        ((), (), "?no-messages"),
    ],
)
def test_what_proves_nothing(first: tuple[NamedMessage, ...], second: tuple[NamedMessage, ...], said: str) -> None:
    assert answers(uids_kept.check, record(look(*first), look(*second))) == [said]


def test_two_users_have_two_mailboxes() -> None:
    seen = record(look(A, user="alice"), look(NamedMessage(1, "zz", 300, "h1"), user="bob"))
    assert answers(uids_kept.check, seen) == ["?seen-once", "?seen-once"]


def test_a_server_without_it() -> None:
    assert answers(uids_kept.check, record(look(line="-ERR unknown command"))) == ["?uidl-refused"]
