"""What real servers send back when the next one refuses is explained rightly: as they are here, not as they were."""

from __future__ import annotations

import re
import smtplib
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import pytest
from brandlist import brands
from eximserver import EXIM
from opensmtpdserver import OPENSMTPD
from unpacked import Brand, serving

from loopback import Listening
from mailproof.lab.real.server import RealLab
from mailproof.model.explained import Explained, Pasted
from mailproof.run.explaining.texts import explain_text

pytestmark = pytest.mark.real

SENDER, RECIPIENT = "alice@example.org", "bob@example.com"
REFUSALS = {
    "recipient-unknown": ("RCPT", "550 5.1.1 <bob@example.com>: Recipient address rejected: User unknown"),
    "mailbox-full": ("RCPT", "552-5.2.2 The recipient's inbox is out of storage space.\r\n552 5.2.2 Sorry - gsmtp"),
    "client-blocklisted": ("RCPT", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example"),
    "message-unauthenticated": (
        ".",
        "550-5.7.26 Your email has been blocked.\r\n550 5.7.26 SPF did not pass - gsmtp",
    ),
    "content-rejected": (".", "554 5.7.1 The message was rejected as spam"),
}
_MESSAGE = f"From: {SENDER}\r\nTo: {RECIPIENT}\r\nSubject: Minutes\r\nMessage-ID: <1@example.org>\r\n\r\nHello.\r\n"
# A bounce is made within a second; a machine with sixty times the load is still waited for.
_PATIENCE = 60.0


class Next:
    """The next server: refuses mail for the recipient, and keeps what comes for the sender."""

    def __init__(self, listener: socket.socket, stage: str, reply: str) -> None:
        self._stage, self._reply = stage, reply
        self.kept: list[bytes] = []
        self.arrived = threading.Event()
        self._listening = Listening(listener, self._serve)
        self.port = self._listening.port

    def close(self) -> None:
        self._listening.stop()
        for connection in self._listening.connections:
            connection.close()

    def _serve(self, connection: socket.socket) -> None:
        # The server may be ended in the middle of a connection that it keeps for more.
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            self._talk(connection, lines)

    def _talk(self, connection: socket.socket, lines: Iterable[bytes]) -> None:
        following, refused = iter(lines), False
        connection.sendall(b"220 next.example ESMTP\r\n")
        for line in following:
            verb = line[:4].upper()
            answer = b"250 2.0.0 Ok\r\n"
            if verb == b"EHLO":
                answer = b"250-next.example\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
            elif verb == b"RCPT":
                refused = RECIPIENT.encode() in line
                if refused and self._stage == "RCPT":
                    answer = self._reply.encode() + b"\r\n"
            elif verb == b"DATA":
                connection.sendall(b"354 go on\r\n")
                message = b"".join(iter(following.__next__, b".\r\n"))
                if refused:
                    answer = self._reply.encode() + b"\r\n"
                else:
                    self.kept.append(message)
                    self.arrived.set()
            elif verb == b"QUIT":
                connection.sendall(b"221 2.0.0 Bye\r\n")
                return
            connection.sendall(answer)


@contextmanager
def refusing(name: str) -> Iterator[Next]:
    made = Next(socket.create_server(("127.0.0.1", 0)), *REFUSALS[name])
    try:
        yield made
    finally:
        made.close()


def _to_next(brand: Brand, port: int) -> dict[str, str]:
    """What to change in its configuration, so that it hands everything to this port, for everybody."""
    return {
        EXIM.name: {
            "  driver = accept\n  domains = ! +local_domains\n  transport = t_nowhere": "  driver = manualroute\n"
            "  domains = ! +local_domains\n  route_list = * 127.0.0.1\n  self = send\n  transport = t_nowhere",
            "  driver = appendfile\n  file = /dev/null\n  user = mail": f"  driver = smtp\n  port = {port}",
            "  require message = relay not permitted\n          domains = +local_domains\n": "",
            "  require verify = recipient\n": "",
        },
        OPENSMTPD.name: {
            "match auth from any": "match from any",
            "smtp://127.0.0.1:9": f"smtp://127.0.0.1:{port}",
        },
    }[brand.name]


def _bounced(port: int, following: Next, name: str) -> Explained:
    with smtplib.SMTP("127.0.0.1", port, timeout=_PATIENCE) as client:
        client.sendmail(SENDER, [RECIPIENT], _MESSAGE)
    assert following.arrived.wait(_PATIENCE), "no bounce came"
    told = explain_text(following.kept[0])
    assert told.pasted is Pasted.BOUNCE
    assert told.subject == "Minutes"
    [cause] = told.causes
    assert re.match(r"5\d\d ", cause.text)
    assert (cause.recipient, cause.name) == (RECIPIENT, name)
    return cause


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("brand", brands(EXIM, OPENSMTPD))
def test_a_bounce_of_a_brand(brand: Brand, name: str) -> None:
    # A queue that was just emptied makes OpenSMTPD warn of a directory that is gone; its log is no matter here.
    quiet = brand._replace(logs=())
    with refusing(name) as following, serving(quiet, changes=_to_next(brand, following.port)) as server:
        _bounced(server.ports["smtp"], following, name)


@pytest.mark.parametrize("name", REFUSALS)
def test_a_bounce_of_postfix(name: str) -> None:
    if RealLab.missing():
        pytest.skip("needs Postfix and Dovecot, and root")
    with refusing(name) as following:
        main = {
            "default_transport": f"smtp:[127.0.0.1]:{following.port}",
            "mynetworks": "127.0.0.0/8",
            "smtpd_relay_restrictions": "permit_mynetworks, reject",
        }
        with RealLab(main=main, wait_for=("smtp",)) as lab:
            assert _bounced(lab.ports["smtp"], following, name).server == "127.0.0.1"
