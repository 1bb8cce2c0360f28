"""What greets, by its first bytes; lists of ports as nmap takes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.port import Service
from mailproof.parse.port_range import named_alone, read_ports
from mailproof.parse.service import service_of

GREETINGS = [
    (b"220 mx.example.test ESMTP Postfix\r\n", Service.SMTP),
    (b"220-mx.example.test ESMTP wait\r\n", Service.SMTP),
    (b"220 mx.example.test\r\n", Service.SMTP),
    (b"554 5.7.1 you are listed\r\n", Service.SMTP),
    (b"421 4.3.2 try later\r\n", Service.SMTP),
    (b"220 mail.example.test Dovecot ready, LMTP\r\n", Service.LMTP),
    (b"220 ProFTPD Server (Debian) [::ffff:192.0.2.1]\r\n", Service.FTP),
    (b"220 (vsFTPd 3.0.3)\r\n", Service.FTP),
    (b"220 ftp.example.test ready\r\n", Service.SMTP),
    (b"220 sftp.example.test ESMTP\r\n", Service.SMTP),
    (b"+OK Dovecot ready.\r\n", Service.POP3),
    (b"-ERR [SYS/TEMP] no\r\n", Service.POP3),
    (b"* OK [CAPABILITY IMAP4rev1] ready\r\n", Service.IMAP),
    (b"* BYE busy\r\n", Service.IMAP),
    (b'"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n', Service.SIEVE),
    (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", Service.SSH),
    (b"HTTP/1.1 400 Bad Request\r\n", Service.HTTP),
    (b"<!DOCTYPE HTML><title>400</title>", Service.HTTP),
    (b"<?xml version='1.0'?><stream:stream", Service.XMPP),
    (b"200 news.example.test InterNetNews NNRP server ready (posting ok)\r\n", Service.NNTP),
    (b":irc.example.test NOTICE * :*** Looking up your hostname\r\n", Service.IRC),
    (b"\xff\xfd\x18\xff\xfd\x20", Service.TELNET),
    (b"J\x00\x00\x00\x0a8.0.36\x00", Service.MYSQL),
    (b"RFB 003.008\n", Service.VNC),
    (b"", Service.SILENT),
    (b"\r\n", Service.UNKNOWN),
    (b"hello\r\n", Service.UNKNOWN),
    (b"2200 what\r\n", Service.UNKNOWN),
]


@pytest.mark.parametrize(("said", "service"), GREETINGS)
def test_a_greeting_tells_the_service(said: bytes, service: Service) -> None:
    assert service_of(said) is service


@given(st.binary(max_size=200))
def test_any_bytes_are_some_service(said: bytes) -> None:
    assert isinstance(service_of(said), Service)


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("25", (25,)),
        ("587,25,587", (587, 25)),
        ("1-3, 4190", (1, 2, 3, 4190)),
        ("-2", (1, 2)),
        ("65534-", (65534, 65535)),
    ],
)
def test_a_list_of_ports_is_read(text: str, ports: tuple[int, ...]) -> None:
    assert read_ports(text) == ports


@pytest.mark.parametrize("text", ["", ",", "0", "65536", "5-1", "smtp", "1--3", "1-2-3", "²", "25;26"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_ports(text)


def test_a_port_in_a_range_was_not_named_alone() -> None:
    assert named_alone("25,100-200,587") == (25, 587)
