"""The sessions of the articles that describe how mail servers are tested by hand, played again.

`check` holds what a check meets at their servers, `by_hand` what their authors typed where a check would not. The
servers' lines are as printed, but for reserved names and addresses.
"""

from __future__ import annotations

import base64
from pathlib import Path
from types import ModuleType

import pytest

from dialogues import assert_as_marked, facts, judged, play
from mailproof.catalog.profiles import load_profile
from mailproof.checks.login import login_accepted, login_order
from mailproof.checks.reach import session_complete
from mailproof.model.attempt import Step, Trouble
from mailproof.model.authentication import LoginTried
from mailproof.model.connection import Interrupted
from mailproof.model.finding import Finding
from mailproof.model.reply import Reply
from mailproof.model.tls import Protection
from mailproof.model.transcript import DeviationKind
from mailproof.script.authority import Authority
from mailproof.script.format import parse
from mailproof.script.replay import Replayed, replay
from mailproof.wire.pop3.responses import Pop3Response
from mailproof.wire.smtp.extensions import read_ehlo
from mailproof.wire.smtp.replies import SmtpReply
from records import attempt_of, record_of

HERE = Path(__file__).parent
CHECKED = sorted((HERE / "check").glob("*.dialogue"))
BY_HAND = sorted((HERE / "by_hand").glob("*.dialogue"))

PASSES = {
    "microsoft-accepted": {"login-accepted", "relay-after-login", "auth-offered"},
    "microsoft-hello-first": {"starttls-accepted", "certificate-trusted"},
    "pop3-telnet-clear-text": {"login-accepted"},
    "pop3s-user-pass": {"login-accepted", "tls-handshake", "certificate-names-host", "password-protected"},
    "sakura-auth-login-right": {"login-accepted", "relay-closed", "relay-after-login"},
    "sakura-auth-login-wrong": {"relay-closed", "starttls-accepted"},
    "smtp-telnet-clear-text": {"login-accepted", "relay-closed", "relay-after-login"},
    "smtp-telnet-no-starttls": {"relay-closed", "greeting-in-time"},
    "smtps-465-auth-login": {"login-accepted", "tls-mode-as-stated", "relay-closed", "relay-after-login"},
    "softbank-465-lost-connection": {"login-accepted", "tls-mode-as-stated"},
    "submission-auth-legacy-line": {"login-accepted", "relay-after-login"},
    "submission-auth-login": {"login-accepted", "relay-after-login", "auth-protected"},
    "submission-auth-plain": {"login-accepted", "relay-after-login", "auth-protected"},
    "submission-on-the-server-itself": {"starttls-offered", "starttls-accepted", "certificate-trusted"},
    "submission-relay-refused": {"relay-closed", "starttls-accepted", "auth-protected"},
}
"""What holds at each server, besides what its dialogue marks."""


@pytest.mark.parametrize("file", CHECKED, ids=lambda file: file.stem)
def test_a_check_finds_what_is_marked_and_passes_what_is_sound(
    file: Path, authority: Authority, ca_file: str
) -> None:
    script = file.read_text("utf-8")
    judgement = judged(play(script, authority, ca_file))
    assert_as_marked(judgement.findings, script)
    assert {item.name for item in judgement.passed} >= PASSES[file.stem]


@pytest.mark.parametrize("file", CHECKED, ids=lambda file: file.stem)
def test_a_check_sees_the_same_in_single_bytes(file: Path, authority: Authority, ca_file: str) -> None:
    whole, in_bytes = (facts(play(file.read_text("utf-8"), authority, ca_file, chunk=size)) for size in (1 << 16, 1))
    assert in_bytes == whole


@pytest.mark.parametrize("file", BY_HAND, ids=lambda file: file.stem)
def test_what_was_typed_by_hand_is_read_the_same_in_single_bytes(file: Path) -> None:
    assert replay(parse(file.read_text("utf-8")), 1) == replay(parse(file.read_text("utf-8")))


def played(name: str) -> tuple[Replayed, ...]:
    return replay(parse((HERE / "by_hand" / f"{name}.dialogue").read_text("utf-8")))


def replies(session: Replayed) -> list[SmtpReply]:
    return [event for event in session.events if isinstance(event, SmtpReply)]


def responses(session: Replayed) -> list[Pop3Response]:
    return [event for event in session.events if isinstance(event, Pop3Response)]


