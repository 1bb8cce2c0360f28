"""What became of a message: told apart are changes that hurt and changes that do not."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.message.compare import compare

SENT = b"From: a@x.test\nTo: b@y.test\nSubject: hello\n\none\n.two\n"
HEAD = b"From: a@x.test\r\nTo: b@y.test\r\nSubject: hello\r\n"


@pytest.mark.parametrize(
    ("body", "kind", "first"),
    [
        (b"one\r\n.two\r\n", "same", ""),
        (b"one\n.two\n", "line-ends", ""),
        (b"one\r\n.two\r\n\r\n", "blank-lines", ""),
        (b"one\r\n.two\r\n-- \r\nfooter\r\n", "appended", "-- "),
        (b"one\r\n>.two\r\n", "changed", ">.two"),
        (b"", "changed", ""),
    ],
)
def test_the_body(body: bytes, kind: str, first: str) -> None:
    compared = compare(SENT, HEAD + b"\r\n" + body)
    assert (compared.body, compared.first_difference) == (kind, first)
    assert compared.fields == ()


def test_the_same_text_in_another_encoding() -> None:
    sent = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n本文です\n".encode()
    encoded = base64.encodebytes("本文です\n".encode())
    arrived = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + encoded
    assert compare(sent, arrived).body == "re-encoded"


def test_fields_that_were_rewritten_and_fields_that_came() -> None:
    arrived = SENT.replace(b"a@x.test", b"alice@example.com").replace(b"Subject: hello", b"Subject: [list] hello")
    compared = compare(SENT, b"Return-Path: <x>\nReceived: y\nReceived: z\n" + arrived)
    assert [(change.name, change.sent, change.arrived) for change in compared.fields] == [
        ("From", "a@x.test", "alice@example.com"),
        ("Subject", "hello", "[list] hello"),
    ]
    assert compared.added == ("Return-Path", "Received")


@given(st.binary(max_size=500), st.binary(max_size=500))
def test_any_bytes_can_be_compared(sent: bytes, arrived: bytes) -> None:
    compare(sent, arrived)


@given(st.binary(max_size=500))
def test_a_message_is_the_same_as_itself_on_the_wire(data: bytes) -> None:
    wire = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert compare(wire, wire).body == "same"
