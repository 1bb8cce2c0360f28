"""Our client's half against the Dovecot of this machine: what it says is read without a deviation."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from mailproof.lab.real.server import RealLab
from mailproof.wire.imap import commands
from mailproof.wire.imap.commands import ImapCommand, Literals, Tags
from mailproof.wire.imap.responses import ImapResponse, ResponseKind, ResponseReader, capabilities, fetch_items

MESSAGE = b"Message-ID: <1@example.test>\r\nSubject: {5}\r\n\r\na1 OK [ALERT] {3}\r\n"


class Dialogue:
    """A blocking client of a few lines; every response it reads must be sound."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._reader = ResponseReader()
        self._read: list[ImapResponse] = []

    def next(self) -> ImapResponse:
        while not self._read:
            data = self._socket.recv(7)
            assert data, "Dovecot closed the connection"
            self._read = self._reader.receive(data)
        response = self._read.pop(0)
        assert response.deviations == ()
        return response

    def do(self, command: ImapCommand) -> list[ImapResponse]:
        """All responses up to the tagged one."""
        responses: list[ImapResponse] = []
        for part in command.parts:
            self._socket.sendall(part.data)
            while True:
                response = self.next()
                if response.kind is ResponseKind.CONTINUATION:
                    break
                responses.append(response)
                if response.tag == command.tag:
                    return responses
        raise AssertionError("no tagged response")


@pytest.mark.real
@pytest.mark.parametrize("literals", [Literals.ASKED, Literals.ALL])
def test_a_session_with_dovecot_is_read_without_a_deviation(
    literals: Literals, real_lab_with: Callable[..., RealLab]
) -> None:
    password = 'p"w\\d \u7a4d'
    lab = real_lab_with(users=f"alice@example.test:{{PLAIN}}{password}::::::\n")
    url = urlsplit(lab.urls["imaps"])
    context = ssl.create_default_context(cafile=str(lab.ca_file))
    with (
        socket.create_connection((url.hostname, url.port), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname=lab.name) as tls,
    ):
        imap, tags = Dialogue(tls), Tags()
        assert "AUTH" in [capability.name for capability in capabilities(imap.next())]
        assert capabilities(imap.do(commands.capability(tags.next()))[0])[0].name == "IMAP4REV1"
        *_, accepted = imap.do(commands.login(tags.next(), "alice@example.test", password, literals))
        assert accepted.name == "OK"
        tls.sendall(b"%s APPEND INBOX {%d+}\r\n%s\r\n" % (tags.next().encode(), len(MESSAGE), MESSAGE))
        while (appended := imap.next()).kind is not ResponseKind.TAGGED:
            pass
        assert appended.code == "APPENDUID"
        *_, missing = imap.do(commands.examine(tags.next(), "\u53f0\u5317 & x"))
        assert (missing.name, missing.text.split(":")[0]) == ("NO", "Mailbox doesn't exist"), missing
        selected = imap.do(commands.select(tags.next(), "INBOX"))
        assert [response.number for response in selected if response.name == "EXISTS"] == [1]
        found, _ = imap.do(commands.search_header(tags.next(), "Message-ID", "<1@example.test>"))
        assert found.values == ("1",)
        nothing, _ = imap.do(commands.search_header(tags.next(), "Subject", "\u00fc", literals))
        assert nothing.values == ()
        told = imap.do(commands.enable(tags.next(), "CONDSTORE"))
        assert [answer.values for answer in told if answer.name == "ENABLED"] == [("CONDSTORE",)]
        fetched, _ = imap.do(commands.fetch(tags.next(), [1], ["UID", "BODYSTRUCTURE", "ENVELOPE", "BODY.PEEK[]"]))
        assert fetch_items(fetched)["BODY[]"] == MESSAGE
        listed, _ = imap.do(commands.list_(tags.next()))
        assert listed.values[-1] == "INBOX"
        status, _ = imap.do(commands.status(tags.next(), "INBOX"))
        assert status.name == "STATUS"
        assert imap.do(commands.logout(tags.next()))[0].name == "BYE"
