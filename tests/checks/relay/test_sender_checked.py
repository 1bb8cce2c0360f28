"""Another's address as the sender: who may, and from where it can be told."""

from __future__ import annotations

import pytest
from mailrecord import POLICY, answers, attempt, record, reply

from mailproof.checks.relay import sender_checked
from mailproof.model.envelope import SenderClaimed
from mailproof.model.finding import Finding
from mailproof.model.record import Record

OK = "250 2.1.0 Ok"
UNLISTED = "550 5.1.0 <x@mx.test>: Sender address rejected: User unknown in virtual mailbox table"


def seen(mail: str, rcpt: str = "", user: str = "", client: str = "198.51.100.7", scheme: str = "smtp") -> Record:
    said = reply(rcpt, 5) if rcpt else None
    fact = SenderClaimed("bob@mx.test", "bob@mx.test", reply(mail, 3), said, user, client, (3, 5))
    return record(attempt(fact, scheme=scheme, job="impersonate"))


def test_a_stranger_outside_may_send_as_bob() -> None:
    [finding] = sender_checked.check(seen(OK, OK), POLICY)
    assert isinstance(finding, Finding)
    assert (finding.name, finding.params) == ("own-domain-can-be-forged", {"sender": "bob@mx.test"})


@pytest.mark.parametrize("client", ["127.0.0.1", "192.168.1.9", "192.0.2.25", ""])
def test_from_a_trusted_place_it_cannot_be_told(client: str) -> None:
    assert answers(sender_checked.check, seen(OK, OK, client=client)) == ["?not-from-here"]


@pytest.mark.parametrize("client", ["127.0.0.1", "198.51.100.7"])
def test_a_user_may_send_as_bob_wherever_he_is(client: str) -> None:
    [finding] = sender_checked.check(seen(OK, OK, "alice", client, "submission"), POLICY)
    assert isinstance(finding, Finding)
    assert (finding.name, finding.params) == ("sender-not-checked", {"sender": "bob@mx.test", "user": "alice"})


@pytest.mark.parametrize("user", ["", "alice"])
@pytest.mark.parametrize(
    ("mail", "rcpt"),
    [
        (OK, "553 5.7.1 <bob@mx.test>: Sender address rejected: not logged in"),
        (OK, "553 5.7.1 <bob@mx.test>: Sender address rejected: not owned by user alice"),
        ("550 5.7.23 SPF validation failed", ""),
        ("550 5.7.60 SMTP; Client does not have permissions to send as this sender", ""),
        ("554 5.7.1 <bob@mx.test>: Sender address rejected: Access denied", ""),
        ("550 bob@mx.test? I think not.", ""),
        ("530 5.7.0 Authentication required", ""),
    ],
)
def test_who_is_refused_for_the_sender_is_checked(user: str, mail: str, rcpt: str) -> None:
    assert answers(sender_checked.check, seen(mail, rcpt, user)) == ["+sender-checked"]


@pytest.mark.parametrize(
    ("mail", "rcpt"),
    [
        (OK, "450 4.2.0 <bob@mx.test>: Recipient address rejected: Greylisted"),
        (OK, "550 5.1.1 <bob@mx.test>: Recipient address rejected: User unknown"),
        (OK, "554 5.7.1 <bob@mx.test>: Relay access denied"),
        ("451 4.3.5 Server configuration error", ""),
        (UNLISTED, ""),
        (OK, UNLISTED),
    ],
)
def test_other_refusals_tell_nothing_of_it(mail: str, rcpt: str) -> None:
    assert answers(sender_checked.check, seen(mail, rcpt)) == ["?refused-for-another-reason"]
