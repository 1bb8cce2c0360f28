"""Where clear text ends and TLS begins: the same place, however both are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.net.before_tls import BeforeTls

HELLO = b"\x16\x03\x03\x00\x7a\x02"
ALERT = b"\x15\x03\x01\x00\x02\x02\x28"


def cut(data: bytes, pieces: list[int]) -> tuple[bytes, bytes]:
    """Clear text and records of `data`, given in pieces of these sizes."""
    before, records = BeforeTls(), b""
    for size in pieces:
        records += before.records(data[:size])
        data = data[size:]
    records += before.records(data)
    return before.text, records


@pytest.mark.parametrize("record", [HELLO, ALERT])
@pytest.mark.parametrize("clear", [b"", b"250 evil\r\n", b"\x16", b"\x16\x16\x03\xff", b"\x15\x03"])
def test_the_first_record_is_found_at_every_cut(clear: bytes, record: bytes) -> None:
    data = clear + record + b"more \x16\x03\x01"
    for size in range(len(data) + 1):
        assert cut(data, [size]) == (clear, record + b"more \x16\x03\x01")
    assert cut(data, [1] * len(data)) == (clear, record + b"more \x16\x03\x01")


def test_what_could_be_a_beginning_is_held_back() -> None:
    before = BeforeTls()
    assert before.records(b"\x16") == b""
    assert not before.undecided
    assert before.records(b"\x03") == b""
    assert before.records(b"\x01") == b"\x16\x03\x01"
    assert before.text == b"" and before.over


def test_clear_text_alone_is_undecided() -> None:
    before = BeforeTls()
    assert before.records(b"500 what?\r\n") == b""
    assert before.undecided


@given(st.binary(max_size=40), st.lists(st.integers(1, 5), max_size=20))
def test_any_bytes_are_told_apart_alike(data: bytes, pieces: list[int]) -> None:
    assert cut(data, pieces) == cut(data, [])
    clear, records = cut(data, pieces)
    assert clear + records == data
