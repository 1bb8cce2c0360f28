"""Two looks at the names of messages in POP3: where, how often, and what is kept of them."""

from __future__ import annotations

from labrun import ALICE, BOB, HOST, PROOF, WRONG, logins, notes, plan, run

from mailproof.catalog.profiles import load_profile
from mailproof.diagnose.judge import judge
from mailproof.model.attempt import Job
from mailproof.model.record import Record
from mailproof.model.retrieval import UidsListed
from mailproof.script.authority import Authority

URLS = (f"submission://{HOST}", f"pop3://{HOST}", f"pop3s://{HOST}")
BOTH = [("pop3", True), ("pop3s", True)]


def names(record: Record) -> set[str]:
    judged = judge(record, load_profile("default"))
    return {finding.name for finding in judged.findings} | {f"+{item.name}" for item in judged.passed}


def test_a_message_keeps_its_name_at_both_ports(authority: Authority, ca_file: str) -> None:
    wanted = plan(ca_file, *URLS, login=ALICE, mailbox_login=BOB, message=PROOF, mailbox="bob@example.test")
    record, _ = run(authority, wanted)
    assert logins(record, Job.UIDL) == BOTH
    looks = [sighting.fact for sighting in record.seen(UidsListed)]
    assert [len(look.messages) for look in looks] == [1, 1]
    assert looks[0].messages == looks[1].messages
    assert len(looks[0].messages[0].header) == 64
    assert "+uids-kept" in names(record)


def test_one_that_does_not_is_found_with_one_port_too(authority: Authority, ca_file: str) -> None:
    wanted = plan(ca_file, *URLS[:2], login=ALICE, mailbox_login=BOB, message=PROOF, mailbox="bob@example.test")
    record, _ = run(authority, wanted, "uidl-changed")
    assert logins(record, Job.UIDL) == [("pop3", True)] * 2
    assert "uidl-changed" in names(record)


def test_without_a_login_that_was_accepted_nothing_is_looked_at(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, *URLS[1:], login=WRONG))
    assert logins(record, Job.UIDL) == []


def test_an_empty_mailbox_is_not_logged_in_to_again(authority: Authority, ca_file: str) -> None:
    record, _ = run(authority, plan(ca_file, *URLS[1:], login=ALICE))
    assert logins(record, Job.UIDL) == []
    assert notes(record, "uids-kept") == [{}]


def test_no_header_is_recorded(authority: Authority, ca_file: str) -> None:
    wanted = plan(ca_file, *URLS, login=ALICE, mailbox_login=BOB, message=PROOF, mailbox="bob@example.test")
    record, _ = run(authority, wanted)
    said = [turn.text for talk in record.transcripts() if talk.purpose == "uidl" for turn in talk.turns]
    assert any("TOP 1 0" in text for text in said)
    assert not any("X-Mailproof-Token" in text for text in said)
