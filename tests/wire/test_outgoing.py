from __future__ import annotations

import base64

import pytest

from mailproof.wire.outgoing import Outgoing, command_line, sasl_initial, sasl_response


def test_a_secret_is_marked_and_not_shown():
    line = command_line("PASS ", b"hunter2")
    assert line.data == b"PASS hunter2\r\n"
    assert line.data[line.secret[0]] == b"hunter2"
    assert repr(line) == "Outgoing(b'PASS [secret]\\r\\n')"


def test_two_secrets_of_one_line_are_both_hidden_from_repr():
    line = Outgoing(b"LOGIN me secret1 secret2", (slice(9, 16), slice(17, 24)))
    assert repr(line) == "Outgoing(b'LOGIN me [secret] [secret]')"


@pytest.mark.parametrize("bad", ["\r", "\n", "\0"])
def test_a_refused_line_is_not_quoted_in_the_error(bad):
    with pytest.raises(ValueError) as caught:
        command_line("PASS ", f"hunter2{bad}DELE 1".encode())
    assert "hunter2" not in str(caught.value)


def test_an_initial_response_may_be_absent_empty_or_secret():
    assert sasl_initial("AUTH EXTERNAL", None) == Outgoing(b"AUTH EXTERNAL\r\n")
    assert sasl_initial("AUTH EXTERNAL", b"") == Outgoing(b"AUTH EXTERNAL =\r\n")
    plain = sasl_initial("AUTH PLAIN", b"\0user\0pass")
    assert base64.b64decode(plain.data[plain.secret[0]]) == b"\0user\0pass"


def test_an_empty_response_is_an_empty_line():
    assert sasl_response(b"") == Outgoing(b"\r\n")
