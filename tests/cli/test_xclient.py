"""What `--xclient` takes, and how it goes out."""

from __future__ import annotations

import pytest

from mailproof.cli.terminal import Terminal
from mailproof.cli.xclient import attributes
from mailproof.wire.smtp.commands import xclient


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (("addr=192.0.2.1", "name=mx.example.net"), "ADDR=192.0.2.1 NAME=mx.example.net"),
        (("ADDR=2001:db8::7",), "ADDR=IPV6:2001:db8::7"),
        (("ADDR=ipv6:2001:db8::7", "DESTADDR=2001:db8::25"), "ADDR=IPV6:2001:db8::7 DESTADDR=IPV6:2001:db8::25"),
        (("ADDR=[unavailable]", "NAME=[TEMPUNAVAIL]", "PORT=[UNAVAILABLE]"), None),
        (("LOGIN=alice+lists=x@example.test",), "LOGIN=alice+2Blists+3Dx@example.test"),
        (("LOGIN=\u00fcser",), "LOGIN=+C3+BCser"),
        (("PORT=40001", "PROTO=esmtp", "HELO=[192.0.2.1]"), "PORT=40001 PROTO=ESMTP HELO=[192.0.2.1]"),
        (("DESTADDR=192.0.2.25", "DESTPORT=25", "REVERSE_NAME=x.test"), None),
    ],
)
def test_attributes(given: tuple[str, ...], sent: str | None) -> None:
    made = attributes(given, Terminal("en"))
    line = xclient(*made).data.decode()
    assert line == f"XCLIENT {sent or ' '.join(given).upper().replace('X.TEST', 'x.test')}\r\n"
