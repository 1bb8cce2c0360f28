"""Tokens made by hand, as people paste them."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saslpeople import HERE

from mailproof.sasl.credentials import Credentials
from mailproof.sasl.mechanism import Respond
from mailproof.sasl.read import Flaw, Identity, Prompt, Reading, read_initial, read_prompt, recognise
from mailproof.sasl.registry import MECHANISMS


def token(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_the_token_of_the_first_article() -> None:
    reading = read_initial("PLAIN", "AHNhbXBsZQBwYXNzd29yZA==")
    assert reading == Reading("PLAIN", 16, "sample", "", "password", Identity.EMPTY, 2)


def test_the_token_of_the_third_article_repeats_the_user() -> None:
    reading = read_initial("plain", "dXNlcm5hbWUAdXNlcm5hbWUAcGFzc3dvcmQ=")
    assert reading == Reading("PLAIN", 26, "username", "username", "password", Identity.REPEATED, 2)


def test_a_reading_shows_no_password() -> None:
    reading = read_initial("PLAIN", "AHNhbXBsZQBwYXNzd29yZA==")
    assert "password" not in repr(reading) and "user='sample'" in repr(reading)


@pytest.mark.parametrize(
    ("made", "flaws"),
    [
        (b"\0sample\0password\n", (Flaw.TRAILING_NEWLINE,)),
        (b"\0sample\0password\r\n", (Flaw.TRAILING_NEWLINE,)),
        (rb"\0sample\0password", (Flaw.BACKSLASH_ZERO,)),
        (rb"\000sample\000password" + b"\n", (Flaw.TRAILING_NEWLINE, Flaw.BACKSLASH_ZERO)),
        (rb"\x00sample\x00password", (Flaw.BACKSLASH_ZERO,)),
        (b"-ne \0sample\0password", (Flaw.ECHO_OPTION,)),
        (b"-ne " + rb"\0sample\0password" + b"\n", (Flaw.ECHO_OPTION, Flaw.TRAILING_NEWLINE, Flaw.BACKSLASH_ZERO)),
        ("\ufffdsample\ufffdpassword".encode(), (Flaw.REPLACEMENT_CHARACTER,)),
        (base64.b64encode(b"\0sample\0password"), (Flaw.ENCODED_TWICE,)),
    ],
)
def test_what_was_meant_is_made_out_and_what_went_wrong_is_named(made: bytes, flaws: tuple[Flaw, ...]) -> None:
    reading = read_initial("PLAIN", token(made))
    assert (reading.user, reading.secret, reading.identity) == ("sample", "password", Identity.EMPTY)
    assert reading.flaws == flaws
    assert reading.octets == len(made)


def test_a_nul_that_became_a_replacement_character_begins_with_77_plus_9() -> None:
    made = token("\ufffdsample\ufffdpassword".encode())
    assert made.startswith("77+9") and Flaw.REPLACEMENT_CHARACTER in read_initial("PLAIN", made).flaws


@pytest.mark.parametrize(
    ("made", "flaws"),
    [
        (b"sample\0password", (Flaw.NUL_COUNT,)),
        (b"samplepassword", (Flaw.NUL_COUNT,)),
        (b"\0sample\0pass\0word", (Flaw.NUL_COUNT,)),
        (b"\0\0password", (Flaw.NO_USER,)),
        (b"\0sample\0", (Flaw.NO_SECRET,)),
        (b"\0sample\0p\xe4ss", (Flaw.NOT_UTF8,)),
    ],
)
def test_a_message_that_plain_does_not_know(made: bytes, flaws: tuple[Flaw, ...]) -> None:
    assert read_initial("PLAIN", token(made)).flaws == flaws


@pytest.mark.parametrize("made", [b"samplepassword", b"\0sample\0pass\0word", b"\0samplepassword"])
def test_where_the_password_begins_nobody_knows_and_so_nothing_is_shown(made: bytes) -> None:
    assert "password" not in repr(read_initial("PLAIN", token(made)))
    assert "word" not in repr(read_initial("PLAIN", token(made)).user)


def test_the_text_itself_can_be_wrapped_cut_or_in_the_other_alphabet() -> None:
    whole = token(b"\0sample\0password>>>???")
    assert read_initial("PLAIN", whole[:12] + "\r\n" + whole[12:]).flaws == (Flaw.LINE_BREAK,)
    assert read_initial("PLAIN", whole.replace("+", "-").replace("/", "_")).flaws == (Flaw.URL_ALPHABET,)
    assert read_initial("PLAIN", "AHNhbXBsZQBwYXNzd29yZA").flaws == (Flaw.PADDING,)
    assert read_initial("PLAIN", "AHNhbXBsZQBwYXNzd29yZA").secret == "password"
    assert read_initial("PLAIN", "not a token!").flaws == (Flaw.NOT_BASE64,)
    assert read_initial("PLAIN", "  AHNhbXBsZQBwYXNzd29yZA==\n").flaws == ()


def test_the_lines_of_login_are_read_one_by_one() -> None:
    assert read_initial("LOGIN", "dXNlcm5hbWU=").user == "username"
    assert read_initial("LOGIN", "dXNlcgo=") == Reading("LOGIN", 5, "user", flaws=(Flaw.TRAILING_NEWLINE,))


def test_an_empty_initial_response_is_an_equals_sign() -> None:
    assert read_initial("EXTERNAL", "=") == Reading("EXTERNAL", 0, authzid="")


@pytest.mark.parametrize("name", [n for n, m in MECHANISMS.items() if m.client_first and not n.endswith("PLUS")])
def test_what_our_own_client_sends_is_read_without_flaw(name: str) -> None:
    step = MECHANISMS[name].respond(Credentials("u@example.com", "pw", token="tok"), HERE, ())
    assert isinstance(step, Respond) and step.data is not None
    reading = read_initial(name, token(step.data) or "=")
    assert reading.flaws == ()
    assert reading.user == (None if name == "EXTERNAL" else "u@example.com")
    assert reading.secret == {"PLAIN": "pw", "XOAUTH2": "tok", "OAUTHBEARER": "tok"}.get(name)


def test_a_digest_is_not_taken_for_a_part_of_the_name() -> None:
    cram = read_initial("CRAM-MD5", token(b"tim b913a602c7eda7a495b4e6e7334d3890"))
    assert cram.user == "tim" and "b913" not in repr(cram)
    digest = read_initial("DIGEST-MD5", token(b'username="chris",response=d388dad90d4bbd760a152321f2143af7'))
    assert digest.user == "chris" and "d388" not in repr(digest)


def test_a_message_of_another_mechanism_is_not_shown() -> None:
    for name in ("XOAUTH2", "OAUTHBEARER", "SCRAM-SHA-1", "CRAM-MD5", "DIGEST-MD5", "NTLM"):
        reading = read_initial(name, "AHNhbXBsZQBwYXNzd29yZA==")
        assert reading == Reading(name, 16, flaws=(Flaw.NOT_THE_MECHANISM,))


@pytest.mark.parametrize(
    ("made", "mechanism"),
    [
        (b"\0sample\0password", "PLAIN"),
        (rb"\0sample\0password" + b"\n", "PLAIN"),
        (b"user=u\1auth=Bearer t\1\1", "XOAUTH2"),
        (b"n,a=u,\1auth=Bearer t\1\1", "OAUTHBEARER"),
        (b"n,,n=u,r=abc", "SCRAM-"),
        (b"tim b913a602c7eda7a495b4e6e7334d3890", "CRAM-MD5"),
        (b"password", None),
        (b"", None),
    ],
)
def test_most_tokens_tell_their_mechanism(made: bytes, mechanism: str | None) -> None:
    reading = recognise(token(made))
    assert (reading and reading.mechanism) == mechanism


@given(st.sampled_from([*MECHANISMS, "UNKNOWN"]), st.binary(max_size=40) | st.text(max_size=40))
def test_anything_at_all_can_be_read(name: str, data: bytes | str) -> None:
    read_initial(name, data)
    read_initial(name, base64.b64encode(data if isinstance(data, bytes) else data.encode()))
    recognise(data)
    read_prompt(data if isinstance(data, str) else data.decode("latin-1"))


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("VXNlcm5hbWU6", Prompt.USERNAME),
        ("UGFzc3dvcmQ6", Prompt.PASSWORD),
        ("UGFzc3dvcmQ", Prompt.PASSWORD),
        ("UGFzc3dvcmQ=", Prompt.PASSWORD),
        ("UGFzc3dvc", Prompt.PASSWORD),
        ("UGFzc3dv...", Prompt.PASSWORD),
        ("UGFz", Prompt.PASSWORD),
        ("VXNlciBOYW1lAA==", Prompt.USERNAME),
        ("dXNlcm5hbWU6", Prompt.USERNAME),
        ("UEFTU1dPUkQ6", Prompt.PASSWORD),
        ("cGFzc3dvcmQ=", None),
        ("dXNlcm5hbWU=", None),
        ("UGF", None),
        ("", None),
        ("authentication failure", None),
    ],
)
def test_prompts_of_login_are_known_also_when_cut(text: str, prompt: Prompt | None) -> None:
    assert read_prompt(text) is prompt
