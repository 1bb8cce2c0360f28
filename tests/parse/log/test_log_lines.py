"""Lines of mail logs: every envelope, the facts, and any bytes."""

from __future__ import annotations

import json
from datetime import date

import pytest

from mailproof.model.log import (
    Arrived,
    Delivered,
    Fact,
    Identified,
    LoggedIn,
    LoginFailed,
    LogLine,
    Notified,
    Queued,
    Refused,
    Removed,
    Routine,
    Stored,
    Trouble,
)
from mailproof.model.log_connection import Connected
from mailproof.parse.log.envelope import LineReader
from mailproof.parse.log.facts import fact_of

READER = LineReader(date(2026, 3, 5))
JOURNAL = {
    "__REALTIME_TIMESTAMP": "1772700000000000",
    "_HOSTNAME": "mx",
    "SYSLOG_IDENTIFIER": "postfix/smtpd",
    "_PID": "7",
    "MESSAGE": "connect from a",
}


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("Mar  5 18:56:52 mx postfix/smtpd[7]: connect from a", "2026-03-05T18:56:52"),
        ("Mar 05 18:56:52 mx postfix/smtpd[7]: connect from a", "2026-03-05T18:56:52"),
        ("Dec 31 23:59:59 mx postfix/smtpd[7]: connect from a", "2025-12-31T23:59:59"),
        ("<22>Mar  5 18:56:52 mx postfix/smtpd[7]: connect from a", "2026-03-05T18:56:52"),
        ("2026-03-05T18:56:52.185246+01:00 mx postfix/smtpd[7]: connect from a", "2026-03-05T18:56:52.185246+01:00"),
        ("2026-03-05T18:56:52+0100 mx postfix/smtpd[7]: connect from a", "2026-03-05T18:56:52+01:00"),
        ("<22>1 2026-03-05T18:56:52Z mx postfix/smtpd 7 - - connect from a", "2026-03-05T18:56:52Z"),
        ("mail-1    | Mar  5 18:56:52 mx postfix/smtpd[7]: connect from a", "2026-03-05T18:56:52"),
        ("\x1b[36mmail-1 | \x1b[0mMar  5 18:56:52 mx postfix/smtpd[7]: connect from a", "2026-03-05T18:56:52"),
        ("Mar  5 18:56:52 mx postfix/smtpd[7]: message repeated 2 times: [ connect from a]", "2026-03-05T18:56:52"),
        (json.dumps(JOURNAL), "2026-03-05T08:40:00+00:00"),
        (json.dumps({**JOURNAL, "MESSAGE": list(b"connect from a")}), "2026-03-05T08:40:00+00:00"),
    ],
)
def test_every_envelope(raw: str, moment: str) -> None:
    line = READER.read(raw.encode())
    assert line == LogLine(moment, "mx", "smtpd", "postfix/smtpd", "7", "connect from a")


def test_envelopes_that_lack_something() -> None:
    bare = READER.read(b"postfix/smtpd[17650]: NOQUEUE: reject: x")
    assert bare is not None and (bare.time, bare.program) == ("", "smtpd")
    own = READER.read(b"Mar 05 18:56:52 imap(alice)<1><x>: Info: Logged out in=1 out=2")
    assert own is not None and (own.program, own.host) == ("dovecot", "")
    label = READER.read(b"Mar  5 18:56:52 mx postfix/submission/smtpd[7]: x")
    assert label is not None and (label.program, label.tag) == ("smtpd", "postfix/submission/smtpd")
    assert READER.read(b"nothing of ours") is None


def fact(tag: str, text: str) -> Fact | None:
    return fact_of(LogLine("", "mx", tag.rpartition("/")[2], tag, "7", text))


