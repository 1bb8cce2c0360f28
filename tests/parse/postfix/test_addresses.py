"""Addresses in headers, taken apart and put together; the whole is compared with Postfix in tests/emulate."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.parse.postfix.addresses import addresses_in, external, header_lines, internal, parse, quote, unquote

HEADERS = {
    "a@b.test": ["a@b.test"],
    "One <a@b.test>, c@d.test": ["a@b.test", "c@d.test"],
    '"Doe, J." <j@b.test> (x, y)': ["j@b.test"],
    "Dr. Who <w@b.test>": ["w@b.test"],
    "G: a@b.test, c@d.test;": ["a@b.test", "c@d.test"],
    "a@b.test c@d.test": ["a@b.test", "c@d.test"],
    "(only a comment)": [],
    "<>": [],
    "<@r.test:a@b.test>": ["@r.test:a@b.test"],
    '"two words"@b.test': ['"two words"@b.test'],
}


@pytest.mark.parametrize("text", HEADERS)
def test_addresses_are_found(text: str) -> None:
    assert [external(token.parts) for token in addresses_in(parse(text))] == HEADERS[text]


def test_a_header_is_folded_before_seventy_characters() -> None:
    tokens = parse(", ".join(f"somebody-{n}@example.test" for n in range(4)))
    assert header_lines("To", tokens).split("\n") == [
        "To: somebody-0@example.test, somebody-1@example.test,",
        "\tsomebody-2@example.test, somebody-3@example.test",
    ]


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_is_taken_apart_and_quotes_come_and_go(text: str) -> None:
    tokens = parse(text)
    header_lines("X", tokens)
    internal(tokens)
    for token in addresses_in(tokens):
        external(token.parts)
    plain = unquote(quote(text.replace("@", "").replace("\\", "").replace('"', "") + "@b.test"))
    assert unquote(quote(plain)) == plain
