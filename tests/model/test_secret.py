from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.escape import to_text
from mailproof.model.secret import Secrets

PASSWORD = 'p4ss"w\\rd-Ünï'


def masked(data: bytes, *secrets: str) -> bytes:
    return Secrets(secrets).mask(data)


@pytest.mark.parametrize(
    "form",
    [
        PASSWORD.encode(),
        PASSWORD.encode().hex().encode(),
        PASSWORD.encode().hex().upper().encode(),
        PASSWORD.replace("\\", "\\\\").replace('"', '\\"').encode(),
        base64.b64encode(PASSWORD.encode()),
        base64.b64encode(PASSWORD.encode()).rstrip(b"="),
        base64.urlsafe_b64encode(PASSWORD.encode()),
        base64.b64encode(PASSWORD.encode()).upper(),
        PASSWORD.encode().upper(),
        to_text(PASSWORD.encode()).encode(),
        quote(PASSWORD, safe="").encode(),
        quote(PASSWORD, safe="").replace("-", "%2D").encode(),
    ],
)
def test_a_secret_is_hidden_in_every_form_in_which_a_server_echoes_it(form):
    assert masked(b"535 <" + form + b"> refused", PASSWORD).startswith(b"535 <[secret]")
    assert form not in masked(b"535 <" + form + b"> refused", PASSWORD)


@given(st.binary(max_size=12), st.binary(max_size=12), st.text(st.characters(exclude_categories=["Cs"]), min_size=6))
def test_a_secret_inside_a_longer_base64_text_is_hidden_at_any_alignment(before, after, secret):
    encoded = base64.b64encode(before + secret.encode() + after)
    shown = masked(b"334 " + encoded, secret)
    assert b"[secret]" in shown
    rest = shown.replace(b"[secret]", b"").removeprefix(b"334 ")
    # What is left are the characters that also depend on the bytes before and after.
    assert len(rest) <= len(base64.b64encode(before)) + len(base64.b64encode(after)) + 4


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=3), st.binary(), st.binary())
def test_the_raw_secret_never_passes(secret, before, after):
    shown = masked(before + secret.encode() + after, secret)
    assert b"[secret]" in shown
    assert not any(secret.encode() in piece for piece in shown.split(b"[secret]"))


@given(st.text("\\\"'/aB7", min_size=4, max_size=12), st.integers(0, 3), st.booleans())
def test_a_secret_is_hidden_however_often_it_is_quoted(secret, times, capitals):
    """As a server quotes it, a filter puts that into JSON, and a log this into JSON once more."""
    quoted = secret
    for _ in range(times):
        quoted = json.dumps(quoted)[1:-1]
    shown = f"535 <{quoted.upper() if capitals else quoted}> no"
    assert Secrets([secret]).mask_text(shown) == "535 <[secret]> no"
    assert len(quoted) <= Secrets([secret]).longest


def test_the_longest_form_goes_first():
    assert masked(b"x" + base64.b64encode(b"secret-word") + b"x", "secret-word") == b"x[secret]x"


def test_a_password_that_sasl_prepares_is_hidden_in_both_forms():
    assert masked("Ⅸ-roman IX-roman".encode(), "Ⅸ-roman") == b"[secret] [secret]"


def test_the_words_of_a_secret_are_not_in_its_repr():
    assert "hunter2" not in repr(Secrets(["hunter2"]))


def test_text_is_masked_like_bytes():
    secrets = Secrets(["hunter2"])
    assert secrets.mask_text("login me hunter2") == "login me [secret]"
    assert secrets.mask_text("nothing to hide") == "nothing to hide"
    assert Secrets().mask(b"as it was") == b"as it was"
