"""Refusals in the words of the programs and providers that say them, by the step that was refused.

From their sources and manuals, from what providers publish, and from bounces that people show.
"""

from __future__ import annotations

import pytest

from mailproof.model.attempt import Step
from mailproof.parse.refusal import refusal_kind
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.statuses import STATUSES, status_meaning

K = RefusalKind
MAIL, RCPT, DATA, EHLO = Step.MAIL, Step.RCPT, Step.DATA, Step.EHLO

POSTFIX = [
    (MAIL, "504 5.5.2 <bob>: Sender address rejected: need fully-qualified address", K.SENDER_REJECTED),
    (MAIL, "450 4.7.1 Error: too much mail from 198.51.100.7", K.LIMITED),
    (MAIL, "552 5.3.4 Message size exceeds fixed limit", K.MESSAGE_TOO_BIG),
    (MAIL, "530 5.7.0 Must issue a STARTTLS command first", K.TLS_REQUIRED),
    (RCPT, "450 4.7.1 Error: too many recipients from 198.51.100.7", K.LIMITED),
    (RCPT, "452 4.5.3 Error: too many recipients", K.LIMITED),
    (RCPT, "450 4.7.1 <pc>: Helo command rejected: Host not found", K.HELO_REJECTED),
    (RCPT, "501 5.5.2 <p_c>: Helo command rejected: Invalid name", K.HELO_REJECTED),
    (RCPT, "550 5.1.1 <b@mx.test>: Recipient address rejected: undeliverable address: no", K.RECIPIENT_UNKNOWN),
    (
        RCPT,
        "450 4.2.0 <b@mx.test>: Recipient address rejected: unverified address: in progress",
        K.RECIPIENT_LOOKUP_FAILED,
    ),
    (
        RCPT,
        "550 5.7.23 <b@mx.test>: Recipient address rejected: Message rejected due to: SPF fail",
        K.MESSAGE_UNAUTHENTICATED,
    ),
    (
        RCPT,
        "550 5.7.1 <b@mx.test>: Recipient address rejected: Message rejected due to: SPF fail",
        K.MESSAGE_UNAUTHENTICATED,
    ),
    (RCPT, "504 5.5.2 <b>: Recipient address rejected: need fully-qualified address", K.RECIPIENT_REJECTED),
    (RCPT, "550 5.5.1 Protocol error", K.OTHER),
    (DATA, "554 5.4.6 Error: too many hops", K.MAIL_LOOP),
    (DATA, "554 5.7.1 Spam message rejected", K.CONTENT_REJECTED),
    (DATA, "521 5.5.2 mx.test Error: bare <LF> received", K.OTHER),
]
EXIM = [
    (MAIL, "550 Sender verify failed", K.SENDER_REJECTED),
    (RCPT, "550 Sender verify failed", K.SENDER_REJECTED),
    (RCPT, "451 Could not complete sender verify callout", K.SENDER_REJECTED),
    (RCPT, "451 Could not complete recipient verify callout", K.RECIPIENT_LOOKUP_FAILED),
    (RCPT, "451 Temporary local problem - please try later", K.SERVICE_UNAVAILABLE),
    (RCPT, "550 Administrative prohibition", K.OTHER),
    (RCPT, "550 authentication required", K.LOGIN_REQUIRED),
    (RCPT, "550 198.51.100.7 is listed at zen.spamhaus.org", K.CLIENT_BLOCKLISTED),
    (RCPT, "550 Rejected because 198.51.100.7 is in a black list at bl.test", K.CLIENT_BLOCKLISTED),
    (RCPT, "451 Greylisted - please try again later", K.GREYLISTED),
    (RCPT, "450 rate limit exceeded: 61.2 per 1h", K.LIMITED),
    (MAIL, "452 space shortage, please try later", K.DISK_FULL),
    (DATA, "552 Message size exceeds maximum permitted", K.MESSAGE_TOO_BIG),
    (DATA, "550 maximum allowed line length is 998 octets, got 2000", K.CONTENT_REJECTED),
]
SENDMAIL = [
    (MAIL, "553 5.5.4 <carol>... Domain name required for sender address carol", K.SENDER_REJECTED),
    (MAIL, "451 4.1.8 Domain of sender address c@x.test does not resolve", K.SENDER_DOMAIN_UNKNOWN),
    (MAIL, "550 5.0.0 Access denied", K.CLIENT_REJECTED),
    (MAIL, "452 4.4.5 Insufficient disk space; try again later", K.DISK_FULL),
    (MAIL, "552 5.2.3 Message size exceeds fixed maximum message size (1000)", K.MESSAGE_TOO_BIG),
    (RCPT, "550 5.1.1 <x@mx.test>... User unknown", K.RECIPIENT_UNKNOWN),
    (RCPT, "452 4.5.3 Too many recipients", K.LIMITED),
    (RCPT, "550 5.7.1 Rejected: 198.51.100.7 listed at zen.spamhaus.org", K.CLIENT_BLOCKLISTED),
    (RCPT, "553 5.3.5 system config error", K.CONFIG_PROBLEM),
    (RCPT, "550 5.7.0 <x@mx.test>... authentication required", K.LOGIN_REQUIRED),
    (EHLO, "501 5.0.0 Invalid domain name", K.HELO_REJECTED),
    (DATA, "451 4.7.1 Please try again later", K.SERVICE_UNAVAILABLE),
    (DATA, "554 5.7.1 Command rejected", K.OTHER),
]
QMAIL_AND_OTHERS = [
    (RCPT, "550 sorry, no mailbox here by that name. (#5.1.1)", K.RECIPIENT_UNKNOWN),
    (RCPT, "553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)", K.SENDER_REJECTED),
    (DATA, "552 sorry, that message size exceeds my databytes limit (#5.3.4)", K.MESSAGE_TOO_BIG),
    (DATA, "451 qq write error or disk full (#4.3.0)", K.QUEUE_WRITE_ERROR),
    (DATA, "554 too many hops, this message is looping (#5.4.6)", K.MAIL_LOOP),
    (RCPT, "530 5.5.1 Invalid command: Must issue an AUTH command first", K.LOGIN_REQUIRED),
    (RCPT, "530 5.5.1 Invalid command: Must issue a STARTTLS command first", K.TLS_REQUIRED),
    (MAIL, "421 Temporary failure", K.SERVICE_UNAVAILABLE),
    (RCPT, "513 Relaying denied.", K.RELAY_DENIED),
    (MAIL, "517 Domain does not exist: x.test.", K.SENDER_DOMAIN_UNKNOWN),
    (RCPT, "550 Mailbox unknown. Either there is no mailbox associated with this name", K.RECIPIENT_UNKNOWN),
    (RCPT, "550 5.1.1 <b@mx.test> User doesn't exist: b@mx.test", K.RECIPIENT_UNKNOWN),
    (RCPT, "552 5.2.2 <b@mx.test> Quota exceeded (mailbox for user is full)", K.MAILBOX_FULL),
    (RCPT, "551 User not local; please try <b@elsewhere.test>", K.RECIPIENT_UNKNOWN),
]
MICROSOFT = [
    (
        MAIL,
        "550 5.7.1 Unfortunately, messages from [198.51.100.7] weren't sent. Please contact your Internet service "
        "provider since part of their network is on our block list (S3150).",
        K.CLIENT_BLOCKLISTED,
    ),
    (RCPT, "550 5.7.606 Access denied, banned sending IP [198.51.100.7]", K.CLIENT_BLOCKLISTED),
    (RCPT, "550 5.7.511 Access denied, banned sender[c@x.test]", K.SENDER_REJECTED),
    (RCPT, "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP", K.CLIENT_BLOCKLISTED),
    (
        DATA,
        "550 5.7.515 Access denied, sending domain X.TEST doesn't meet the required authentication level",
        K.MESSAGE_UNAUTHENTICATED,
    ),
    (
        DATA,
        "550 5.7.509 Access denied, sending domain x.test does not pass DMARC verification",
        K.MESSAGE_UNAUTHENTICATED,
    ),
    (MAIL, "451 4.7.500 Server busy. Please try again later from [198.51.100.7]. (S77719)", K.LIMITED),
    (
        MAIL,
        "451 4.7.650 The mail server [198.51.100.7] has been temporarily rate limited due to IP reputation",
        K.LIMITED,
    ),
    (DATA, "550 5.1.8 Access denied, bad outbound sender", K.SENDER_REJECTED),
    (
        DATA,
        "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
        K.LIMITED,
    ),
    (DATA, "550 5.7.705 Service unavailable. Access denied, tenant has exceeded threshold", K.LIMITED),
    (DATA, "554 5.2.252 SendAsDenied; a@x.test not allowed to send as b@x.test", K.SENDER_NOT_OWNED),
    (MAIL, "421 4.7.66 TLS 1.0 and 1.1 are not supported. Please upgrade/update your client", K.TLS_REQUIRED),
    (RCPT, "452 4.3.1 Insufficient system resources (UsedDiskSpace[D:])", K.DISK_FULL),
    (MAIL, "421 4.3.2 Service not active", K.SERVICE_UNAVAILABLE),
    (MAIL, "421 4.4.2 Message submission rate for this client has exceeded the configured limit", K.LIMITED),
    (MAIL, "451 4.7.0 Temporary server error. Please try again later. PRX2", K.SERVICE_UNAVAILABLE),
    (MAIL, "501 5.1.7 Invalid address", K.SENDER_REJECTED),
    (DATA, "550 5.7.1 Message rejected as spam by Content Filtering.", K.CONTENT_REJECTED),
    (MAIL, "550 5.7.1 Client does not have permissions to submit to this server", K.LOGIN_REQUIRED),
    (RCPT, "550 5.7.1 Recipient not authorized, your IP has been found on a block list", K.CLIENT_BLOCKLISTED),
]
GOOGLE = [
    (
        RCPT,
        "421 4.7.0 Our system has detected an unusual rate of unsolicited mail originating from your IP address.",
        K.LIMITED,
    ),
    (DATA, "421 4.7.28 Gmail has detected an unusual rate of email originating from your SPF domain", K.LIMITED),
    (RCPT, "450 4.2.1 The user you are trying to contact is receiving mail too quickly.", K.LIMITED),
    (
        RCPT,
        "450 4.2.1 The user you are trying to contact is receiving mail at a rate",
        K.LIMITED,
    ),
    (RCPT, "550 5.2.1 The email account that you tried to reach is disabled.", K.MAILBOX_DISABLED),
    (RCPT, "452 4.2.2 The email account that you tried to reach is over quota.", K.MAILBOX_FULL),
    (RCPT, "452 4.5.3 Your message has too many recipients.", K.LIMITED),
    (RCPT, "553 5.1.2 We weren't able to find the recipient domain.", K.RECIPIENT_DOMAIN_UNKNOWN),
    (RCPT, "421 4.7.0 TLS required for RCPT domain, closing connection.", K.TLS_REQUIRED),
    (MAIL, "550 5.7.1 Invalid credentials for relay [198.51.100.7].", K.RELAY_DENIED),
    (DATA, "550 5.4.5 Daily user sending limit exceeded.", K.LIMITED),
    (DATA, "550 5.4.5 Daily SMTP relay sending quota exceeded.", K.LIMITED),
    (DATA, "550 5.7.1 Our system has detected that this message is likely unsolicited mail.", K.CONTENT_REJECTED),
    (
        DATA,
        "552 5.7.0 This message was blocked because its content presents a potential security issue.",
        K.CONTENT_REJECTED,
    ),
    (
        DATA,
        "550 5.7.26 Unauthenticated email from x.test is not accepted due to domain's DMARC policy.",
        K.MESSAGE_UNAUTHENTICATED,
    ),
    (MAIL, "421 4.3.0 Temporary System Problem.  Try again later.", K.SERVICE_UNAVAILABLE),
    (MAIL, "421 4.4.5 Server busy, try again later.", K.SERVICE_UNAVAILABLE),
]
YAHOO_AND_FILTERS = [
    (
        MAIL,
        "421 4.7.0 [TSS04] Messages from 198.51.100.7 temporarily deferred due to unexpected volume or complaints",
        K.LIMITED,
    ),
    (MAIL, "421 4.7.1 [TSS03] All messages from 198.51.100.7 will be permanently deferred", K.CLIENT_BLOCKLISTED),
    (
        MAIL,
        "553 5.7.1 [BL21] Connections will not be accepted from 198.51.100.7, because it is in Spamhaus's list",
        K.CLIENT_BLOCKLISTED,
    ),
    (DATA, "554 5.7.9 Message not accepted for policy reasons", K.CONTENT_REJECTED),
    (
        DATA,
        "554 delivery error: dd This user doesn't have a yahoo.com account (b) [0]",
        K.RECIPIENT_UNKNOWN,
    ),
    (
        DATA,
        "554 delivery error: dd Sorry, your message cannot be delivered. This mailbox is disabled (554.30).",
        K.MAILBOX_DISABLED,
    ),
    (DATA, "550 5.7.1 [CS01] Message rejected due to local policy.", K.CONTENT_REJECTED),
    (MAIL, "554 Blocked - see https://ipcheck.proofpoint.com/?ip=198.51.100.7", K.CLIENT_BLOCKLISTED),
    (
        MAIL,
        "554 mx.test Your access to this mail system has been rejected due to the sending MTA's poor reputation.",
        K.CLIENT_BLOCKLISTED,
    ),
    (DATA, "554 5.7.1 Infected by Eicar-Signature", K.CONTENT_REJECTED),
    (DATA, 'Ratelimit "to_ip" exceeded', K.LIMITED),
]
GREYLISTS = [
    (RCPT, "451 4.7.1 Greylisting in action, please come back in 00:30:00", K.GREYLISTED),
    (RCPT, "451 4.7.1 Greylisting in action, please come back later", K.GREYLISTED),
    (
        RCPT,
        "450 4.2.0 <b@mx.test>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/mx.test",
        K.GREYLISTED,
    ),
    (
        RCPT,
        "450 4.7.1 <b@mx.test>: Recipient address rejected: Greylisted by greyfix 0.4.0, try again in 30 seconds",
        K.GREYLISTED,
    ),
    (
        RCPT,
        "451 This server employs greylisting as a means of reducing spam. Please resend shortly",
        K.GREYLISTED,
    ),
    (RCPT, "450 4.7.1 <b@mx.test>: Recipient address rejected: Policy, try again in 300 seconds", K.GREYLISTED),
    (
        RCPT,
        "450 4.7.1 Service unavailable; Client host [198.51.100.7] blocked using bl.test; try again in 10 minutes",
        K.CLIENT_BLOCKLISTED,
    ),
    (RCPT, "450 4.7.1 rate limit exceeded, try again in 60 seconds", K.LIMITED),
    (DATA, "451 4.7.1 Try again later", K.SERVICE_UNAVAILABLE),
    (RCPT, "551 5.7.1 Go away!", K.OTHER),
]
ALL = [*POSTFIX, *EXIM, *SENDMAIL, *QMAIL_AND_OTHERS, *MICROSOFT, *GOOGLE, *YAHOO_AND_FILTERS, *GREYLISTS]


