from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.model.reply import Reply, ReplyClass
from mailproof.parse.refusal import refusal, refusal_kind
from mailproof.parse.refusal_kind import RefusalKind

K = RefusalKind


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        # Postfix
        ("554 5.7.1 <y@elsewhere.test>: Relay access denied", K.RELAY_DENIED),
        ("454 4.7.1 <y@elsewhere.test>: Relay access denied", K.RELAY_DENIED),
        ("554 5.7.1 <localhost[127.0.0.1]>: Client host rejected: Access denied", K.CLIENT_REJECTED),
        ("550 5.1.1 <n@mx.test>: Recipient address rejected: User unknown in virtual table", K.RECIPIENT_UNKNOWN),
        ("450 4.1.1 <n@mx.test>: Recipient rejected: unverified address: timed out", K.RECIPIENT_LOOKUP_FAILED),
        ("451 4.3.0 <bob@mx.test>: Temporary lookup failure", K.RECIPIENT_LOOKUP_FAILED),
        ("451 4.3.5 <bob@mx.test>: Recipient address rejected: Server configuration problem", K.CONFIG_PROBLEM),
        ("451 4.3.5 Server configuration error", K.CONFIG_PROBLEM),
        ("451 4.7.1 Service unavailable - try again later", K.SERVICE_UNAVAILABLE),
        ("451 4.3.0 Error: queue file write error", K.QUEUE_WRITE_ERROR),
        ("452 4.3.1 Insufficient system storage", K.DISK_FULL),
        ("450 4.7.1 <bob@mx.test>: Recipient address rejected: Greylisted, see http://x.test", K.GREYLISTED),
        ("450 4.2.0 <bob@mx.test>: Recipient address rejected: Greylisted for 5 minutes", K.GREYLISTED),
        ("450 4.3.2 Service currently unavailable", K.GREYLISTED),
        ("450 4.1.8 <x@other.test>: Sender address rejected: Domain not found", K.SENDER_DOMAIN_UNKNOWN),
        ("554 5.7.1 <x@other.test>: Sender address rejected: Access denied", K.SENDER_REJECTED),
        ("553 5.7.1 <a@mx.test>: Sender address rejected: not owned by user bob", K.SENDER_NOT_OWNED),
        ("553 5.7.1 <a@mx.test>: Sender address rejected: not logged in", K.SENDER_NOT_LOGGED_IN),
        ("554 5.7.1 <b@mx.test>: Recipient address rejected: Access denied", K.RECIPIENT_REJECTED),
        ("504 5.5.2 <my_pc>: Helo command rejected: need fully-qualified hostname", K.HELO_REJECTED),
        ("503 5.5.1 Error: send HELO/EHLO first", K.HELO_REQUIRED),
        ("554 5.7.1 Service unavailable; Client host [203.0.113.7] blocked using bl.lab.test", K.CLIENT_BLOCKLISTED),
        ("450 4.7.25 Client host rejected: cannot find your hostname, [203.0.113.7]", K.CLIENT_NAME_MISSING),
        ("552 5.3.4 Message size exceeds fixed limit", K.MESSAGE_TOO_BIG),
        ("552 5.2.2 <bob@mx.test>: Recipient address rejected: Mailbox is full", K.MAILBOX_FULL),
        ("556 5.1.10 <o@example.com>: Recipient address rejected: Domain example.com does not accept mail (nullMX)",
         K.RECIPIENT_DOMAIN_UNKNOWN),
        ("450 4.1.2 <o@none.test>: Recipient address rejected: Domain not found", K.RECIPIENT_DOMAIN_UNKNOWN),
        ("530 5.7.0 Must issue a STARTTLS command first", K.TLS_REQUIRED),
        ("451 4.6.0 Alias expansion error", K.ALIAS_LOOP),
        ("450 4.7.1 Error: too much mail from 203.0.113.7", K.LIMITED),
        ("554 SMTP synchronization error", K.LIMITED),
        ("550 5.7.1 No lab mail wanted", K.OTHER),
        ("553 5.6.7 Address requires SMTPUTF8", K.NEEDS_SMTPUTF8),
        # Exim
        ("550 relay not permitted", K.RELAY_DENIED),
        ("550 mail.host.test is currently not permitted to relay through this server", K.RELAY_DENIED),
        ("550 Unknown user", K.RECIPIENT_UNKNOWN),
        ("550 Unrouteable address", K.RECIPIENT_UNKNOWN),
        ("503 HELO or EHLO required", K.HELO_REQUIRED),
        ("550 Sender verify failed", K.SENDER_REJECTED),
        # Sendmail, qmail, hMailServer
        ("550 5.7.1 <y@elsewhere.test>... Relaying denied", K.RELAY_DENIED),
        ("550 5.7.1 <y@elsewhere.test>... Relaying denied. Proper authentication required.", K.RELAY_DENIED),
        ("553 5.1.8 <x@other.test>... Domain of sender address x@other.test does not exist", K.SENDER_DOMAIN_UNKNOWN),
        ("503 5.0.0 Polite people say HELO first", K.HELO_REQUIRED),
        ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", K.RELAY_DENIED),
        ("530 SMTP authentication is required.", K.LOGIN_REQUIRED),
        ("550 Unauthenticated senders not allowed", K.LOGIN_REQUIRED),
        ("501 5.7.1 This system is not configured to relay mail", K.RELAY_DENIED),
        ("550 5.2.0 The recipient account is blocked.", K.MAILBOX_DISABLED),
        ("554 Mail from a@b.test rejected for policy reasons.", K.CONTENT_REJECTED),
        ("421 Service not available, closing transmission channel", K.SERVICE_UNAVAILABLE),
        ("554 5.4.14 Hop count exceeded - possible mail loop", K.MAIL_LOOP),
        # docomo and SoftBank
        ("552 Too much mail data bob@docomo.ne.jp", K.MAILBOX_FULL),
        ("550 Unknown user bob@docomo.ne.jp", K.RECIPIENT_UNKNOWN),
        ("553 nosuch.example does not exist", K.RECIPIENT_DOMAIN_UNKNOWN),
        # iCloud
        ("550 5.7.0 From address is not one of your addresses", K.SENDER_NOT_OWNED),
        # OpenSMTPD
        ("550 Invalid recipient: <y@elsewhere.test>", K.RECIPIENT_UNKNOWN),
        ("524 5.2.4 Mailing list expansion problem: <nobody@host.test>", K.RECIPIENT_UNKNOWN),
        ("530 5.5.1 Invalid command: Must issue an AUTH command first", K.LOGIN_REQUIRED),
        # Exchange and Microsoft 365
        ("550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", K.RELAY_DENIED),
        ("550 5.7.64 TenantAttribution; Relay Access Denied", K.RELAY_DENIED),
        ("550 5.7.1 Unable to relay", K.RELAY_DENIED),
        ("550 5.7.1 RESOLVER.RST.AuthRequired; authentication required", K.RECIPIENT_REJECTED),
        ("550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup", K.RECIPIENT_REJECTED),
        ("530 5.7.57 Client not authenticated to send mail.", K.LOGIN_REQUIRED),
        ("530 5.7.1 Client was not authenticated", K.LOGIN_REQUIRED),
        ("550 5.7.60 SMTP; Client does not have permissions to send as this sender", K.SENDER_NOT_OWNED),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", K.RECIPIENT_UNKNOWN),
        ("550 5.4.1 Recipient address rejected: Access denied.", K.RECIPIENT_UNKNOWN),
        # Google
        ("530 5.7.0 Authentication Required. Learn more at https://support.google.com", K.LOGIN_REQUIRED),
        ("550 5.1.1 The email account that you tried to reach does not exist.", K.RECIPIENT_UNKNOWN),
        ("552 5.2.2 The email account that you tried to reach is over quota", K.MAILBOX_FULL),
        ("550 5.7.25 The IP address sending this message does not have a PTR record", K.CLIENT_NAME_MISSING),
        ("550 5.7.26 This mail is unauthenticated", K.MESSAGE_UNAUTHENTICATED),
    ],
)  # fmt: skip
def test_a_known_reply_has_its_meaning(line: str, kind: RefusalKind) -> None:
    code, _, text = line.partition(" ")
    first = text.split(" ")[0]
    enhanced = first if first.count(".") == 2 and first[0] in "245" else ""
    assert refusal_kind(code, enhanced, text) is kind


def test_words_of_an_address_mean_nothing() -> None:
    assert refusal_kind("550", "5.7.1", "5.7.1 <greylisted.relay-denied@blocklist.test>: no") is RefusalKind.OTHER


def test_words_are_read_across_lines() -> None:
    assert refusal_kind("550", "5.7.1", "5.7.1 Unable to\n5.7.1 relay for you") is RefusalKind.RELAY_DENIED


def test_what_is_accepted_is_no_refusal() -> None:
    assert refusal(None) is None
    assert refusal(Reply(ReplyClass.POSITIVE, "250", "2.1.5 Ok", "2.1.5")) is None
    assert refusal(Reply(ReplyClass.INTERMEDIATE, "354", "go on")) is None


@settings(max_examples=200)
@given(st.text(max_size=4), st.text(max_size=8), st.text(max_size=120))
def test_any_text_has_a_meaning(code: str, enhanced: str, text: str) -> None:
    assert refusal_kind(code, enhanced, text) in RefusalKind
