from __future__ import annotations

import pytest
from mailrecord import answers, attempt, record, reply

from mailproof.checks.delivery import mail_taken_now
from mailproof.checks.relay import (
    client_accepted,
    mailbox_accepted,
    relay_after_login,
    sender_accepted,
    unknown_recipient_refused,
)
from mailproof.model.capabilities import Capabilities, Stage
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.record import Record

OUTSIDE, MAILBOX, UNKNOWN = EnvelopePurpose.OUTSIDE, EnvelopePurpose.MAILBOX, EnvelopePurpose.UNKNOWN


def tried(
    rcpt: str | None,
    purpose: EnvelopePurpose = MAILBOX,
    *,
    mail: str = "250 2.1.0 Ok",
    logged_in: bool = False,
    scheme: str = "smtp",
    sender: str = "a@mx.test",
) -> Record:
    answer = reply(rcpt, turn=4) if rcpt else None
    said = EnvelopeTried(purpose, sender, "b@mx.test", logged_in, reply(mail, turn=2), answer, "198.51.100.7")
    return record(attempt(said, scheme=scheme))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("250 2.1.5 Ok", "+mailbox-accepted"),
        ("554 5.7.1 <b@mx.test>: Relay access denied", "own-domain-rejected"),
        ("454 4.7.1 <b@mx.test>: Relay access denied", "own-domain-rejected"),
        ("550 5.1.1 <b@mx.test>: Recipient address rejected: User unknown", "recipient-unknown"),
        ("451 4.3.0 <b@mx.test>: Temporary lookup failure", "recipient-lookup-failed"),
        ("552 5.2.2 <b@mx.test>: Recipient address rejected: Mailbox is full", "mailbox-full"),
        ("554 5.7.1 <b@mx.test>: Recipient address rejected: Access denied", "recipient-rejected"),
        ("554 5.7.1 <x[198.51.100.7]>: Client host rejected: Access denied", "recipient-rejected"),
        ("450 4.2.0 <b@mx.test>: Recipient address rejected: Greylisted", "?refused-for-another-reason"),
        ("451 4.7.1 Service unavailable - try again later", "?refused-for-another-reason"),
    ],
)
def test_a_mailbox_that_should_exist_is_accepted_or_its_refusal_named(line: str, expected: str) -> None:
    assert answers(mailbox_accepted.check, tried(line)) == [expected]


def test_submission_is_right_to_refuse_the_mailbox_of_a_stranger() -> None:
    line = "554 5.7.1 <x[198.51.100.7]>: Client host rejected: Access denied"
    assert answers(mailbox_accepted.check, tried(line, scheme="submission")) == []
    assert answers(mailbox_accepted.check, tried(line, scheme="submission", logged_in=True)) == ["recipient-rejected"]


@pytest.mark.parametrize(
    ("line", "logged_in", "expected"),
    [
        ("250 2.1.5 Ok", True, "+relay-after-login"),
        ("554 5.7.1 <b@mx.test>: Relay access denied", True, "relay-denied"),
        ("454 4.7.1 <b@mx.test>: Relay access denied", True, "relay-deferred"),
        ("454 4.7.1 <b@mx.test>: Relay access denied", False, "relay-deferred"),
        (
            "556 5.1.10 <o@example.com>: Domain example.com does not accept mail (nullMX)",
            True,
            "?refused-for-another-reason",
        ),
    ],
)
def test_who_has_logged_in_may_send_elsewhere(line: str, logged_in: bool, expected: str) -> None:
    assert answers(relay_after_login.check, tried(line, OUTSIDE, logged_in=logged_in)) == [expected]


def test_that_a_stranger_is_denied_is_not_a_fault() -> None:
    for line in ("554 5.7.1 <b@mx.test>: Relay access denied", "250 2.1.5 Ok"):
        assert answers(relay_after_login.check, tried(line, OUTSIDE)) == []


def test_a_recipient_that_cannot_exist_is_refused() -> None:
    check = unknown_recipient_refused.check
    assert answers(check, tried("550 5.1.1 User unknown", UNKNOWN)) == ["+unknown-recipient-refused"]
    assert answers(check, tried("250 2.1.5 Ok", UNKNOWN)) == ["unknown-recipient-accepted"]
    assert answers(check, tried("450 4.2.0 Greylisted", UNKNOWN)) == ["?refused-for-another-reason"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("554 5.7.1 <a@mx.test>: Sender address rejected: Access denied", ["sender-rejected"]),
        ("450 4.1.8 <a@mx.test>: Sender address rejected: Domain not found", ["sender-domain-unknown"]),
        ("553 5.7.1 <a@mx.test>: Sender address rejected: not owned by user b", ["sender-not-owned"]),
        ("553 5.7.1 <a@mx.test>: Sender address rejected: not logged in", []),
        ("550 5.1.1 User unknown", []),
    ],
)
def test_a_refused_sender_is_named(line: str, expected: list[str]) -> None:
    assert answers(sender_accepted.check, tried(line)) == expected


def test_a_lasting_refusal_of_mail_is_about_the_sender() -> None:
    assert answers(sender_accepted.check, tried(None, mail="550 5.7.1 go away")) == ["sender-rejected"]
    stranger = tried(None, OUTSIDE, mail="550 5.7.1 go away", scheme="submission")
    assert answers(sender_accepted.check, stranger) == []


