"""A message through Courier, and logins at it: what its log tells of them."""

from __future__ import annotations

import imaplib
import smtplib
import ssl
from types import SimpleNamespace

import pytest
from brandlist import brands
from couriermtaserver import COURIER_MTA
from unpacked import serving

from mailproof.model.log import LoggedIn, LoggedOut, LoginFailed, Refused
from mailproof.parse.log.events import events
from mailproof.run.log.files import day_of, lines_of
from mailproof.run.log.packed import raw_lines
from mailproof.run.log.trace import LogTracer, Wanted

MESSAGE = "From: sender@example.org\r\nMessage-ID: <1@example.org>\r\nSubject: x\r\n\r\nx\r\n"


@pytest.mark.parametrize("brand", brands(COURIER_MTA))
def test_the_log_of_a_courier(brand) -> None:  # type: ignore[no-untyped-def]
    with serving(brand) as server:
        trust = ssl.create_default_context(cafile=str(server.ca_file))
        trust.check_hostname = False  # reached by address; the chain is still verified
        user, password = next(iter(server.accounts.items()))
        with smtplib.SMTP("127.0.0.1", server.ports["smtp"], "client.example.org", timeout=60) as client:
            client.starttls(context=trust)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login(user, "wrong")
            client.login(user, password)
            client.sendmail("sender@example.org", [user], MESSAGE)
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("sender@example.org", ["nobody@example.test"], MESSAGE)
        for given in ("wrong", password):
            with imaplib.IMAP4("127.0.0.1", server.ports["imap"], timeout=60) as mailbox:
                mailbox.starttls(trust)
                try:
                    mailbox.login(user, given)
                except mailbox.error:
                    assert given == "wrong"
        log = server.directory / "syslog"
        server.wait_until(lambda: b"completed,id=" in log.read_bytes() and b"LOGOUT, user=" in log.read_bytes())
        _told(server, user)


def _told(server: SimpleNamespace, user: str) -> None:
    log = server.directory / "syslog"
    facts = [event.fact for event in events(raw_lines(log), day_of(log))]
    failed = [fact for fact in facts if isinstance(fact, LoginFailed)]
    assert {(fact.service, fact.user, fact.client) for fact in failed} == {
        ("smtp", user, "127.0.0.1"),
        ("imap", user, "127.0.0.1"),
    }
    (session,) = [fact for fact in facts if isinstance(fact, LoggedIn)]
    assert (session.user, session.client, session.service) == (user, "127.0.0.1", "imap")
    (ended,) = [fact for fact in facts if isinstance(fact, LoggedOut)]
    assert (ended.user, ended.reason) == (user, "LOGOUT")
    (refused,) = [fact for fact in facts if isinstance(fact, Refused)]
    assert (refused.sender, refused.recipient) == ("sender@example.org", "nobody@example.test")
    tracer = LogTracer()
    tracer.take(lines_of(raw_lines(log), day_of(log)))
    (trace,) = [each for each in tracer.traces(Wanted(recipient=user)) if each.queue_ids]
    assert (trace.outcome, trace.sender) == ("delivered", "sender@example.org")
    assert [leg.kind for leg in trace.legs] == ["arrived", "addressed", "sent", "removed"]
    assert trace.legs[0].params["user"] == user
