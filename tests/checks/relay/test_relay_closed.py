from __future__ import annotations

import msgspec
import pytest
from mailrecord import answers, attempt, record, reply

from mailproof.checks.relay.relay_closed import check
from mailproof.model.envelope import EnvelopePurpose, EnvelopeTried
from mailproof.model.record import Record


def asked_to_relay(
    rcpt: str | None,
    *,
    mail: str = "250 2.1.0 Ok",
    scheme: str = "smtp",
    client: str = "198.51.100.7",
    purpose: EnvelopePurpose = EnvelopePurpose.OUTSIDE,
    logged_in: bool = False,
) -> Record:
    said = EnvelopeTried(
        purpose,
        "a@mx.test",
        "outside@example.com",
        logged_in,
        reply(mail, turn=2),
        reply(rcpt, turn=4) if rcpt else None,
        client,
    )
    return record(attempt(said, scheme=scheme))


def test_an_outsider_who_may_relay_has_found_an_open_relay() -> None:
    assert answers(check, asked_to_relay("250 2.1.5 Ok")) == ["open-relay"]


def test_from_a_trusted_place_the_same_says_nothing_about_outsiders() -> None:
    for client in ("127.0.0.1", "10.0.0.5", "192.0.2.25"):
        assert answers(check, asked_to_relay("250 2.1.5 Ok", client=client)) == [
            "relay-allowed-here",
            "?not-from-here",
        ]


def test_a_client_that_cannot_be_placed_proves_nothing() -> None:
    assert answers(check, asked_to_relay("250 2.1.5 Ok", client="[UNAVAILABLE]")) == ["?not-from-here"]


def test_a_relay_refusal_is_proof() -> None:
    assert answers(check, asked_to_relay("554 5.7.1 <o@example.com>: Relay access denied")) == ["+relay-closed"]
    assert answers(check, asked_to_relay("550 relay not permitted", client="127.0.0.1")) == ["+relay-closed"]


def test_opensmtpd_has_words_of_its_own_for_it() -> None:
    assert answers(check, asked_to_relay("550 Invalid recipient: <outside@example.com>")) == ["+relay-closed"]


def test_a_refusal_for_another_reason_is_no_proof() -> None:
    for line in (
        "556 5.1.10 <o@example.com>: Recipient address rejected: Domain example.com does not accept mail (nullMX)",
        "450 4.1.8 <a@mx.test>: Sender address rejected: Domain not found",
        "450 4.2.0 <o@example.com>: Recipient address rejected: Greylisted",
        "550 5.7.25 no PTR record",
        "554 5.7.1 <unknown[198.51.100.7]>: Client host rejected: Access denied",
        "554 5.7.1 <o@example.com>: Recipient address rejected: Access denied",
    ):
        assert answers(check, asked_to_relay(line)) == ["?refused-for-another-reason"]


def test_submission_asks_for_a_login() -> None:
    for line in (
        "554 5.7.1 <o@example.com>: Relay access denied",
        "554 5.7.1 <unknown[198.51.100.7]>: Client host rejected: Access denied",
        "554 5.7.1 <o@example.com>: Recipient address rejected: Access denied",
        "530 5.7.0 Authentication required",
    ):
        assert answers(check, asked_to_relay(line, scheme="submission")) == ["+relay-closed", "login-required"]
    refused_at_mail = asked_to_relay(None, mail="530 5.7.0 Authentication required", scheme="submissions")
    assert answers(check, refused_at_mail) == ["+relay-closed", "login-required"]


def test_submission_that_relays_for_anybody_takes_mail_without_login() -> None:
    seen = asked_to_relay("250 2.1.5 Ok", scheme="submission")
    assert answers(check, seen) == ["open-relay", "submission-without-login"]


def test_submission_that_takes_local_mail_from_anybody_is_no_open_relay() -> None:
    seen = asked_to_relay("250 2.1.5 Ok", scheme="submission", purpose=EnvelopePurpose.MAILBOX)
    assert answers(check, seen) == ["submission-without-login"]
    assert answers(check, asked_to_relay("250 2.1.5 Ok", purpose=EnvelopePurpose.MAILBOX)) == []


@pytest.mark.parametrize(
    ("relay", "found"),
    [
        (None, False),  # nothing tells whether it takes its own machine for a stranger
        ("250 2.1.5 Ok", False),
        ("554 5.7.1 <o@example.com>: Relay access denied", True),
    ],
)
def test_a_client_that_is_trusted_needs_no_login(relay: str | None, found: bool) -> None:
    """`permit_mynetworks` on a submission port, seen from the server itself."""
    own = asked_to_relay("250 2.1.5 Ok", scheme="submission", purpose=EnvelopePurpose.MAILBOX, client="127.0.0.1")
    outside = asked_to_relay(relay, scheme="submission", client="127.0.0.1").attempts if relay else ()
    told = answers(check, msgspec.structs.replace(own, attempts=(*own.attempts, *outside)))
    assert ("submission-without-login" in told) is found


def test_a_logged_in_user_may_relay() -> None:
    assert answers(check, asked_to_relay("250 2.1.5 Ok", scheme="submission", logged_in=True)) == []


def test_a_conversation_that_broke_off_tells_nothing() -> None:
    assert answers(check, asked_to_relay(None)) == ["?not-reached"]