def test_who_gave_no_sender_cannot_blame_the_server() -> None:
    for line in ("553 5.7.1 <>: Sender address rejected: not owned by user b", "550 5.7.1 go away"):
        seen = tried(None, mail=line, logged_in=True, sender="")
        assert answers(sender_accepted.check, seen) == ["?no-sender"]


def test_an_address_that_is_not_ascii_is_no_fault_of_the_sender() -> None:
    assert answers(sender_accepted.check, tried(None, mail="553 5.6.7 SMTPUTF8 required")) == ["?smtputf8-refused"]


def greeted_with(*answered: tuple[str, str]) -> Record:
    facts = [Capabilities(Stage.CLEAR, verb, reply(line, turn=3), (), (3,)) for verb, line in answered]
    return record(attempt(*facts, scheme="smtp"))


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        ((("EHLO", "550 5.7.1 no"), ("HELO", "550 5.7.1 no")), ["ehlo-refused"]),
        ((("EHLO", "451 4.3.0 try later"),), ["ehlo-refused"]),
        ((("LHLO", "500 what?"),), ["ehlo-refused"]),
        ((("EHLO", "450 4.7.1 <x>: Helo command rejected: Host not found"),), ["helo-rejected"]),
        ((("EHLO", "554 5.7.1 blocked using bl.test"),), ["client-blocklisted"]),
        ((("EHLO", "502 5.5.2 unknown"), ("HELO", "250 mx.test")), []),
        ((("EHLO", "421 4.3.2 going down"),), []),
        ((("CAPABILITY", "BAD no"),), []),
    ],
)
def test_a_server_that_lets_nobody_say_hello_is_named(
    answered: tuple[tuple[str, str], ...], expected: list[str]
) -> None:
    assert answers(client_accepted.check, greeted_with(*answered)) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("554 5.7.1 Service unavailable; Client host [198.51.100.7] blocked using bl.test", ["client-blocklisted"]),
        ("450 4.7.25 Client host rejected: cannot find your hostname", ["client-name-missing"]),
        ("550 5.7.26 unauthenticated", ["message-unauthenticated"]),
        ("503 5.5.1 Error: send HELO/EHLO first", ["helo-required"]),
        ("504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname", ["helo-rejected"]),
        ("550 5.1.1 User unknown", []),
    ],
)
def test_a_refused_client_is_named(line: str, expected: list[str]) -> None:
    assert answers(client_accepted.check, tried(line)) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("451 4.3.5 Server configuration problem", ["server-config-problem"]),
        ("451 4.7.1 Service unavailable - try again later", ["temporary-reject"]),
        ("450 4.2.0 Greylisted", ["greylisted"]),
        ("450 4.7.1 <b@mx.test>: Recipient address rejected: Access denied", ["temporary-reject"]),
        ("452 4.3.1 Insufficient system storage", ["queue-disk-full"]),
        ("550 5.1.1 User unknown", []),
        ("454 4.7.1 <b@mx.test>: Relay access denied", []),
        ("530 5.7.0 Must issue a STARTTLS command first", []),
    ],
)
def test_mail_that_is_put_off_says_why(line: str, expected: list[str]) -> None:
    assert answers(mail_taken_now.check, tried(line)) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("451 4.3.5 Server configuration problem", ["server-config-problem"]),
        ("421 4.3.2 mx.test shutting down", ["temporary-reject"]),
        ("451 something broke", ["temporary-reject"]),
        ("454 not now", ["temporary-reject"]),
        ("450 4.7.1 <x>: Client host rejected: not yet", []),
        ("451 4.7.1 <x>: policy", []),
    ],
)
def test_the_servers_own_trouble_counts_for_whomever_it_is_told(line: str, expected: list[str]) -> None:
    assert answers(mail_taken_now.check, tried(line, OUTSIDE)) == expected


def test_a_table_that_does_not_answer_is_the_servers_whoever_is_looked_up() -> None:
    line = "451 4.3.0 <o@example.com>: Temporary lookup failure"
    assert answers(mailbox_accepted.check, tried(line, OUTSIDE)) == ["recipient-lookup-failed"]
    unverified = "450 4.1.1 <o@example.com>: Recipient address rejected: unverified address: timed out"
    assert answers(mailbox_accepted.check, tried(unverified, OUTSIDE)) == []


def test_one_fault_is_named_once_for_an_endpoint() -> None:
    full = reply("452 4.3.1 Insufficient system storage", turn=2)
    twice = [EnvelopeTried(p, "a@mx.test", "b@mx.test", False, full) for p in (OUTSIDE, MAILBOX)]
    assert answers(mail_taken_now.check, record(attempt(*twice, scheme="smtp"))) == ["queue-disk-full"]


def test_nothing_is_said_without_evidence() -> None:
    beyond = EnvelopeTried(
        MAILBOX, "a@mx.test", "b@mx.test", False, reply("250 ok", turn=2), reply("550 no", turn=99)
    )
    seen = record(attempt(beyond, scheme="smtp"))
    for module in (mailbox_accepted, sender_accepted, client_accepted, mail_taken_now, relay_after_login):
        assert answers(module.check, seen) == []


def test_mail_alone_says_nothing_about_a_mailbox() -> None:
    alone = EnvelopeTried(MAILBOX, "a@mx.test", "", False, reply("250 2.1.0 Ok", turn=2))
    assert answers(mailbox_accepted.check, record(attempt(alone, scheme="smtp"))) == []
