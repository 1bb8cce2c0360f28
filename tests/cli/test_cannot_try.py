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
    told = " ".join(done.stdout.split())
    assert "no name server gave an answer for example.test" in told and "resolver of this machine" not in told


def test_a_path_too_long_for_a_socket_is_told_as_that() -> None:
    path = "/" + 200 * "a"
    done = mailproof("send", f"lmtp+unix://{path}", "--to", "bob@example.test", "--from", "alice@example.test")
    assert done.returncode == 2
    assert "this machine could not try: AF_UNIX path too long" in done.stdout


RULED_OUT = {
    "check": ("check", "smtp://192.0.2.1", "-6"),
    "login": ("login", "smtp://192.0.2.1", "-6", *LOGIN),
    "send": ("send", "smtp://192.0.2.1", "-6", "--to", "bob@example.test", "--from", "alice@example.test"),
    "fetch": ("fetch", "imap://[2001:db8::1]", "-4", *LOGIN),
    "roundtrip": ("roundtrip", "smtp://192.0.2.1", "imap://192.0.2.1", "-6", "--to", "bob@example.test", *LOGIN),
    "talk": ("talk", "smtp://[2001:db8::1]", "-4", "--script", "-"),
    "ports": ("ports", "192.0.2.1", "-6", "-p", "25"),
    "greylist": ("greylist", "probe", "smtp://192.0.2.1", "-6", "--rcpt", "bob@example.test"),
}


@pytest.mark.parametrize("arguments", RULED_OUT.values(), ids=RULED_OUT)
@pytest.mark.parametrize("lang", ["en", "ja"])
def test_an_address_that_the_same_command_line_rules_out_is_not_dialled(
    arguments: tuple[str, ...], lang: str
) -> None:
    """`check -6 192.0.2.1` went there by IPv4, and called it a result of IPv6."""
    more = ("--timeout", "300ms", "--lang", lang)
    done = mailproof(*arguments, *more, env={"PW": "secret"}, given="C: NOOP\n")
    by_hand = arguments[0] in ("login", "send", "fetch", "roundtrip", "talk")
    assert (done.returncode, done.stdout) == (1 if by_hand else 2, "")
    assert "-4 rules out 2001:db8::1" in done.stderr or "-6 rules out 192.0.2.1" in done.stderr or lang == "ja"
    assert "を付けると、指定された" in done.stderr or lang == "en"


def test_the_password_that_is_missing_is_the_mailboxs() -> None:
    """It told to use --password-env, which was there."""
    login = ("--user", "alice@example.test", "--password-env", "PW", "--mailbox-user", "bob")
    done = mailproof("roundtrip", "smtp://127.0.0.1:9", "imap://127.0.0.1:9", *login, env={"PW": "secret"})
    assert done.returncode == 1
    assert "--mailbox-password-env" in done.stderr and "use --password-env" not in done.stderr


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_greylist_probe_without_an_answer_says_where_the_reason_is(lang: str) -> None:
    done = mailproof("greylist", "probe", "smtp://127.0.0.1:1", "--rcpt", "bob@example.test", "--lang", lang)
    assert done.returncode == 3
    assert "mailproof check smtp://127.0.0.1:1 " in done.stdout
