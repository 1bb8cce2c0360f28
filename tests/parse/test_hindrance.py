"""What a server says of its own attempt to deliver."""

from __future__ import annotations

import pytest

from mailproof.parse.hindrance import Hindrance, hindrance

K = Hindrance


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        # Postfix
        ("connect to mx.example.com[192.0.2.1]:25: Connection timed out", K.NOT_REACHED),
        ("connect to mx.example.com[192.0.2.1]:25: Connection refused", K.NOT_REACHED),
        ("Host or domain name not found. Name service error for name=a.example type=MX: Host not found",
         K.DOMAIN_UNKNOWN),
        ("Host or domain name not found. Name service error for name=a.example type=MX: Host not found, try again",
         K.LOOKUP_FAILED),
        ("Domain nullmx.example does not accept mail (nullMX)", K.DOMAIN_UNKNOWN),
        ("mail for loop.example loops back to myself", K.LOOP),
        ("mail forwarding loop for bob@example.com", K.LOOP),
        ('unknown user: "bob"', K.RECIPIENT_UNKNOWN),
        ('Command died with status 1: "/usr/bin/procmail"', K.DELIVERY_FAILED),
        ("cannot update mailbox /var/mail/bob for user bob. error writing message: Disk quota exceeded",
         K.MAILBOX_FULL),
        ("maildir delivery failed: create maildir file /home/bob/Maildir/tmp/1: Permission denied",
         K.DELIVERY_FAILED),
        ("lost connection with mx.example.com[192.0.2.1] while sending message body", K.CONNECTION_LOST),
        ("TLS is required, but was not offered by host mx.example.com[192.0.2.1]", K.TLS_FAILED),
        ("Server certificate not verified", K.TLS_FAILED),
        ("SASL authentication failed; server relay.example.com said: no", K.LOGIN_FAILED),
        ("SMTPUTF8 is required, but was not offered by host mx.example.com", K.NEEDS_SMTPUTF8),
        ("mail transport unavailable", K.UNROUTABLE),
        # Exim
        ("Unrouteable address", K.UNROUTABLE),
        ("all relevant MX records point to non-existent hosts", K.DOMAIN_UNKNOWN),
        ("an MX or SRV record indicated no SMTP service", K.DOMAIN_UNKNOWN),
        ("lowest numbered MX record points to local host", K.LOOP),
        ("retry timeout exceeded", K.EXPIRED),
        ("host lookup did not complete", K.LOOKUP_FAILED),
        ("all hosts for 'example.com' have been failing for a long time (and retry time not reached)", K.NOT_REACHED),
        # sendmail
        ("Host unknown (Name server: a.example.: host not found)", K.DOMAIN_UNKNOWN),
        ("MX list for loop.example. points back to mail.example.com", K.LOOP),
        ("Message could not be delivered for 5 days", K.EXPIRED),
        # qmail
        ("Sorry, I couldn't find any host named a.example. (#5.1.2)", K.DOMAIN_UNKNOWN),
        ("CNAME lookup failed temporarily. (#4.4.3)", K.LOOKUP_FAILED),
        ("Sorry, no mailbox here by that name. (#5.1.1)", K.RECIPIENT_UNKNOWN),
        ("I'm not going to try again; this message has been in the queue too long.", K.EXPIRED),
        ("Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)", K.NOT_REACHED),
        # Exchange and others
        ("User bob (bob@example.com) not listed in Domino Directory", K.RECIPIENT_UNKNOWN),
        ("The recipient name is not recognized", K.RECIPIENT_UNKNOWN),
        ("送信先のメールボックスが一杯のため、送信できませんでした。", K.MAILBOX_FULL),
        ("The recipient server did not accept our requests to connect.", K.NOT_REACHED),
    ],
)  # fmt: skip
def test_words_of_a_server_about_itself_have_their_meaning(said: str, kind: Hindrance) -> None:
    assert hindrance(said) is kind


def test_a_status_says_it_without_words() -> None:
    assert hindrance("", "", "4.4.7") is K.EXPIRED
    assert hindrance("", "", "5.4.6") is K.LOOP
    assert hindrance("", "", "5.0.0") is None


def test_words_that_say_nothing_have_no_meaning() -> None:
    assert hindrance("temporary failure") is None
    assert hindrance("") is None
