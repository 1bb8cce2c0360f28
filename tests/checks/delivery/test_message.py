from __future__ import annotations

from mailrecord import answers, attempt, record, reply

from mailproof.checks.delivery import message_accepted, message_delivered
from mailproof.checks.relay import mailbox_accepted
from mailproof.model.attempt import Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.envelope import Submitted
from mailproof.model.record import Attempt
from mailproof.model.retrieval import Retrieved
from mailproof.model.tls import Protection


def handed_in(final: str = "250 2.0.0 Ok: queued as 4F1B2C3D4E", rcpt: str = "250 2.1.5 Ok") -> Attempt:
    accepted = rcpt.startswith("2")
    said = Submitted(
        "alice@mx.test",
        "bob@mx.test",
        "token",
        reply("250 2.1.0 Ok", turn=2),
        reply(rcpt, turn=4),
        reply("354 go on", turn=6) if accepted else None,
        reply(final, turn=8) if accepted else None,
        "4F1B2C3D4E",
    )
    return attempt(said, job="login")


def searched(*, found: bool, token: str = "token", trouble: Trouble | None = None, login: str = "+OK") -> Attempt:
    logged_in = LoginTried("USER", reply(login, turn=3), Protection.VERIFIED, command=True)
    seen = Retrieved(token, found, 1 if found else 0, 30.0, trouble=trouble, turns=(5,))
    return attempt(logged_in, seen, scheme="pop3s", job="fetch")


def test_a_message_that_is_found_was_delivered() -> None:
    assert answers(message_delivered.check, record(handed_in(), searched(found=True))) == ["+message-delivered"]
    one_is_enough = record(handed_in(), searched(found=False), searched(found=True))
    assert answers(message_delivered.check, one_is_enough) == ["+message-delivered"]


def test_a_message_that_is_not_found_was_not_with_both_ends_as_evidence() -> None:
    (finding,) = message_delivered.check(record(handed_in(), searched(found=False)), None)  # type: ignore[arg-type]
    assert finding.name == "not-delivered"
    assert finding.params == {"queue_id": "4F1B2C3D4E", "seconds": 30.0}  # type: ignore[union-attr]
    assert [piece.text for piece in finding.evidence] == ["S: turn 8", "S: turn 5"]  # type: ignore[union-attr]


def test_a_mailbox_that_the_server_cannot_open_holds_no_message() -> None:
    seen = record(handed_in(), searched(found=False, trouble=Trouble.REJECTED))
    assert answers(message_delivered.check, seen) == ["not-delivered"]


def test_who_could_not_look_cannot_tell() -> None:
    for reader in (
        searched(found=False, trouble=Trouble.TIMEOUT),
        searched(found=False, login="-ERR [AUTH] no"),
        searched(found=False, token="of another message"),
    ):
        assert answers(message_delivered.check, record(handed_in(), reader)) == ["?mailbox-not-read"]
    assert answers(message_delivered.check, record(handed_in())) == ["?mailbox-not-read"]


def test_a_message_that_was_refused_is_not_missed() -> None:
    refused = record(handed_in("550 5.7.1 No lab mail wanted"), searched(found=False))
    assert answers(message_delivered.check, refused) == []
    assert answers(message_accepted.check, refused) == ["content-rejected"]


def test_an_accepted_message_is_evidence() -> None:
    assert answers(message_accepted.check, record(handed_in())) == ["+message-accepted"]


def test_a_refusal_after_the_dot_need_not_be_about_the_content() -> None:
    assert answers(message_accepted.check, record(handed_in("552 5.3.4 Error: message file too big"))) == [
        "message-too-big"
    ]
    assert answers(message_accepted.check, record(handed_in("451 4.3.0 Error: queue file write error"))) == []
    full = record(handed_in("552 5.2.2 Mailbox full"))
    assert answers(message_accepted.check, full) == []
    assert answers(mailbox_accepted.check, full) == ["mailbox-full"]


def test_a_recipient_refused_at_hand_in_is_named_like_any_other() -> None:
    seen = record(handed_in(rcpt="550 5.1.1 User unknown"))
    assert answers(mailbox_accepted.check, seen) == ["recipient-unknown"]
