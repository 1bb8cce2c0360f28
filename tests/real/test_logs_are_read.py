"""The logs of a real Postfix and Dovecot that did everything: no line is unknown, and traces are whole."""

from __future__ import annotations

import imaplib
import poplib
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from loglines import unread
from mailproof.lab.real.server import RealLab
from mailproof.model.log_trace import LogTrace
from mailproof.run.log.files import lines_of
from mailproof.run.log.trace import LogTracer, Wanted

pytestmark = pytest.mark.real

ALICE, BOB = "alice@example.test", "bob@example.test"
VACATION = 'require ["vacation", "fileinto", "reject"];\nif header :contains "subject" "file" { fileinto "INBOX"; }\n'
VACATION += 'elsif header :contains "subject" "drop" { discard; }\n'
VACATION += 'elsif header :contains "subject" "away" { redirect "alice@example.test"; }\n'


def context(lab: RealLab) -> ssl.SSLContext:
    found = ssl.create_default_context(cafile=str(lab.ca_file))
    found.check_hostname = False
    return found


def message(subject: str, name: str) -> str:
    return f"From: {ALICE}\r\nTo: {BOB}\r\nMessage-ID: <{name}@example.test>\r\nSubject: {subject}\r\n\r\nhello\r\n"


def hand_in(lab: RealLab, recipients: list[str], text: str) -> None:
    with smtplib.SMTP("127.0.0.1", lab.ports["submission"], timeout=60) as session:
        session.starttls(context=context(lab))
        session.login(ALICE, lab.accounts[ALICE])
        session.sendmail(ALICE, recipients, text)


def of_smtp(lab: RealLab) -> None:
    """Refusals, and clients that do not behave."""
    with smtplib.SMTP("127.0.0.1", lab.ports["smtp"], timeout=60) as session:
        session.ehlo("client.example.com")
        session.sendmail("x@example.com", [BOB], message("hello", "from-outside"))
        for recipient in ("no-such@example.test", "x@example.net"):
            session.mail("x@example.com")
            session.rcpt(recipient)
            session.rset()
        session.verify(BOB)
        session.docmd("NONSENSE")
    with smtplib.SMTP("127.0.0.1", lab.ports["submission"], timeout=60) as session:
        session.starttls(context=context(lab))
        with suppress(smtplib.SMTPException):
            session.login(ALICE, "wrong")
    for port in ("smtp", "submissions"):
        with socket.create_connection(("127.0.0.1", lab.ports[port])) as plain:
            plain.sendall(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nQUIT\r\n")
            plain.settimeout(60)
            with suppress(OSError):
                plain.recv(1000)
    with smtplib.SMTP("127.0.0.1", lab.ports["smtp"], timeout=60) as session, suppress(ssl.SSLError):
        session.starttls(context=ssl.create_default_context())


def of_mailboxes(lab: RealLab) -> None:
    """Logins, wrong ones too, sessions that end well and badly, a Sieve script."""
    for password in (lab.accounts[BOB], "wrong"):
        imap = imaplib.IMAP4_SSL("127.0.0.1", lab.ports["imaps"], ssl_context=context(lab))
        with suppress(imaplib.IMAP4.error):
            imap.login(BOB, password)
            imap.select()
            imap.store("1:*", "+FLAGS", "\\Deleted")
            imap.expunge()
        imap.logout()
        pop = poplib.POP3_SSL("127.0.0.1", lab.ports["pop3s"], context=context(lab))
        with suppress(poplib.error_proto):
            pop.user(BOB)
            pop.pass_(password)
            pop.stat()
        pop.quit()
    imap = imaplib.IMAP4_SSL("127.0.0.1", lab.ports["imaps"], ssl_context=context(lab))
    imap.login(BOB, lab.accounts[BOB])
    imap.shutdown()
    for port in ("imap", "imaps", "pop3", "sieve"):
        with socket.create_connection(("127.0.0.1", lab.ports[port])) as plain:
            plain.settimeout(60)
            plain.sendall(b"a LOGIN bob@example.test nothing\r\nlogout\r\n")
            with suppress(OSError):
                plain.recv(1000)
    with suppress(ssl.SSLError):
        imaplib.IMAP4_SSL("127.0.0.1", lab.ports["imaps"], ssl_context=ssl.create_default_context())


def by_hand(lab: RealLab) -> None:
    """What an administrator does to the queue."""
    for command in (
        ["postsuper", "-h", "ALL"],
        ["postsuper", "-H", "ALL"],
        ["postsuper", "-r", "ALL"],
        ["postqueue", "-f"],
        ["postsuper", "-d", "ALL"],
        ["postfix", "reload"],
    ):
        subprocess.run(
            [f"/usr/sbin/{command[0]}", "-c", str(lab.postfix_dir), *command[1:]], capture_output=True, check=False
        )


@pytest.fixture(scope="module")
def busy() -> Iterator[RealLab]:
    """A lab that has done all that."""
    sieve = {f"dovecot/home/{BOB}/.dovecot.sieve": VACATION}
    away = "submission_host = 127.0.0.1:@port:smtp@\n"
    main = {"default_transport": "smtp:[127.0.0.1]:1", "notify_classes": "bounce"}
    with RealLab(files=sieve, main=main, dovecot=away) as lab:
        subprocess.run(["chown", "-R", "mail:mail", str(lab.directory / "dovecot" / "home")], check=True)
        of_smtp(lab)
        for subject in ("plain", "file", "drop", "away"):
            hand_in(lab, [BOB], message(subject, subject))
        hand_in(lab, ["z@example.net"], message("far", "far"))
        lab.wait_until(lambda: len(lab.messages(ALICE)) >= 1, "the message that was sent on", 120.0)
        lab.wait_until(lambda: b"status=deferred" in lab.mail_log.read_bytes(), "a deferral", 120.0)
        of_mailboxes(lab)
        by_hand(lab)
        lab.wait_until(lambda: b"reload -- version" in lab.mail_log.read_bytes(), "the reload", 120.0)
        yield lab


@pytest.mark.parametrize("log", [lambda lab: lab.mail_log, lambda lab: lab.dovecot_log], ids=["Postfix", "Dovecot"])
def test_no_line_is_unknown(busy: RealLab, log: Callable[[RealLab], Path]) -> None:
    assert unread(log(busy)) == []
    assert len(log(busy).read_bytes().splitlines()) > 30


def traced(lab: RealLab, **wanted: str) -> tuple[LogTrace, ...]:
    tracer = LogTracer()
    for log in (lab.mail_log, lab.dovecot_log):
        tracer.take(lines_of(log.read_bytes().splitlines(), date.today()))
    return tracer.traces(Wanted(**wanted))


def test_a_trace_goes_from_the_login_to_the_mailbox(busy: RealLab) -> None:
    (trace,) = traced(busy, message_id="<plain@example.test>")
    assert trace.outcome == "delivered"
    kinds = [leg.kind for leg in trace.legs]
    assert kinds[:2] == ["connected", "tls-opened"]
    assert set(kinds) >= {"arrived", "identified", "queued", "sent", "stored", "removed"}
    (stored,) = (leg for leg in trace.legs if leg.kind == "stored")
    assert stored.params["user"] == BOB
