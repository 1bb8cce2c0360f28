"""A message as a milter is told it, and what changes make of it, in Postfix's way of counting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.milter import (
    AddHeader,
    AddRecipient,
    ChangeHeader,
    ChangeSender,
    DeleteRecipient,
    InsertHeader,
    ReplaceBody,
)
from mailproof.wire.milter.messages import Field, changed, envelope, joined, part

MESSAGE = b"A: 1\nB: 2\n folded\nA: 3\n\nbody\n"


def names(*changes, spaced=False):
    return [f"{field.name}:{field.value}" for field in changed(part(MESSAGE), changes, spaced).fields]


@pytest.mark.parametrize(
    ("data", "fields", "body"),
    [
        (MESSAGE, [("A", " 1"), ("B", " 2\n folded"), ("A", " 3")], b"body\r\n"),
        (b"A: 1\r\n\r\n", [("A", " 1")], b""),
        (b"A: 1", [("A", " 1")], b""),
        (b"no header\nat all\n", [], b"no header\r\nat all\r\n"),
        (b"A: 1\nno field\n\nx", [("A", " 1")], b"no field\r\n\r\nx\r\n"),
        (b" leading\nA: 1\n", [], b" leading\r\nA: 1\r\n"),
        (b"A :1\r\rx\r", [("A", "1")], b"x\r\n"),
        (b"", [], b""),
        (b"\n\n", [], b"\r\n"),
    ],
)
def test_parting(data, fields, body):
    parted = part(data)
    assert [(field.name, field.value) for field in parted.fields] == fields
    assert parted.body == body


@given(
    st.binary(max_size=200) | st.lists(st.sampled_from([b"A: b", b"\n", b"\r\n", b" x", b"\0", b":"])).map(b"".join)
)
def test_any_bytes_are_parted_and_parting_again_changes_nothing(data):
    once = joined(part(data))
    assert joined(part(once)) == once


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (AddHeader("C", "4"), ["A: 1", "B: 2\n folded", "A: 3", "C: 4"]),
        (InsertHeader(0, "C", "4"), ["C: 4", "A: 1", "B: 2\n folded", "A: 3"]),
        (InsertHeader(1, "C", "4"), ["C: 4", "A: 1", "B: 2\n folded", "A: 3"]),
        (InsertHeader(2, "C", "4"), ["A: 1", "C: 4", "B: 2\n folded", "A: 3"]),
        (InsertHeader(99, "C", "4"), ["A: 1", "B: 2\n folded", "A: 3", "C: 4"]),
        (ChangeHeader(2, "a", "9"), ["A: 1", "B: 2\n folded", "a: 9"]),
        (ChangeHeader(0, "A", "9"), ["A: 9", "B: 2\n folded", "A: 3"]),
        (ChangeHeader(3, "A", "9"), ["A: 1", "B: 2\n folded", "A: 3", "A: 9"]),
        (ChangeHeader(1, "B", ""), ["A: 1", "A: 3"]),
        (ChangeHeader(7, "B", ""), ["A: 1", "B: 2\n folded", "A: 3"]),
    ],
)
def test_changes_of_the_header(change, expected):
    assert names(change) == expected


def test_a_value_with_its_own_space():
    assert names(AddHeader("C", "4"), spaced=True)[-1] == "C:4"
    assert names(AddHeader("C", "\t4"), spaced=True)[-1] == "C:\t4"


def test_a_new_body_comes_in_pieces():
    after = changed(part(MESSAGE), [ReplaceBody(b"one\r\n"), AddHeader("C", "4"), ReplaceBody(b"two\r\n")], False)
    assert after.body == b"one\r\ntwo\r\n"
    assert Field("C", " 4").data == b"C: 4\r\n"


def test_the_envelope():
    changes = [AddRecipient("<x@y>"), DeleteRecipient("<a@b>"), ChangeSender("<new@z>"), AddRecipient("x@y")]
    assert envelope("old@z", ["a@b", "c@d"], changes) == ("new@z", ("c@d", "x@y"))
