from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.escape import for_eyes, printable, to_bytes, to_text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"220 mx.example.com ESMTP\r\n", "220 mx.example.com ESMTP\\r\\n"),
        (b"a\tb\\c", "a\\tb\\\\c"),
        (b"\x1b[2J", "\\x1b[2J"),
        ("日本語".encode(), "日本語"),
        (b"caf\xe9", "caf\\xe9"),
        ("\x9b31m".encode(), "\\xc2\\x9b31m"),
        ("\u202eevil".encode(), "\\xe2\\x80\\xaeevil"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
    ],
)
def test_bytes_become_text_that_can_be_read_and_turned_back(data, text):
    assert to_text(data) == text
    assert to_bytes(text) == data


@pytest.mark.parametrize(
    ("data", "seen"),
    [(b"S: \tby b.test", "S:      by b.test"), (b"\\Seen \\t", "\\Seen \\t"), (b"\x1b[2J\r\n", "\\x1b[2J\\r\\n")],
)
def test_for_eyes_a_backslash_is_one_and_a_tab_is_room(data, seen):
    assert for_eyes(to_text(data)) == seen


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_come_back(data):
    text = to_text(data)
    assert to_bytes(text) == data
    assert harmless(text)


@given(st.binary(), st.binary())
def test_pieces_of_ascii_can_be_escaped_one_by_one(left, right):
    assert to_bytes(to_text(left) + to_text(right)) == left + right


@pytest.mark.parametrize("text", ["\\", "\\q", "\\x1", "a\\"])
def test_an_escape_outside_the_set_is_an_error(text):
    with pytest.raises(ValueError, match="no such escape"):
        to_bytes(text)


@given(st.text())
def test_nothing_printable_disturbs_a_terminal(text):
    assert harmless(printable(text))
    assert harmless(printable(text, keep_newlines=True).replace("\n", ""))


@pytest.mark.parametrize(
    "code", [0x1B, 0x07, 0x7F, 0x85, 0x9B, 0x200E, 0x202A, 0x202E, 0x2066, 0x2069, 0x2028, 0xD800]
)
def test_escape_c1_and_bidirectional_controls_are_shown_as_escapes(code):
    assert printable(f"a{chr(code)}b").startswith("a\\x")


def test_a_byte_of_an_argument_that_is_not_utf8_is_shown_as_that_byte():
    assert printable(b"caf\xe9".decode("utf-8", "surrogateescape")) == "caf\\xe9"


def test_what_is_printable_stays_as_it_is():
    assert printable("C:\\mail 日本語 é") == "C:\\mail 日本語 é"
    assert printable("a\nb") == "a\\nb"
    assert printable("a\nb", keep_newlines=True) == "a\nb"


def harmless(text: str) -> bool:
    return not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for char in text)
