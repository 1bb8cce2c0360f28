"""Refusals in pasted text, and text that only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.model.explained import Pasted, Side
from mailproof.parse.pasted.replies import replies_in
from mailproof.run.explaining.texts import explain_text

REPLIES = [
    ("550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown", "recipient-unknown", "sender"),
    ("550-5.1.1 The email account that you tried to reach does not exist. Please\n550 5.1.1 try again gsmtp",
     "recipient-unknown", "sender"),
    ("S: 554 5.7.1 <bob@example.com>: Relay access denied", "relay-denied", "sender"),
    ("<** 550 5.7.1 Relaying denied", "relay-denied", "sender"),
    ("> 552 5.2.2 mailbox full", "mailbox-full", "recipient"),
    ("451 4.7.1 Greylisting in action, please come back later", "greylisted", "nobody"),
    ("421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume", "limited", "sender"),
    ("450 4.2.1 The user you are trying to contact is receiving email too quickly. - gsmtp", "limited", "sender"),
    ("550 5.7.509 Access denied, sending domain example.org does not pass DMARC verification",
     "message-unauthenticated", "your-server"),
    ("552 Too much mail data bob@docomo.ne.jp", "mailbox-full", "recipient"),
    ("550 Unknown user bob@docomo.ne.jp", "recipient-unknown", "sender"),
    ("550 Invalid recipient: <bob@i.softbank.jp>", "recipient-unknown", "sender"),
    ("535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "auth-rejected", "sender"),
    ("535 Incorrect authentication data", "auth-rejected", "sender"),
    ("534-5.7.9 Application-specific password required. For more, go to\n534 5.7.9 https://x.test - gsmtp",
     "app-password-required", "sender"),
    ("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
     "login-disabled-by-provider", "sender"),
    ("530 5.7.0 Must issue a STARTTLS command first", "tls-required", "sender"),
    ("454 4.7.0 TLS not available due to local problem", "starttls-refused", "their-server"),
    ("454 TLS currently unavailable", "starttls-refused", "their-server"),
    ("503 5.5.1 Error: authentication not enabled", "auth-not-offered", "their-server"),
    ("503 AUTH command used when not advertised", "auth-not-offered", "their-server"),
    ("-ERR [AUTH] Username and password not accepted.", "auth-rejected", "sender"),
    ("a1 NO [AUTHENTICATIONFAILED] Authentication failed.", "auth-rejected", "sender"),
    ("a1 NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure connections.",
     "plaintext-login-refused", "sender"),
    ("smtplib.SMTPAuthenticationError: (535, b'5.7.8 Username and Password not accepted.')", "auth-rejected",
     "sender"),
    ("Error: Invalid login: 535-5.7.8 Username and Password not accepted. For more information", "auth-rejected",
     "sender"),
    ("status=bounced (host mx.example.com[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command))",
     "recipient-unknown", "sender"),
    ("connect to mx.example.com[192.0.2.1]:25: Connection timed out", "server-not-reached", "network"),
    ("mail for example.com loops back to myself", "mail-loop", "your-server"),
    ("Host or domain name not found. Name service error for name=nosuch.example type=MX: Host not found",
     "recipient-domain-unknown", "sender"),
    ("Relay access denied", "relay-denied", "sender"),
    ("User unknown", "recipient-unknown", "sender"),
    ("Recipient address rejected: Greylisted", "greylisted", "nobody"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "side"), REPLIES)
def test_a_reply_is_explained(text: str, name: str, side: str) -> None:
    told = explain_text(text.encode())
    assert [(each.name, each.side) for each in told.causes] == [(name, side)]
    assert told.unread == ()


SESSION = """\
S: 220 mx.example.com ESMTP
C: EHLO client.example.org
S: 250-mx.example.com
S: 250 PIPELINING
C: MAIL FROM:<alice@example.org>
S: 553 5.1.2 <alice@example.org>: Domain not found
C: RCPT TO:<bob@example.com>
S: 503 5.5.1 Error: need MAIL command
C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
S: 535 5.7.8 Error: authentication failed
C: QUIT
S: 221 2.0.0 Bye
"""


def test_a_refusal_in_a_session_is_read_with_the_command_before_it() -> None:
    found = replies_in(SESSION)
    assert [each.name for each in found.refused] == ["sender-domain-unknown", "unknown", "auth-rejected"]
    assert found.accepted == 3
    swaks = SESSION.replace("S: ", "<-  ").replace("C: ", " -> ")
    assert [each.name for each in replies_in(swaks).refused] == [each.name for each in found.refused]


@pytest.mark.parametrize(
    "session",
    [
        SESSION,
        "AUTH PLAIN AGFsaWNlAHNlY3JldA==\n",
        "AUTH LOGIN\n334 VXNlcm5hbWU6\nYWxpY2U=\n334 UGFzc3dvcmQ6\nAGFsaWNlAHNlY3JldA==\n535 5.7.8 no\n",
        "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: AGFsaWNlAHNlY3JldA==\n",
        "AGFsaWNlAHNlY3JldA==",
        "PASS AGFsaWNlAHNlY3JldA==\n-ERR no\n",
        "a1 LOGIN alice AGFsaWNlAHNlY3JldA==\na1 NO no\n",
        "a1 AUTHENTICATE PLAIN\n+ \nAGFsaWNlAHNlY3JldA==\na1 NO no\n",
    ],
)
def test_the_token_of_a_login_is_not_shown(session: str) -> None:
    told = explain_text(session.encode())
    assert "AGFsaWNl" not in repr(told)


def test_what_is_accepted_is_no_refusal() -> None:
    told = explain_text(b"250 2.0.0 Ok: queued as 4F00000001")
    assert [(each.name, each.side) for each in told.causes] == [("accepted", Side.NOBODY)]


def test_a_refusal_in_words_that_are_in_no_table_is_called_so() -> None:
    told = explain_text(b"550 5.9.9 The purple elephant says no")
    assert [(each.name, each.side, each.code) for each in told.causes] == [("unknown", Side.UNKNOWN, "550")]


NO_MAIL_ERRORS = [
    "Milk, bread, two eggs and a newspaper.",
    "452 Main Street, Springfield",
    "550 people came to the party, and too many of them stayed",
    "ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: YES)",
    "id: 'foo': no such user",
    "HTTP/1.1 503 Service Unavailable\nServer: nginx\nRetry-After: 120\n",
    "404 Not Found",
    "530 Login incorrect.",
    "550 No such file or directory",
    "550 Permission denied.",
    "ssh: connect to host example.com port 22: Connection timed out",
    "Permission denied (publickey).",
    'Traceback (most recent call last):\n  File "a.py", line 450, in b\nKeyError: 550',
    "fatal: unable to access 'https://example.com/a.git/': The requested URL returned error: 504",
    "version 5.1.1 of the program is out, and 4.2.2 is no longer supported",
    "My mailbox is full of letters, and I have no time to answer them.",
    "The clock moved backwards by an hour last night.",
    "curl: (7) Failed to connect to localhost port 8080: Connection refused",
    "psql: error: connection to server at localhost, port 5432 failed: FATAL: password authentication failed",
    "吾輩は猫である。名前はまだ無い。",
    "宛先が見つかりません。もう一度お試しください。",
    "#include <stdio.h>\nint main(void) { return 550; }\n",
    '{"status": 451, "message": "Unavailable For Legal Reasons"}',
    "Jan 18 20:28:39 host kernel: eth0: link up\nJan 18 20:28:40 host cron[12]: (root) CMD (true)\n",
    "Dear Bob,\n\nthank you for your message. The sender of the parcel is not known to me.\n\nAlice\n",
    "552 Requested file action aborted. Exceeded storage allocation",
    "550 Requested action not taken: file unavailable (quota exceeded)",
    "452 Insufficient storage space",
    "421 Too many connections (8) from this IP",
    "530 Please login with USER and PASS.",
    "530 User cannot log in.",
    "522 SSL/TLS required on the control channel",
    "curl: (25) Failed FTP upload: 550 quota exceeded",
    "550 spam detected in the salad, said the cook",
    "550 items were moved to the archive, 421 remain.",
    "Ticket #554: printer on floor 5 is out of paper. 5.1.1 is the room.",
    '192.0.2.1 - - [29/Nov/2026:10:00:00 +0900] "GET / HTTP/1.1" 550 1043 "-" "Mozilla/5.0"',
    "main.cpp:550:12: error: no matching function for call to 'Mailer::send(std::string&)'",
    "error: failed to push some refs to 'git@example.com:alice/mail.git'\nhint: Updates were rejected",
    "Invoice No. 550\nAmount due: 421.00 EUR\nThe recipient is Example Ltd.",
    "11月29日(日) 晴れ。午後は友人に手紙を書いたが、宛先の住所が見つからず、出せなかった。",
    "Tel: +81-3-5550-1234 / FAX 03-5550-5678",
    "racl greylist default",
    "the greylist was in /etc/mail/greylist.conf, and now it is in a package of its own",
    "\x00\x01\x02\x03\xff binary",
    "",
]


@pytest.mark.parametrize("text", NO_MAIL_ERRORS)
def test_what_is_no_mail_error_is_not_known(text: str) -> None:
    told = explain_text(text.encode("utf-8", "surrogateescape"))
    assert told.pasted is Pasted.UNKNOWN
    assert told.causes == ()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyz ,.!?\n"), max_size=300).map("".join))
def test_letters_are_never_an_error(text: str) -> None:
    """Drawn one by one: `st.text` draws whole strings of our source as well, and `greylisted` is a reply."""
    assert replies_in(text).refused == ()
