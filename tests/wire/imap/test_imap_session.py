"""What clients send, well or badly, as the server reads it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.model.transcript import DeviationKind
from mailproof.wire.imap.session import CommandReader, Event, ImapCommandLine, NeedContinuation


def _one(data: bytes) -> ImapCommandLine:
    (event,) = CommandReader().receive(data)
    assert isinstance(event, ImapCommandLine)
    return event


@pytest.mark.parametrize(
    ("data", "tag", "name", "args"),
    [
        (b"A142 uid  fetch 1:* (flags)\r\n", "A142", "UID FETCH", ("1:*", ("flags",))),
        (b"1 login joe p{x}\n", "1", "LOGIN", ("joe", "p{x}")),
        (b"a LOGIN {3+}\r\njoe {0+}\r\n\r\n", "a", "LOGIN", (b"joe", b"")),
        (b'. ID ("name" "x" "os" NIL)\r\n', ".", "ID", ((b"name", b"x", b"os", None),)),
    ],
)
def test_commands_of_other_clients(data: bytes, tag: str, name: str, args: tuple[object, ...]) -> None:
    line = _one(data)
    assert (line.tag, line.name, line.args) == (tag, name, args)


def test_a_password_in_braces_is_no_literal_but_is_read() -> None:
    line = _one(b"1 LOGIN joe {secret}\r\n")
    assert line.args == ("joe", "{secret}")
    assert line.problem
    assert "secret}" not in repr(line.deviations) + line.problem


@pytest.mark.parametrize(
    ("data", "tag", "problem"),
    [
        (b"\r\n", "", "no tag"),
        (b"EHLO\r\n", "EHLO", "no command"),
        (b"a1 (x)\r\n", "a1", "no command"),
        (b"\x16\x03\x01\x02\x00\x01\n", "", "no tag"),
        (b'a1 LOGIN "x\r\n', "a1", "quoted string without its end"),
        (b"a1 X " + b"y" * 70_000 + b"\r\n", "a1", "command too long"),
    ],
)
def test_what_is_no_command_says_why(data: bytes, tag: str, problem: str) -> None:
    line = _one(data)
    assert (line.tag, line.problem) == (tag, problem)
    assert line.deviations


def test_a_literal_too_large_is_refused_before_it_is_sent() -> None:
    reader = CommandReader(keep=10)
    (refused,) = reader.receive(b"a1 LOGIN {11}\r\n")
    assert isinstance(refused, ImapCommandLine)
    assert (refused.tag, refused.name, refused.problem) == ("a1", "LOGIN", "literal too large")
    (after,) = reader.receive(b"a2 NOOP\r\n")
    assert isinstance(after, ImapCommandLine) and after.name == "NOOP"


def test_a_literal_too_large_that_comes_unasked_is_thrown_away() -> None:
    reader = CommandReader(keep=10)
    refused, after = reader.receive(b"a1 APPEND x {1000+}\r\n" + b"y" * 1000 + b"\r\na2 NOOP\r\n")
    assert isinstance(refused, ImapCommandLine) and refused.problem == "command too long"
    assert DeviationKind.REPLY_TOO_LONG in [deviation.kind for deviation in refused.deviations]
    assert isinstance(after, ImapCommandLine) and after.problem == ""


def test_a_server_may_refuse_any_literal() -> None:
    reader = CommandReader()
    assert reader.receive(b"a1 LOGIN {3}\r\n") == [NeedContinuation(3)]
    reader.refuse_literal()
    (after,) = reader.receive(b"a2 NOOP\r\n")
    assert isinstance(after, ImapCommandLine) and (after.tag, after.offset) == ("a2", 14)


def test_what_was_left_at_the_end_is_no_command() -> None:
    reader = CommandReader()
    assert reader.receive(b"a1 NOOP") == []
    (rest,) = reader.end()
    assert (rest.data, rest.deviations[-1].kind) == (b"a1 NOOP", DeviationKind.MISSING_LAST_LINE)


PIECES = st.sampled_from(
    [
        b"a1 LOGIN {3}\r\n",
        b"joe",
        b" {3+}\n",
        b'"',
        b"a1 AUTHENTICATE PLAIN\r\n",
        b"\r\n",
        b"a UID FETCH 1 BODY[ ]\r\n",
    ]
)


def _drain(reader: CommandReader) -> list[Event]:
    events: list[Event] = []
    while (event := reader.next_event()) is not None:
        events.append(event)
        if isinstance(event, ImapCommandLine) and event.name == "AUTHENTICATE":
            reader.expect_line()
    return events


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=12), max_size=10), st.lists(st.integers(1, 30)), st.integers(0, 9))
def test_any_bytes_cut_anyhow_are_the_same_commands(pieces: list[bytes], cuts: list[int], keep: int) -> None:
    data = b"".join(pieces)
    whole = CommandReader(keep=keep)
    whole.feed(data)
    expected: list[Event] = [*_drain(whole), *whole.end()]
    cut = CommandReader(keep=keep)
    events: list[Event] = []
    at = 0
    for size in [*cuts, len(data)]:
        cut.feed(data[at : at + size])
        events += _drain(cut)
        at += size
    assert [*events, *cut.end()] == expected
