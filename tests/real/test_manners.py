"""What the servers' own logs say of a check: few refusals, no secret in the wrong place, a goodbye, and no mail."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from labcheck import ALICE, check, facts
from mailproof.lab.real.server import RealLab
from mailproof.model.authentication import LoginTried
from mailproof.model.record import Record
from mailproof.model.tls import Protection, TlsPolicy
from mailproof.model.transcript import TurnKind
from mailproof.script.authority import CertificateKind

pytestmark = pytest.mark.real

Lab = Callable[..., RealLab]

WRONG = "not-the-password-4711"


def skipped(record: Record, why: str) -> set[str]:
    """Schemes of the endpoints at which no login was tried for this reason."""
    notes = [note for attempt in record.attempts for note in attempt.skipped if note.what == "login-accepted"]
    return {(note.endpoint or "").partition(":")[0] for note in notes if note.why == why}


def sent(record: Record) -> str:
    turns = [turn for transcript in record.transcripts() for turn in transcript.turns]
    return "\n".join(turn.text for turn in turns if turn.kind is TurnKind.SENT)


def test_one_wrong_password_is_refused_once_in_smtp_and_once_in_retrieval(real_lab_with: Lab) -> None:
    lab = real_lab_with()
    record = check(lab, password=WRONG)
    smtp = lab.wait_until(lambda: _all_left(lab), "end of all sessions")
    assert len(re.findall(r"smtpd\[\d+\]: warning: .* SASL \S+ authentication failed", smtp)) == 1
    # Four surveys, eight looks at the versions of TLS, one login.
    left = lab.wait_until(lambda: _left_dovecot(lab, 4 + 8 + 1), "end of all sessions with Dovecot")
    assert sum("auth failed, 1 attempts" in line for line in left) == 1
    assert [tried.accepted for tried in facts(record, LoginTried)] == [False, False]
    assert skipped(record, "earlier-refusal") == {"submissions", "pop3s", "imap", "imaps"}


def test_a_password_is_not_sent_to_a_server_whose_certificate_does_not_verify(real_lab_with: Lab) -> None:
    lab = real_lab_with(certificate=CertificateKind.EXPIRED)
    record = check(lab)
    assert skipped(record, "tls-not-verified") == {"submission", "submissions", "pop3", "pop3s", "imap", "imaps"}
    assert facts(record, LoginTried) == []
    assert not re.search(r"^(AUTH|PASS|USER)\b|AUTHENTICATE|LOGIN ", sent(record), re.MULTILINE)
    assert "sasl_username" not in lab.mail_log.read_text()
    assert ALICE not in lab.dovecot_log.read_text()


def test_it_is_sent_there_if_the_user_says_so(real_lab_with: Lab) -> None:
    lab = real_lab_with(certificate=CertificateKind.EXPIRED)
    tried = facts(check(lab, verify=False), LoginTried)
    assert [login.protection for login in tried] == [Protection.UNVERIFIED] * (6 + 1)  # and one as somebody else
    assert all(login.accepted for login in tried)


def test_a_password_is_not_sent_without_tls(real_lab_with: Lab) -> None:
    lab = real_lab_with(**IN_CLEAR)
    record = check(lab, "submission")
    assert facts(record, LoginTried) == []
    assert skipped(record, "tls-not-available") == {"submission"}
    assert "sasl_username" not in lab.mail_log.read_text()


def test_tls_never_sends_it_in_clear_and_starts_no_tls(real_lab_with: Lab) -> None:
    lab = real_lab_with(**IN_CLEAR)
    record = check(lab, "submission", "imap", "pop3", tls=TlsPolicy.NEVER)
    tried = facts(record, LoginTried)
    assert [login.protection for login in tried] == [Protection.NONE] * (3 + 1)
    assert all(login.accepted for login in tried)
    assert not re.search(r"STARTTLS|STLS", sent(record))


def test_neither_the_wire_nor_the_logs_show_the_password(real_lab_with: Lab) -> None:
    lab = real_lab_with()
    record = check(lab)
    password = lab.accounts[ALICE]
    assert len(facts(record, LoginTried)) == 6 + 1
    assert password not in repr(record)
    assert password not in lab.mail_log.read_text() + lab.dovecot_log.read_text()


def test_every_conversation_ends_with_a_goodbye(real_lab_with: Lab) -> None:
    lab = real_lab_with()
    record = check(lab)
    talks = [t for t in record.transcripts() if t.purpose not in ("version", "resolve")]
    farewells = [[turn.text for turn in talk.turns if turn.kind is TurnKind.SENT][-1] for talk in talks]
    assert all(re.search(r"(QUIT|LOGOUT)\\r\\n\Z", farewell) for farewell in farewells)
    # Surveys, port 25 without TLS, VRFY, logins; somebody else as the sender, as a stranger and logged in.
    assert len(talks) == 7 + 1 + 1 + 6 + 2

    sessions = re.findall(r"disconnect from \S+ (.*)", lab.wait_until(lambda: _all_left(lab), "end of all sessions"))
    assert sum("quit=1" in session for session in sessions) >= 3 + 1 + 2 + 2
    # A look at the versions of TLS has nothing to say where the handshake fails, or before a greeting.
    looks = [session for session in sessions if "quit=1" not in session]
    assert all(not re.search(r"mail=|rcpt=|auth=", session) for session in looks)

    left = lab.wait_until(lambda: _left_dovecot(lab, 4 + 4 + 8), "end of all sessions with Dovecot")
    assert sum("by logging out" in line for line in left) >= 4
    assert sum("Logged out" in line for line in left) == 4
    assert sum("Connection closed" in line for line in left) <= 8


def _all_left(lab: RealLab) -> str:
    log = lab.mail_log.read_text()
    return log if len(re.findall(r": connect from", log)) == len(re.findall(r"disconnect from", log)) else ""


def _left_dovecot(lab: RealLab, sessions: int) -> list[str]:
    left = [line for line in lab.dovecot_log.read_text().splitlines() if "Disconnected" in line]
    return left if len(left) == sessions else []


def test_no_mail_is_sent_unless_asked(real_lab_with: Lab) -> None:
    lab = real_lab_with()
    check(lab)
    log = lab.mail_log.read_text()
    assert "queue active" not in log and "message-id=" not in log
    assert not [
        file
        for queue in QUEUES
        for file in (lab.directory / "postfix" / "spool" / queue).rglob("*")
        if file.is_file()
    ]
    assert [lab.messages(account) for account in lab.accounts] == [[], [], []]


QUEUES = ("incoming", "active", "deferred", "hold", "maildrop")

IN_CLEAR = {
    "main": {"smtpd_tls_security_level": "none", "smtpd_tls_auth_only": "no"},
    "master": {"submission": {"smtpd_tls_security_level": "none"}},
    "dovecot": "disable_plaintext_auth = no\n",
}
"""A server that takes passwords in clear text."""
