"""Clients that others wrote get on with the embedded lab: Python's own, and curl."""

from __future__ import annotations

import imaplib
import poplib
import shutil
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailproof.lab.embedded.settings import LabSettings
from mailproof.lab.embedded.threaded import LabServer, serving
from mailproof.model.endpoint import Scheme
from mailproof.script.authority import Authority

ALICE, BOB = "alice@example.test", "bob@example.test"
MESSAGE = b"From: alice@example.test\r\nTo: bob@example.test\r\nSubject: hello\r\n\r\n.dot\r\nend\r\n"
SECONDS = 60.0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the Maildirs and the log."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def lab(authority: Authority, place: Path) -> Iterator[LabServer]:
    with serving(LabSettings(maildir=str(place), log_file=str(place / "maillog")), authority) as running:
        yield running


@pytest.fixture(scope="module")
def context(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def submission(lab: LabServer, context: ssl.SSLContext) -> smtplib.SMTP:
    host, port = lab.address(Scheme.SUBMISSION)
    client = smtplib.SMTP(host, port, timeout=SECONDS)
    client.starttls(context=context)
    client.user, client.password = ALICE, "alicepw"
    client.ehlo()
    return client


def imaps(lab: LabServer, context: ssl.SSLContext) -> imaplib.IMAP4_SSL:
    host, port = lab.address(Scheme.IMAPS)
    return imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=SECONDS)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_smtplib_logs_in_with_every_mechanism_it_knows(
    lab: LabServer, context: ssl.SSLContext, mechanism: str
) -> None:
    with submission(lab, context) as client:
        method = getattr(client, f"auth_{mechanism.lower().replace('-', '_')}")
        assert client.auth(mechanism, method)[0] == 235
        client.rset()


def test_what_smtplib_sends_is_read_by_poplib_and_imaplib(lab: LabServer, context: ssl.SSLContext) -> None:
    with submission(lab, context) as client:
        client.login(ALICE, "alicepw")
        assert client.sendmail(ALICE, [BOB], MESSAGE) == {}

    host, port = lab.address(Scheme.POP3)
    pop = poplib.POP3(host, port, timeout=SECONDS)
    pop.stls(context)
    pop.user(BOB)
    pop.pass_("bobpw")
    count, _ = pop.stat()
    assert count >= 1
    assert len(pop.uidl()[1]) == count
    assert pop.retr(count)[1][-3:] == [b"", b".dot", b"end"]
    assert pop.top(count, 1)[1][-1] == b".dot"
    pop.quit()

    imap = imaps(lab, context)
    imap.authenticate("PLAIN", lambda _: b"\0bob@example.test\0bobpw")
    assert imap.select("INBOX")[0] == "OK"
    found = imap.search(None, "SUBJECT", "hello")[1][0].split()
    assert len(found) == count
    data = imap.fetch(found[-1].decode(), "(FLAGS BODY[])")[1][0]
    assert isinstance(data, tuple)
    assert data[1].endswith(b"\r\n\r\n.dot\r\nend\r\n")
    imap.store(found[-1].decode(), "+FLAGS", "\\Deleted")
    assert imap.expunge()[0] == "OK"
    assert imap.status("INBOX", "(MESSAGES)")[1] == [f"INBOX (MESSAGES {count - 1})".encode()]
    imap.logout()


def test_imaplib_logs_in_by_command_and_by_challenge(lab: LabServer, context: ssl.SSLContext) -> None:
    for way in ("login", "login_cram_md5"):
        client = imaps(lab, context)
        assert getattr(client, way)(ALICE, "alicepw")[0] == "OK"
        assert client.noop()[0] == "OK"
        client.logout()


def test_idle_tells_of_new_mail_while_other_sessions_go_on(lab: LabServer, context: ssl.SSLContext) -> None:
    client = imaps(lab, context)
    client.login("carol@example.test", "carolpw")
    client.select("INBOX")
    client.send(b"x IDLE\r\n")
    assert client.readline().startswith(b"+ ")
    host, port = lab.address(Scheme.SMTP)
    with smtplib.SMTP(host, port, timeout=SECONDS) as other:
        other.sendmail("outside@example.com", ["carol@example.test"], MESSAGE)
    assert client.readline() == b"* 1 EXISTS\r\n"
    client.send(b"DONE\r\n")
    assert client.readline() == b"* 0 RECENT\r\n"
    assert client.readline().startswith(b"x OK")
    client.logout()


def test_a_maildir_and_a_log_can_be_looked_into(lab: LabServer, place: Path) -> None:
    host, port = lab.address(Scheme.LMTP)
    with smtplib.LMTP(host, port, timeout=SECONDS) as client:
        client.sendmail("outside@example.com", [ALICE], MESSAGE)
    assert b"Subject: hello\n" in next((place / ALICE / "new").iterdir()).read_bytes()
    assert "status=sent" in (place / "maillog").read_text("ascii")


def test_a_filtered_port_never_answers_and_a_closed_one_refuses(authority: Authority) -> None:
    with serving(LabSettings(faults=("port-filtered@imaps", "port-closed@pop3s")), authority) as lab:
        with pytest.raises(TimeoutError):
            socket.create_connection(lab.address(Scheme.IMAPS), timeout=0.3)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(lab.address(Scheme.POP3S), timeout=SECONDS)


@pytest.mark.real
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize("scheme", [Scheme.IMAPS, Scheme.POP3S])
def test_curl_reads_the_mailbox(lab: LabServer, ca_file: str, scheme: Scheme, tmp_path: Path) -> None:
    host, port = lab.address(Scheme.SMTP)
    with smtplib.SMTP(host, port, timeout=SECONDS) as client:
        client.sendmail("outside@example.com", [BOB], MESSAGE)
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login {BOB} password bobpw\n", "ascii")
    url = f"{lab.urls[scheme]}/{'INBOX;MAILINDEX=1' if scheme is Scheme.IMAPS else '1'}"
    said = subprocess.run(
        ["curl", "--silent", "--show-error", "--cacert", ca_file, "--netrc-file", str(netrc), url],
        capture_output=True,
        timeout=SECONDS,
        check=True,
    )
    assert b"Subject: hello" in said.stdout