def test_pop3s_list_and_retr() -> None:
    (session,) = played("1-pop3s")
    listed, message = responses(session)[3:5]
    assert listed.lines == (b"1 3546", b"2 3594", b"3 3542")
    assert message.lines is not None
    assert message.lines[0] == b"Return-Path: <sample@example.org>"
    assert message.lines[-1] == b".and a line that begins with a dot"
    assert session.deviations == ()


def test_a_message_by_telnet() -> None:
    (session,) = played("2-smtp-telnet")
    assert [reply.code for reply in replies(session)] == [220, 250, 235, 250, 250, 354, 250, 221]
    assert replies(session)[6].text == "2.0.0 Ok: queued as 526562BE062"
    assert [deviation.kind for deviation in session.deviations] == [DeviationKind.LEGACY_AUTH]
    auth, legacy = (item for item in read_ehlo(replies(session)[1])[0] if item.name == "AUTH")
    assert auth.params == legacy.params == ("DIGEST-MD5", "PLAIN", "LOGIN", "CRAM-MD5")
    assert (auth.legacy, legacy.legacy) == (False, True)


def test_a_mailbox_by_telnet() -> None:
    (session,) = played("2-pop3-telnet")
    assert [response.status for response in responses(session)] == ["+OK"] * 7
    assert [len(response.lines) for response in responses(session) if response.lines is not None] == [1, 9]


def test_a_server_that_never_saw_rcpt_has_said_nothing_wrong() -> None:
    (session,) = played("3-renegotiating")
    assert [reply.code for reply in replies(session)] == [220, 250, 220, 250, 250]


def test_sakura_takes_a_login_without_ehlo_inside_tls() -> None:
    right, wrong = played("4-sakura-no-ehlo")
    assert [reply.code for reply in replies(right)[3:]] == [334, 334, 235]
    assert [base64.b64decode(reply.lines[0]) for reply in replies(right)[3:5]] == [b"Username:", b"Password:"]
    assert answers(login_accepted, replies(right)[-1]) == ["login-accepted"]
    assert answers(login_accepted, replies(wrong)[-1]) == ["auth-rejected"]


def test_microsoft_wants_ehlo_again_inside_tls() -> None:
    (session,) = played("4-microsoft-no-ehlo")
    refused, ehlo, challenge = replies(session)[3:]
    assert answers(login_order, refused) == ["ehlo-required-first"]
    assert answers(login_accepted, refused) == []
    assert next(item.params for item in read_ehlo(ehlo)[0] if item.name == "AUTH") == ("LOGIN", "XOAUTH2")
    assert challenge.code == 334


def test_softbank_answers_helo_and_says_yes_twice() -> None:
    first, _ = played("5-softbank-helo")
    assert [reply.code for reply in replies(first)] == [220, 250, 334, 334, 235, 235, 250]
    assert [reply.enhanced for reply in replies(first)[-3:]] == ["", "2.0.0", "2.0.0"]


def test_softbank_takes_auth_plain_in_two_steps_and_then_loses_the_connection() -> None:
    _, second = played("5-softbank-helo")
    challenge, accepted, last_word = replies(second)[2:]
    assert (challenge.code, challenge.lines) == (334, (b"",))
    assert answers(login_accepted, accepted) == ["login-accepted"]
    lost = Interrupted(Step.MAIL, Trouble.RESET, "MAIL FROM", reply=as_reply(last_word), turns=(0,))
    record = record_of(attempt_of(lost, endpoint="submissions://mail.example.com", job="login"))
    (hung_up,) = session_complete.check(record, load_profile("default"))
    assert isinstance(hung_up, Finding) and hung_up.name == "closed-unexpectedly"
    assert "Lost connection" in str(hung_up.params["reply"])


def as_reply(said: SmtpReply) -> Reply:
    return Reply(said.kind, str(said.code), said.text, said.enhanced, turn=1)


def answers(check: ModuleType, said: SmtpReply) -> list[str]:
    """What a check makes of a login that was answered so: names of findings, or its own name where it passed."""
    tried = LoginTried("LOGIN", as_reply(said), Protection.VERIFIED, turns=(1,))
    lines = ("C: AUTH LOGIN", f"S: {said.code} {said.text}")
    return [answer.name for answer in check.check(record_of(attempt_of(tried, lines=lines)), load_profile("default"))]