@pytest.mark.parametrize(("step", "line", "kind"), ALL)
def test_a_refusal_has_the_meaning_that_its_program_gives_it(step: Step, line: str, kind: RefusalKind) -> None:
    code, _, text = line.partition(" ") if line[0].isdigit() else ("451", "", line)
    first = text.split(" ")[0]
    enhanced = first if first.count(".") == 2 and first[0] in "245" else ""
    assert refusal_kind(code, enhanced, text, step) is kind


@pytest.mark.parametrize(
    ("line", "to_mail", "to_rcpt"),
    [
        ("550 5.1.1 <a@mx.test>: unknown", K.SENDER_REJECTED, K.RECIPIENT_UNKNOWN),
        ("550 5.1.2 <a@x.test>: no", K.SENDER_DOMAIN_UNKNOWN, K.RECIPIENT_DOMAIN_UNKNOWN),
        ("550 5.2.1 <a@mx.test>: no", K.SENDER_REJECTED, K.MAILBOX_DISABLED),
        ("553 5.1.3 <a@@mx.test>: no", K.SENDER_REJECTED, K.RECIPIENT_REJECTED),
    ],
)
def test_to_mail_it_is_about_the_sender(line: str, to_mail: RefusalKind, to_rcpt: RefusalKind) -> None:
    code, enhanced, text = line.split(" ", 2)
    assert refusal_kind(code, enhanced, text, MAIL) is to_mail
    assert refusal_kind(code, enhanced, text, RCPT) is to_rcpt


def test_the_whole_registry_is_read() -> None:
    """As many details of each subject as IANA lists, without a gap."""
    last = {0: 0, 1: 10, 2: 4, 3: 6, 4: 7, 5: 6, 6: 10, 7: 30}
    assert set(STATUSES) == {f"{subject}.{detail}" for subject, most in last.items() for detail in range(most + 1)}


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_a_status_alone_means_the_same_in_a_foreign_language(status: str) -> None:
    for code, enhanced in (("450", f"4.{status}"), ("550", f"5.{status}")):
        meant = status_meaning(enhanced)
        assert meant in (None, refusal_kind(code, enhanced, "Désolé.", RCPT))


def test_what_is_not_registered_means_nothing_by_itself() -> None:
    assert status_meaning("5.9.9") is None
    assert status_meaning("") is None