Q = "4F1C2A3B5"


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        ("postfix/smtpd", f"{Q}: client=a[192.0.2.9], sasl_method=PLAIN, sasl_username=al",
         Arrived(Q, "a[192.0.2.9]", "PLAIN", "al")),
        ("postfix/smtpd", "3nPDKq2Z3bz2nX: client=a[192.0.2.9]", Arrived("3nPDKq2Z3bz2nX", "a[192.0.2.9]")),
        ("postfix/pickup", f"{Q}: uid=0 from=<root>", Arrived(Q, uid="0", sender="root")),
        ("postfix/cleanup", f"{Q}: message-id=<1@a>", Identified(Q, "<1@a>")),
        ("postfix/qmgr", f"{Q}: from=<a@b>, size=310, nrcpt=2 (queue active)", Queued(Q, "a@b", 310, 2)),
        ("postfix/qmgr", f"{Q}: removed", Removed(Q)),
        ("postfix/bounce", f"{Q}: sender non-delivery notification: AAAAAAA1", Notified(Q, "AAAAAAA1", "sender",
         "non-delivery")),
        ("postfix/smtp",
         f"{Q}: to=<b@c>, orig_to=<x@c>, relay=h[192.0.2.1]:25, conn_use=2, delay=1.1, "
         "delays=0.1/0/0.4/0.6, tls=may, "
         "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as ABCDEF12)",
         Delivered(Q, "b@c", "sent", "250 2.0.0 Ok: queued as ABCDEF12", "h[192.0.2.1]:25", "2.0.0", "1.1",
                   "0.1/0/0.4/0.6", "may", "x@c", "ABCDEF12")),
        ("postfix/smtpd",
         "NOQUEUE: reject: RCPT from a[192.0.2.9]: 554 5.7.1 <x@y>: Relay access denied; from=<a@b> to=<x@y> "
         "proto=SMTP helo=<a>",
         Refused("", "reject", "RCPT", "a[192.0.2.9]", "554 5.7.1 <x@y>: Relay access denied", "a@b", "x@y",
                 protocol="SMTP", helo="a")),
        ("postfix/cleanup",
         f"{Q}: reject: header Subject: a from b from a[192.0.2.9]; from=<a@b> to=<x@y> helo=<a>: 5.7.1 no",
         Refused(Q, "reject", "header", "a[192.0.2.9]", "5.7.1 no", "a@b", "x@y", content="Subject: a from b",
                 helo="a")),
        ("postfix/smtpd", "connect from a[192.0.2.9]", Connected("a[192.0.2.9]")),
        ("postfix/smtpd", "setting up TLS connection from a[192.0.2.9]", Routine()),
        ("postfix/smtpd", "warning: a[192.0.2.9]: SASL PLAIN authentication failed: x, sasl_username=u",
         LoginFailed("u", "a[192.0.2.9]", "x", "", "smtp", "PLAIN")),
        ("postfix/master", "fatal: bind 0.0.0.0 port 25: Address already in use",
         Trouble("fatal", "bind 0.0.0.0 port 25: Address already in use")),
        ("postfix/smtpd", "something new", None),
        ("dovecot", "imap-login: Login: user=<al>, method=PLAIN, rip=192.0.2.9, lip=x, TLS, session=<s>",
         LoggedIn("al", "192.0.2.9", "PLAIN", "s", "imap", "TLS")),
        ("dovecot", "imap-login: Logged in: user=<al>, method=PLAIN, rip=192.0.2.9",
         LoggedIn("al", "192.0.2.9", "PLAIN", service="imap")),
        ("dovecot", "auth: pam(al,192.0.2.9,<s>): unknown user", LoginFailed("al", "192.0.2.9", "unknown user",
         method="pam")),
        ("dovecot", "lmtp(al)<1><s>: msgid=<1@a>: saved mail to INBOX", Stored("al", "<1@a>", "INBOX", "s")),
        ("dovecot", "lmtp(al)<1><s>: sieve: msgid=<1@a>: stored mail into mailbox 'Junk'",
         Stored("al", "<1@a>", "Junk", "s")),
        ("dovecot", "master: Fatal: no", Trouble("fatal", "master: no")),
        ("dovecot-auth", "pam_unix(dovecot:auth): authentication failure; rhost=::ffff:192.0.2.20  user=al",
         LoginFailed("al", "192.0.2.20",
                     "pam_unix: authentication failure; rhost=::ffff:192.0.2.20  user=al")),
    ],
)  # fmt: skip
def test_a_line_and_its_fact(tag: str, text: str, expected: Fact | None) -> None:
    assert fact(tag, text) == expected
