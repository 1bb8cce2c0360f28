"""What this machine could not even try is told as that, by every command by hand, and is no silent server."""

from __future__ import annotations

import pytest
from running import mailproof

LOGIN = ("--user", "alice@example.test", "--password-env", "PW")
OTHER_FAMILY = ("--source", "::1")
SILENT_RESOLVER = ("--resolver", "127.0.0.1:1", "--timeout", "300ms")

COMMANDS = {
    "send": ("send", "smtp://127.0.0.1:9", "--to", "bob@example.test", "--from", "alice@example.test"),
    "login": ("login", "smtp://127.0.0.1:9", *LOGIN),
    "fetch": ("fetch", "imap://127.0.0.1:9", *LOGIN),
    "roundtrip": ("roundtrip", "smtp://127.0.0.1:9", "imap://127.0.0.1:9", "--to", "bob@example.test", *LOGIN),
}
BY_NAME = {
    "send": ("send", "--to", "bob@example.test", "--from", "alice@example.test"),
    "login": ("login", "example.test", *LOGIN),
    "fetch": ("fetch", "example.test", *LOGIN),
    "roundtrip": ("roundtrip", "example.test", "--to", "bob@example.test", *LOGIN),
}


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_connection_that_this_machine_cannot_make(arguments: tuple[str, ...]) -> None:
    done = mailproof(*arguments, *OTHER_FAMILY, env={"PW": "secret"})
    assert done.returncode == 2
    assert "this machine could not try: ::1 is of the other address family" in done.stdout


@pytest.mark.parametrize("arguments", BY_NAME.values(), ids=BY_NAME)
def test_a_name_that_the_resolver_does_not_answer_for(arguments: tuple[str, ...]) -> None:
    done = mailproof(*arguments, *SILENT_RESOLVER, env={"PW": "secret"})
    assert done.returncode == 2
    assert "the DNS resolver of this machine gave no answer for example.test" in done.stdout


def test_a_path_too_long_for_a_socket_is_told_as_that() -> None:
    path = "/" + 200 * "a"
    done = mailproof("send", f"lmtp+unix://{path}", "--to", "bob@example.test", "--from", "alice@example.test")
    assert done.returncode == 2
    assert "this machine could not try: AF_UNIX path too long" in done.stdout
