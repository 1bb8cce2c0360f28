from __future__ import annotations

import pytest
from cutting import all_ways, by_sizes, byte_by_byte, events, mostly, sizes
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.transcript import DeviationKind
from mailproof.wire.commands import ClientLine
from mailproof.wire.smtp.messages import stuff, unstuff
from mailproof.wire.smtp.paths import Path, read_path
from mailproof.wire.smtp.session import (
    CommandReader,
    SmtpChunk,
    SmtpCommand,
    SmtpMessage,
)


def serve(pieces, limit=1000):
    """What a server sees that answers every command as if all was well."""
    reader = CommandReader()
    found = []
    for piece in pieces:
        reader.feed(piece)
        while (event := reader.next_event()) is not None:
            found.append(event)
            match event:
                case SmtpCommand(verb="DATA"):
                    reader.expect_message(limit)
                case SmtpCommand(verb="AUTH"):
                    reader.expect_line()
                case SmtpCommand(verb="BDAT", argument=argument) if argument[:1].isdigit():
                    reader.expect_chunk(int(argument[:1]), limit)
    return found + reader.end()


@pytest.mark.parametrize(
    ("data", "verb", "argument"),
    [
        (b"EHLO mail.example.com\r\n", "EHLO", b"mail.example.com"),
        (b"helo\r\n", "HELO", b""),
        (b"  MAIL\tFROM:<a@example.com>  \r\n", "MAIL", b"FROM:<a@example.com>"),
        (b"AUTH PLAIN AGEAYg==\r\n", "AUTH", b"PLAIN AGEAYg=="),
        (b"\r\n", "", b""),
        (b"QUIT\n", "QUIT", b""),
        (b"\x16\x03\x01\x02\n", "\\x16\\x03\\x01\\x02", b""),
    ],
)
def test_a_command(data, verb, argument):
    [command] = all_ways(CommandReader, data, trailing=b"NOO")
    assert (command.verb, command.argument) == (verb, argument)
    assert command.line == data.rstrip(b"\r\n")


def test_a_pipelined_session_changes_its_mode_between_events():
    data = (
        b"EHLO client.test\r\nAUTH LOGIN\r\nc2FtcGxl\r\n"
        b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
        b"Subject: x\r\n\r\n..dot\r\n.\r\nBDAT 5 LAST\r\nQUIT\nRSET\r\nQUIT\r\n"
    )
    found = serve([data])
    assert [getattr(event, "verb", type(event).__name__) for event in found] == [
        "EHLO",
        "AUTH",
        "ClientLine",
        "MAIL",
        "RCPT",
        "DATA",
        "SmtpMessage",
        "BDAT",
        "SmtpChunk",
        "RSET",
        "QUIT",
    ]
    assert found[2].data == b"c2FtcGxl"
    assert found[6].data == b"Subject: x\r\n\r\n.dot\r\n"
    assert found[8] == SmtpChunk(b"QUIT\n", 5, False, data.index(b"QUIT\n"))
    assert serve(byte_by_byte(data)) == found


def test_what_follows_starttls_at_once_is_still_pending():
    reader = CommandReader()
    reader.feed(b"STARTTLS\r\nRSET\r\n")
    assert reader.next_event().verb == "STARTTLS"
    assert reader.pending == b"RSET\r\n"
    assert reader.offset == 10


def message(wire, limit=1000):
    _, found = serve([b"DATA\r\n" + wire], limit)
    assert isinstance(found, SmtpMessage)
    return found


def test_only_crlf_dot_crlf_ends_a_message():
    found = message(b"a\r\n\n.\nb\n.\r\nc\r\n.\nd\r\n.\r\n")
    assert found.data == b"a\r\n\n\nb\n\r\nc\r\n\nd\r\n"
    assert [deviation.kind for deviation in found.deviations] == [DeviationKind.BARE_LF]


def test_an_empty_message_is_one():
    assert message(b".\r\n").data == b""


def test_a_message_beyond_the_limit_is_counted_and_cut():
    found = message(b"12345\r\n67890\r\n.\r\n", limit=9)
    assert (found.data, found.size, found.truncated) == (b"12345\r\n67", 14, True)
    found = message(b"12345\r\n..\r\n.\r\n", limit=0)
    assert (found.data, found.size, found.truncated) == (b"", 10, True)
    found = message(b"12345\r\n.\r\n", limit=7)
    assert (found.data, found.truncated) == (b"12345\r\n", False)


def test_a_line_longer_than_the_rfc_allows_is_kept_and_noted():
    found = message(b"x" * 5000 + b"\r\n.\r\n", limit=10000)
    assert found.data == b"x" * 5000 + b"\r\n"
    assert [deviation.kind for deviation in found.deviations] == [DeviationKind.LINE_TOO_LONG]


def test_an_eight_bit_message_and_an_iso_2022_jp_one_are_nothing_odd():
    assert message("日本\r\n".encode("euc-jp") + "日本\r\n".encode("iso-2022-jp") + b".\r\n").deviations == ()


