from __future__ import annotations

import pytest
from cutting import by_sizes, byte_by_byte, mostly, sizes
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.transcript import DeviationKind
from mailproof.wire.lines import Line, LineReader

LIMIT = 8


def read(pieces, limit=LIMIT):
    reader = LineReader(limit)
    found = []
    for piece in pieces:
        reader.feed(piece)
        found += reader.lines()
    last = reader.end()
    return found + ([last] if last else [])


def kinds(line):
    return [deviation.kind for deviation in line.deviations]


@pytest.mark.parametrize(
    ("data", "body", "noted"),
    [
        (b"220 ok\r\n", b"220 ok", []),
        (b"\r\n", b"", []),
        (b"12345678\r\n", b"12345678", []),
        (b"220 ok\n", b"220 ok", [DeviationKind.BARE_LF]),
        (b"a\rb\r\n", b"a\rb", [DeviationKind.BARE_CR]),
        (b"a\r\r\n", b"a\r", [DeviationKind.BARE_CR]),
        (b"a\0b\r\n", b"a\0b", [DeviationKind.CONTROL_BYTE]),
        (b"caf\xe9\r\n", b"caf\xe9", [DeviationKind.EIGHT_BIT]),
        ("日本\r\n".encode(), "日本".encode(), []),
        (b"123456789\r\n", b"12345678", [DeviationKind.LINE_TOO_LONG]),
        (b"123456789012\n", b"12345678", [DeviationKind.BARE_LF, DeviationKind.LINE_TOO_LONG]),
        (b"no end", b"no end", []),
    ],
)
@pytest.mark.parametrize("cut", [lambda data: [data], byte_by_byte], ids=["whole", "byte-by-byte"])
def test_a_line_comes_without_its_end_and_with_what_is_odd_about_it(data, body, noted, cut):
    [line] = read(cut(data))
    assert (line.data, line.length, kinds(line)) == (body, len(data), noted)


def test_a_character_that_the_limit_cut_is_not_held_against_the_peer():
    [line] = read(["日本語\r\n".encode()])
    assert line.data == "日本語".encode()[:8]
    assert kinds(line) == [DeviationKind.LINE_TOO_LONG]


@given(mostly(b"\r\n", b"\n", b"\r", b"12345678", b"\xe3\x81\x82"), sizes)
def test_lines_do_not_depend_on_how_the_stream_was_cut(data, chunks):
    expected = read([data])
    assert read(by_sizes(data, chunks)) == expected
    assert read(byte_by_byte(data)) == expected


@given(mostly(b"\r\n", b"\n", b"123456789"))
def test_offsets_and_lengths_account_for_every_byte(data):
    at = 0
    for line in read([data]):
        assert line.offset == at
        assert data[at : at + len(line.data)] == line.data
        at += line.length
    assert at == len(data)


def test_a_line_without_end_stays_small():
    reader = LineReader(2048)
    for _ in range(100):
        reader.feed(b"x" * 65536)
        assert reader.next_line() is None
        assert len(reader.pending) <= 2049
    reader.feed(b"\r\nnext\r\n")
    first, second = reader.lines()
    assert (len(first.data), first.length) == (2048, 100 * 65536 + 2)
    assert second == Line(b"next", 100 * 65536 + 2, 6)


@given(st.binary(max_size=30), st.integers(0, 40))
def test_bytes_can_be_taken_between_lines(literal, more):
    reader = LineReader(100, offset=1000)
    reader.feed(b"{5}\r\n" + literal + b"rest")
    assert reader.next_line().offset == 1000
    assert reader.take(len(literal)) == literal
    assert reader.offset == 1005 + len(literal)
    assert reader.take(4 + more) == b"rest"
    assert reader.end() is None


def test_a_line_may_be_given_a_limit_of_its_own():
    reader = LineReader(LIMIT)
    reader.feed(b"1234567890\r\n1234567890\r\n")
    assert reader.next_line(20).data == b"1234567890"
    assert reader.next_line().data == b"12345678"
