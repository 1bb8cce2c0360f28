"""Lines that are seldom seen: of old versions, of tables without a client, of programs that only complain."""

from __future__ import annotations

from datetime import date

import pytest

from mailproof.model.log import (
    Accepted,
    Fact,
    LoginFailed,
    Refused,
    Routine,
    Trouble,
)
from mailproof.model.log_connection import Answered, Dropped, Hid, TlsFailed, TlsOpened
from mailproof.model.log_service import Managed, ServiceChanged
from mailproof.parse import events

CLIENT = "a.example[192.0.2.9]"
Q = "4F1C2A3B5"

LINES: tuple[tuple[str, Fact], ...] = (
    ("postfix/smtpd[1]: NOQUEUE: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as AAAAAA1; from=<a@b> to=<c@d> "
     "proto=ESMTP helo=<x>",
     Accepted("END-OF-MESSAGE", "250 2.0.0 Ok: queued as AAAAAA1", "a@b", "c@d", "AAAAAA1", "ESMTP", "x")),
    (f"postfix/smtp[1]: {Q}: replace: header From: <a@b>: From: <c@d>",
     Refused(Q, "replace", "header", "", "", content="From: <a@b>: From: <c@d>")),
    (f"postfix/smtp[1]: {Q}: enabling PIX <CRLF>.<CRLF> workaround for {CLIENT}",
     Hid("PIX workarounds", "<CRLF>.<CRLF>", CLIENT, Q)),
    (f"postfix/smtp[1]: {Q}: SASL LOGIN authentication failed; server {CLIENT} said: 535 no",
     Answered(Q, CLIENT, "535 no", "AUTH", "SASL authentication failed")),
    (f"postfix/qmgr[1]: {Q}: status=deferred (bounce failed)", Managed(Q, "status=deferred (bounce failed)")),
    (f"postfix/smtpd[1]: lost connection after DATA (approximately 4096 bytes) from {CLIENT}",
     Dropped(CLIENT, "lost connection", "DATA", 4096)),
    (f"postfix/smtpd[1]: reject: RCPT from {CLIENT}: 554 no; from=<a@b> to=<c@d>",
     Refused("", "reject", "RCPT", CLIENT, "554 no", "a@b", "c@d")),
    (f"postfix/smtpd[1]: TLS connection established from {CLIENT}: TLSv1 with cipher X (256/256 bits)",
     TlsOpened(CLIENT, True, "TLSv1", "X", "256/256")),
    ("postfix/tlsproxy[1]: TLS handshake failed for service=smtpd peer=[192.0.2.9]:4711",
     TlsFailed("[192.0.2.9]:4711", True, "TLS handshake failed")),
    ("postfix/master[1]: reload configuration /etc/postfix", ServiceChanged("reloaded", "", "/etc/postfix")),
    # Dovecot 2.4 has user, address and mechanism in the parentheses of auth.
    ("dovecot: auth(alice,192.0.2.9,sasl:login)<7><s>: Info: sql: Password mismatch",
     LoginFailed("alice", "192.0.2.9", "Password mismatch", method="sql")),
    ("dovecot: submission-login: Remote closed connection (auth failed, 1 attempts in 2 secs): user=<al>, "
     "method=PLAIN, "
     "rip=192.0.2.9, lip=192.0.2.1, session=<s>",
     LoginFailed("al", "192.0.2.9", "Remote closed connection (auth failed, 1 attempts in 2 secs)", "s", "submission",
                 "PLAIN")),
    ("exim[1]: login authenticator failed for (User) [192.0.2.9]:4711 I=[192.0.2.1]:25 Ci=7: 535 Incorrect "
     "(set_id=al)",
     LoginFailed("al", "(User) [192.0.2.9]:4711", "535 Incorrect (set_id=al)", "", "smtp", "login")),
    ("exim[1]: H=[192.0.2.9]:4711 dropped by 'connect' ACL: banned",
     Dropped("[192.0.2.9]:4711", "dropped by 'connect' ACL: banned", "")),
    ("exim[1]: H=a.example [192.0.2.9] sender verify fail for <a@b.example>: Unrouteable address", Routine()),
    ("sm-acceptingconnections[1]: 6AT4oibM000047: rejecting commands from a.example [192.0.2.9] due to pre-greeting "
     "traffic after 0 seconds",
     Dropped("a.example [192.0.2.9]", "due to pre-greeting traffic after 0 seconds", "", queue_id="6AT4oibM000047")),
    ("amavis[1]: (11205-08) ...score=0.0, 12 ms", Routine()),
    ("amavis[1]: (11205-08) SA warn: no such program", Trouble("warning", "SA warn: no such program")),
)  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LINES)
def test_a_rare_line(text: str, expected: Fact) -> None:
    for head in ("Nov 29 05:00:00 mx ", "Nov 29 05:00:00 <mail.info> mx ", "2026-11-29T05:00:00.000001+09:00 mx "):
        (event,) = events([f"{head}{text}".encode()], date(2026, 11, 29))
        assert event.fact == expected


def test_a_warning_of_opensmtpd_in_the_foreground() -> None:
    (event,) = events([b"warn: purge_task: opendir: No such file or directory"])
    assert event.fact == Trouble("warning", "purge_task: opendir: No such file or directory")
    assert [event.line for event in events([b"warn: nothing of ours"])] == [None]
