"""Somebody else's address as the sender: where it is tried, as whom, and where it is left alone."""

from __future__ import annotations

import msgspec
from labrun import ALICE, BOB, HOST, WRONG, logins, plan, run

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.model.attempt import Job
from mailproof.model.envelope import SenderClaimed
from mailproof.model.record import Record
from mailproof.script.authority import Authority

URLS = (f"smtp://{HOST}", f"submission://{HOST}", f"submissions://{HOST}", f"imaps://{HOST}")
NOBODY = "mailproof-no-such-mailbox@example.test"


def claims(record: Record) -> list[tuple[str, str, str, bool]]:
    """Where, with which login, as whom, and whether it was accepted."""
    seen = record.seen(SenderClaimed)
    return [(s.endpoint.scheme.value, s.fact.user, s.fact.sender, s.fact.accepted) for s in seen]


def names(record: Record) -> set[str]:
    judged = judge(record, load_profile("default"))
    return {finding.name for finding in judged.findings} | {f"+{item.name}" for item in judged.passed}


def test_the_lab_is_like_most_servers(authority: Authority, ca_file: str) -> None:
    wanted = plan(ca_file, *URLS, login=ALICE, mailbox_login=BOB, mailbox="bob@example.test")
    record, _ = run(authority, wanted)
    forged = ("smtp", "", "bob@example.test", True)
    borrowed = ("submission", "alice@example.test", "bob@example.test", True)
    assert sorted(claims(record)) == [forged, borrowed]
    assert logins(record, Job.IMPERSONATE) == [("submission", True)]
    assert {"own-domain-can-be-forged", "sender-not-checked"} <= names(record)


def test_without_another_user_it_is_an_address_that_nobody_has(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, *URLS[1:], login=ALICE))
    assert claims(record) == [("submission", "alice@example.test", NOBODY, True)]


def test_a_server_that_checks_passes(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, *URLS[1:], login=ALICE), "sender-not-owned")
    assert claims(record) == [("submission", "alice@example.test", NOBODY, False)]
    assert "+sender-checked" in names(record)


def test_nobody_is_impersonated_without_a_login_that_was_accepted(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, *URLS[1:], login=WRONG))
    assert claims(record) == []


def test_a_customer_of_a_provider_does_not_try(authority: Authority, ca_file: str) -> None:
    wanted = plan(ca_file, *URLS, login=ALICE, mailbox_login=BOB, mailbox="bob@example.test")
    terms = msgspec.structs.replace(wanted.terms, skip=load_profile("hosted").skip)
    record, _ = run(authority, msgspec.structs.replace(wanted, terms=terms))
    assert claims(record) == []


def test_no_message_is_sent(authority: Authority, ca_file: str) -> None:
    _, lab = run(authority, plan(ca_file, *URLS, login=ALICE, mailbox_login=BOB, mailbox="bob@example.test"))
    assert not any(mailbox.messages for mailbox in lab.mailboxes.values())
    assert not lab.site.post.queue
