"""Programs and hosts in greetings; a host that is called like a program is none."""

from __future__ import annotations

import pytest

from mailproof.parse.software import announced_host, software


@pytest.mark.parametrize(
    ("text", "program", "host"),
    [
        ("mail.example.test ESMTP Postfix (Debian/GNU)", "postfix", "mail.example.test"),
        ("mx ESMTP Exim 4.96 Sat, 21 Nov 2026", "exim", "mx"),
        ("MAIL.example.test Microsoft ESMTP MAIL Service ready", "microsoft esmtp mail service", "mail.example.test"),
        ("exim.example.test ESMTP", "", "exim.example.test"),
        ("mail.postfix-lovers.test ESMTP", "", "mail.postfix-lovers.test"),
        ("mx.test ESMTP Sendmail 8.17.1.9/8.17.1.9; Sat", "sendmail", "mx.test"),
        ("mx.test\nHello", "", "mx.test"),
        ("", "", ""),
        ("<weird> ESMTP", "", ""),
    ],
)
def test_what_a_greeting_tells(text: str, program: str, host: str) -> None:
    assert (software(text), announced_host(text)) == (program, host)
