"""RFC 4013: the examples of its section 3, and what follows from its rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.sasl.saslprep import PrepError, Use, saslprep


@pytest.mark.parametrize(
    ("text", "prepared"),
    [("I\u00adX", "IX"), ("user", "user"), ("USER", "USER"), ("\u00aa", "a"), ("\u2168", "IX")],
)
def test_rfc4013_examples(text: str, prepared: str) -> None:
    assert saslprep(text) == prepared


@pytest.mark.parametrize("text", ["\u0007", "\u06271"])
def test_rfc4013_examples_that_are_errors(text: str) -> None:
    with pytest.raises(PrepError):
        saslprep(text)


def test_other_spaces_become_a_space_and_invisible_characters_nothing() -> None:
    assert saslprep("a\u00a0b\u3000c\u200bd") == "a b c d"
    assert saslprep("a\u2060b\ufe0fc") == "abc"


def test_right_to_left_text_must_begin_and_end_so() -> None:
    assert saslprep("\u05d0 1 \u05d1") == "\u05d0 1 \u05d1"
    with pytest.raises(PrepError, match="mixed"):
        saslprep("\u05d0a\u05d1")


def test_what_unicode_3_2_did_not_know_is_allowed_in_a_query_only() -> None:
    assert saslprep("\U0001f600", Use.QUERY) == "\U0001f600"
    with pytest.raises(PrepError, match="does not assign"):
        saslprep("\U0001f600")


@pytest.mark.parametrize("text", ["\ud800", "\udce4", "\ue000", "\ufffe", "\ufffd", "\u200e", "\U000e0041", "\x7f"])
def test_surrogates_private_use_and_controls_are_prohibited(text: str) -> None:
    with pytest.raises(PrepError):
        saslprep(text, Use.QUERY)


def test_an_error_does_not_show_the_text() -> None:
    with pytest.raises(PrepError) as caught:
        saslprep("geheim\x07")
    assert "geheim" not in str(caught.value)


@given(st.text(max_size=20), st.sampled_from(Use))
def test_what_is_prepared_stays_as_it_is(text: str, use: Use) -> None:
    try:
        prepared = saslprep(text, use)
    except PrepError:
        return
    assert saslprep(prepared, use) == prepared
