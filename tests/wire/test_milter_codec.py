"""The codec of the milter protocol, both ways: what is composed is read back, and any bytes are read."""

from __future__ import annotations

import pytest
from cutting import by_sizes, byte_by_byte, mostly, sizes
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.milter import (
    AddHeader,
    AddRecipient,
    ChangeHeader,
    ChangeSender,
    DeleteRecipient,
    Final,
    InsertHeader,
    Negotiated,
    Progress,
    Quarantine,
    ReplaceBody,
    Verdict,
)
from mailproof.wire.milter.answers import NoAnswer, compose_answer, read_answer
from mailproof.wire.milter.commands import (
    Abort,
    BodyChunk,
    Connect,
    DataBegins,
    EndOfHeaders,
    EndOfMessage,
    HeaderField,
    Helo,
    Macros,
    MailFrom,
    NoCommand,
    Offer,
    Quit,
    QuitNewClient,
    RcptTo,
    UnknownCommand,
    compose_command,
    read_command,
)
from mailproof.wire.milter.packets import LONGEST, NoPacket, Packet, PacketReader, compose_packet

TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40)
NAME = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
U32 = st.integers(0, 2**32 - 1)
COMMANDS = st.one_of(
    st.builds(Offer, U32, U32, U32),
    st.builds(Macros, st.sampled_from([b"C", b"M"]), st.lists(st.tuples(NAME, NAME), max_size=5).map(tuple)),
    st.builds(Connect, TEXT, st.sampled_from("46L"), st.integers(0, 65535), TEXT),
    st.builds(Connect, TEXT, st.just("U")),
    st.builds(Helo, TEXT),
    st.builds(MailFrom, NAME, st.lists(NAME, max_size=3).map(tuple)),
    st.builds(RcptTo, NAME, st.lists(NAME, max_size=3).map(tuple)),
    st.builds(UnknownCommand, TEXT),
    st.builds(HeaderField, NAME, TEXT),
    st.builds(BodyChunk, st.binary(max_size=100)),
    st.builds(EndOfMessage, st.binary(max_size=100)),
    st.sampled_from([DataBegins(), EndOfHeaders(), Abort(), Quit(), QuitNewClient()]),
)
LINE = st.text(st.characters(exclude_characters="\0\r\n", codec="utf-8"), max_size=30)
REPLY = st.lists(
    st.tuples(st.sampled_from(["451", "550", "421"]), st.sampled_from("- "), LINE), min_size=1, max_size=3
)
ANSWERS = st.one_of(
    st.builds(Final, st.sampled_from(sorted(set(Verdict) - {Verdict.REPLY}))),
    REPLY.map(lambda lines: Final(Verdict.REPLY, "\n".join(code + sep + text for code, sep, text in lines))),
    st.just(Progress()),
    st.builds(Negotiated, U32, U32, U32, st.lists(st.tuples(st.integers(0, 6), NAME), max_size=7).map(tuple)),
    st.builds(AddHeader, NAME, TEXT),
    st.builds(InsertHeader, U32, NAME, TEXT),
    st.builds(ChangeHeader, U32, NAME, TEXT),
    st.builds(AddRecipient, NAME),
    st.builds(AddRecipient, NAME, NAME),
    st.builds(DeleteRecipient, NAME),
    st.builds(ChangeSender, NAME, TEXT),
    st.builds(ReplaceBody, st.binary(max_size=100)),
    st.builds(Quarantine, TEXT),
)


def packets(pieces, reader=None):
    reader = reader or PacketReader()
    found = []
    for piece in pieces:
        reader.feed(piece)
        while (event := reader.next_event()) is not None:
            found.append(event)
    return found + reader.end()


@given(st.lists(COMMANDS, max_size=6), sizes)
def test_commands_come_back(commands, cuts):
    data = b"".join(map(compose_command, commands))
    assert [read_command(packet) for packet in packets(by_sizes(data, cuts))] == commands


@given(st.lists(ANSWERS, max_size=6), sizes)
def test_answers_come_back(answers, cuts):
    data = b"".join(map(compose_answer, answers))
    assert [read_answer(packet) for packet in packets(by_sizes(data, cuts))] == answers


LIKED = (b"\0\0\0\1", b"\0\0\0\5", b"\0\0\0\x0d", b"O", b"y451 4.7.1 x\0", b"h", b"a\0b\0", b"\0\0\0\6", b"i", b"c")


@given(mostly(*LIKED))
def test_any_bytes_are_read_and_however_they_come(data):
    first = packets([data])
    assert packets(byte_by_byte(data)) == first
    for event in first:
        if isinstance(event, Packet):
            assert read_answer(event) is not None
            assert read_command(event) is not None


@given(st.binary(min_size=1, max_size=1), st.binary(max_size=60))
def test_what_is_read_as_an_answer_is_composed_again(letter, data):
    answer = read_answer(Packet(letter, data))
    if not isinstance(answer, NoAnswer):
        (again,) = packets([compose_answer(answer)])
        assert read_answer(again) == answer


@given(st.binary(min_size=1, max_size=1), st.binary(max_size=60))
def test_what_is_read_as_a_command_is_composed_again(letter, data):
    command = read_command(Packet(letter, data))
    if not isinstance(command, NoCommand):
        (again,) = packets([compose_command(command)])
        assert read_command(again) == command


def test_the_bytes_are_those_of_libmilter():
    """As Postfix sent them to OpenDKIM, and OpenDKIM answered."""
    assert compose_command(Offer(6, 0x1FF, 0x1FFFFF)) == bytes.fromhex("0000000d4f00000006000001ff001fffff")
    assert compose_command(Connect("mx", "4", 25, "192.0.2.1")) == b"\0\0\0\x11Cmx\x004\0\x19192.0.2.1\0"
    assert compose_command(MailFrom("<a@b>", ("SIZE=1",))) == b"\0\0\0\x0eM<a@b>\0SIZE=1\0"
    assert read_answer(Packet(b"O", bytes.fromhex("000000060000011100100702"))) == Negotiated(6, 0x111, 0x100702)
    assert compose_answer(Final(Verdict.REPLY, "550 5.7.1 50% off")) == b"\0\0\0\x14y550 5.7.1 50%% off\0"[:4] + (
        b"y550 5.7.1 50%% off\0"
    )


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        (b"451 4.7.1 come back\0", "451 4.7.1 come back"),
        (b"550-5.7.1 one\r\n550 5.7.1 two\0", "550-5.7.1 one\n550 5.7.1 two"),
        (b"550 100%% sure\0", "550 100% sure"),
        (b"550 100% sure\0", "550 100 sure"),
        (b"250 fine\0", None),
        (b"5x0 no\0", None),
        (b"", None),
    ],
)
def test_replies(text, reply):
    answer = read_answer(Packet(b"y", text))
    assert (answer.reply if isinstance(answer, Final) else None) == reply


@pytest.mark.parametrize("length", [0, LONGEST + 2, 2**32 - 1])
def test_a_length_that_cannot_be_ends_it_at_once(length):
    data = length.to_bytes(4, "big")
    (event,) = packets([data + b"more and more", b"and more"])
    assert event == NoPacket(data)


def test_an_smtp_greeting_is_no_packet():
    (event,) = packets([b"220 mx.test ESMTP\r\n"])
    assert isinstance(event, NoPacket) and event.heard == b"220 "


def test_what_would_be_read_as_something_else_is_not_composed():
    with pytest.raises(ValueError, match="NUL"):
        compose_command(Helo("a\0b"))
    with pytest.raises(ValueError, match="mebibyte"):
        compose_packet(b"B", b"x" * (LONGEST + 1))
