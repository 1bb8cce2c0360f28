from __future__ import annotations

import base64

import pytest
from cutting import all_ways, by_sizes, byte_by_byte, events, mostly, sizes
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.transcript import DeviationKind
from mailproof.wire.commands import ClientLine
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.pop3 import commands
from mailproof.wire.pop3.session import CommandReader, Pop3Command


def serve(pieces):
    """What a server sees that takes every AUTH."""
    reader = CommandReader()
    found = []
    for piece in pieces:
        reader.feed(piece)
        while (event := reader.next_event()) is not None:
            found.append(event)
            if isinstance(event, Pop3Command) and event.verb == "AUTH":
                reader.expect_line()
    return found + reader.end()


@pytest.mark.parametrize(
    ("outgoing", "data"),
    [
        (commands.capa(), b"CAPA\r\n"),
        (commands.stls(), b"STLS\r\n"),
        (commands.user("sample"), b"USER sample\r\n"),
        (commands.auth("LOGIN"), b"AUTH LOGIN\r\n"),
        (commands.auth("EXTERNAL", b""), b"AUTH EXTERNAL =\r\n"),
        (commands.auth_cancel(), b"*\r\n"),
        (commands.stat(), b"STAT\r\n"),
        (commands.list_(), b"LIST\r\n"),
        (commands.list_(2), b"LIST 2\r\n"),
        (commands.uidl(), b"UIDL\r\n"),
        (commands.uidl(2), b"UIDL 2\r\n"),
        (commands.retr(1), b"RETR 1\r\n"),
        (commands.top(1, 0), b"TOP 1 0\r\n"),
        (commands.dele(1), b"DELE 1\r\n"),
        (commands.noop(), b"NOOP\r\n"),
        (commands.rset(), b"RSET\r\n"),
        (commands.quit(), b"QUIT\r\n"),
        (commands.raw(b"\0\n"), b"\0\n"),
    ],
)
def test_a_command_without_a_secret(outgoing, data):
    assert outgoing == Outgoing(data)


@pytest.mark.parametrize(
    ("outgoing", "secret"),
    [
        (commands.pass_("pass word "), b"pass word "),
        (commands.apop("mrose", "c4c9334bac560ecc979e58001b3e22fb"), b"c4c9334bac560ecc979e58001b3e22fb"),
        (commands.auth("PLAIN", b"\0a\0b"), base64.b64encode(b"\0a\0b")),
        (commands.auth_response(b"\0a\0b"), base64.b64encode(b"\0a\0b")),
    ],
)
def test_what_authenticates_is_secret_to_its_last_letter(outgoing, secret):
    [part] = outgoing.secret
    assert outgoing.data[part] == secret
    assert outgoing.data.endswith(secret + b"\r\n")


@pytest.mark.parametrize("bad", ["\r\n", "\n", "\0"])
@pytest.mark.parametrize(
    "compose", [commands.user, commands.pass_, commands.auth, lambda text: commands.apop("a", text)]
)
def test_no_argument_can_begin_another_command(compose, bad):
    with pytest.raises(ValueError) as caught:
        compose(f"hunter2{bad}QUIT")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "verb", "argument"),
    [
        (b"USER sample\r\n", "USER", b"sample"),
        (b"quit\n", "QUIT", b""),
        (b" TOP  1 0 \r\n", "TOP", b"1 0"),
        (b"PASS  two spaces \r\n", "PASS", b" two spaces "),
        (b"pass\r\n", "PASS", b""),
        (b"\r\n", "", b""),
    ],
)
def test_a_command_is_read(data, verb, argument):
    [command] = all_ways(CommandReader, data, trailing=b"NO")
    assert (command.verb, command.argument) == (verb, argument)


def test_a_pipelined_login_changes_its_mode_between_events():
    data = b"AUTH PLAIN\r\nAGEAYg==\r\nSTAT\r\nQUIT\r\n"
    auth, answer, stat, quit_ = serve([data])
    assert (auth.verb, stat.verb, quit_.verb) == ("AUTH", "STAT", "QUIT")
    assert (answer.data, answer.offset) == (b"AGEAYg==", 12)


def test_reprs_do_not_tell_secrets():
    found = CommandReader().receive(b"PASS hunter2\r\nAPOP me hunter2\r\nAUTH PLAIN hunter2\r\n")
    found.append(ClientLine(b"hunter2", 0))
    assert "hunter2" not in repr(found)


def test_a_command_without_its_end_is_left_over():
    [left] = events(CommandReader, [b"DELE 1"])
    assert (left.data, [deviation.kind for deviation in left.deviations]) == (
        b"DELE 1",
        [DeviationKind.MISSING_LAST_LINE],
    )


def test_megabytes_without_a_line_end_are_not_kept():
    reader = CommandReader()
    for _ in range(64):
        assert reader.receive(b"x" * 65536) == []
        assert len(reader.pending) < 32768


@given(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"])))
def test_any_password_arrives_as_it_was(password):
    [command] = CommandReader().receive(commands.pass_(password).data)
    assert (command.verb, command.argument) == ("PASS", password.encode())


@given(mostly(b"AUTH x\r\n", b"PASS ", b"USER a", b"\r\n", b"\n", b"\r"), sizes)
def test_any_bytes_give_the_same_events_however_they_are_cut(data, chunks):
    expected = serve([data])
    assert serve(by_sizes(data, chunks)) == expected
    assert serve(byte_by_byte(data)) == expected