@pytest.mark.parametrize("start", [b"", b"DATA\r\n"])
def test_megabytes_without_a_line_end_are_not_kept(start):
    reader = CommandReader()
    reader.feed(start)
    if start:
        reader.next_event()
        reader.expect_message(20000)
    for _ in range(64):
        reader.feed(b"x" * 65536)
        assert reader.next_event() is None
        assert len(reader.pending) < 32768


def test_megabytes_of_a_chunk_are_counted():
    reader = CommandReader()
    reader.expect_chunk(64 * 65536, 10)
    for _ in range(64):
        assert reader.pending == b""
        reader.feed(b"x" * 65536)
        event = reader.next_event()
    assert event == SmtpChunk(b"x" * 10, 64 * 65536, True, 0)


def test_the_last_chunk_may_be_empty():
    reader = CommandReader()
    reader.expect_chunk(0, 10)
    assert reader.next_event() == SmtpChunk(b"", 0, False, 0)


def test_a_command_without_its_end_is_left_over():
    [left] = events(CommandReader, [b"QUI"])
    assert (left.data, [deviation.kind for deviation in left.deviations]) == (
        b"QUI",
        [DeviationKind.MISSING_LAST_LINE],
    )


def test_reprs_do_not_tell_secrets():
    command, line = serve([b"AUTH PLAIN AGEAaHVudGVyMg==\r\nAGEAaHVudGVyMg==\r\n"])
    assert isinstance(line, ClientLine)
    assert "AGEAaHVudGVyMg==" not in repr([command, line])


@given(
    mostly(b"DATA\r\n", b"AUTH x\r\n", b"BDAT 7\r\n", b"\r\n.\r\n", b"\n.\n", b"..", b"\r", b"x" * 900),
    sizes,
    st.integers(0, 50),
)
def test_any_bytes_give_the_same_events_however_they_are_cut(data, chunks, limit):
    expected = serve([data], limit)
    assert serve(by_sizes(data, chunks), limit) == expected
    assert serve(byte_by_byte(data), limit) == expected


text = mostly(b"\r\n", b"\n", b".", b"..", b"\r\n.\r\n", b"From ")


@given(text)
def test_a_stuffed_message_arrives_as_it_was_with_its_line_ends_mended(data):
    wire = stuff(data)
    assert wire.endswith(b".\r\n")
    mended = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    mended += b"\r\n" if mended and not mended.endswith(b"\r\n") else b""
    assert unstuff(wire) == mended
    found = message(wire, limit=100_000)
    assert (found.data, found.size, found.truncated) == (mended, len(mended), False)


def test_stuffing():
    assert stuff(b"") == b".\r\n"
    assert stuff(b"a\n.b\n.") == b"a\r\n..b\r\n..\r\n.\r\n"


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        (b"FROM:<a@example.com>", Path("a@example.com")),
        (b"from:<>", Path("")),
        (b"FROM:<a@example.com> SIZE=10 smtputf8", Path("a@example.com", (("SIZE", "10"), ("SMTPUTF8", None)))),
        (b"FROM: <a@example.com>", Path("a@example.com", tolerated="white space after the colon")),
        (b"FROM :<a@example.com>", Path("a@example.com", tolerated="white space before the colon")),
        (
            b"FROM: a@example.com SIZE=1",
            Path("a@example.com", (("SIZE", "1"),), tolerated="white space after the colon, no brackets"),
        ),
        (b"FROM:<@a.test,@b.test:c@example.com>", Path("c@example.com", tolerated="source route")),
        (b'FROM:<"a> b"@example.com> BODY=7BIT', Path('"a> b"@example.com', (("BODY", "7BIT"),))),
        (b'FROM:<"a\\"b"@example.com>', Path('"a\\"b"@example.com')),
        ("FROM:<日本@example.com>".encode(), Path("日本@example.com")),
        (b"FROM:< a@example.com >", Path("a@example.com", tolerated="white space inside the brackets")),
        (b"<a@example.com>", Path("", problem="no FROM:")),
        (b"TO:<a@example.com>", Path("", problem="no FROM:")),
        (b"FROM:", Path("", problem="no address")),
        (b"FROM:<a@example.com", Path("", problem="bracket not closed")),
        (b"FROM:<a@example.com>SIZE=1", Path("", problem="text after the address")),
        (b"FROM:<a\x1b@example.com>", Path("", problem="control byte")),
        (b"FROM:<caf\xe9@example.com>", Path("", problem="neither ASCII nor UTF-8")),
    ],
)
def test_a_path_is_read_however_untidy(argument, path):
    assert read_path(argument, "FROM") == path


def test_a_recipient_is_not_empty():
    assert read_path(b"TO:<Postmaster>", "TO") == Path("Postmaster")
    assert read_path(b"TO:<>", "TO").problem == "no recipient"


@given(mostly(b"FROM:", b"<", b">", b'"', b"\\", b"@a:", b" ", b"a@b"))
def test_any_argument_gives_a_path_or_a_problem(argument):
    path = read_path(argument, "FROM")
    assert path.problem == "" or path.address == ""


def test_reading_a_path_takes_no_longer_than_it_is_long():
    assert read_path(b"FROM:<" + b'"\\' * 20000, "FROM").problem == "bracket not closed"
    assert read_path(b"FROM:" + b'"' * 20001, "FROM").problem != ""
