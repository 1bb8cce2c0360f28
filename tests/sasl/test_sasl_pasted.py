"""What people paste, and what a token holds beside what was meant."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.sasl.credentials import Credentials
from mailproof.sasl.meant import Part, Spoiler, compare
from mailproof.sasl.pasted import prompt_of, read_pasted, split
from mailproof.sasl.read import Flaw, Prompt, read_initial

NAME, PASSWORD = "dXNlcm5hbWU=", "cGFzc3dvcmQ="


def token(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"{NAME}\n{PASSWORD}\n",
        f"AUTH LOGIN\r\n334 VXNlcm5hbWU6\r\n{NAME}\r\n334 UGFzc3dvcmQ6\r\n{PASSWORD}\r\n235 2.7.0 ok\r\n",
        f"> AUTH LOGIN\n334 VXNlcm5hbWU6\n> {NAME}\n334 UGFzc3dvcmQ6\n> {PASSWORD}\n",
        f" -> AUTH LOGIN {NAME}\n<-  334 UGFzc3dvcmQ6\n -> {PASSWORD}\n<-  235 ok\n",
        f"a1 AUTHENTICATE LOGIN\n+ VXNlcm5hbWU6\n{NAME}\n+ UGFzc3dvcmQ6\n{PASSWORD}\n",
    ],
)
def test_a_login_in_lines_is_one_login(text: str) -> None:
    reading = read_pasted(split(text))
    assert (reading.mechanism, reading.user, reading.secret) == ("LOGIN", "username", "password")
    assert reading.flaws == ()


@pytest.mark.parametrize(
    "text",
    [
        "AHNhbXBsZQBwYXNzd29yZA==",
        "AUTH PLAIN AHNhbXBsZQBwYXNzd29yZA==",
        'AUTHENTICATE "PLAIN" "AHNhbXBsZQBwYXNzd29yZA=="',
        " ~> AUTH PLAIN AHNhbXBsZQBwYXNzd29yZA==\n<~  235 2.7.0 ok",
    ],
)
def test_a_token_is_found_in_its_line(text: str) -> None:
    reading = read_pasted(split(text))
    assert (reading.mechanism, reading.user, reading.secret, reading.flaws) == ("PLAIN", "sample", "password", ())


@pytest.mark.parametrize(
    "text", [PASSWORD, f"AUTH LOGIN\n334 UGFzc3dvcmQ6\n{PASSWORD}", f"334 UGFzc3dvcmQ6\n{PASSWORD}"]
)
def test_what_may_be_a_password_is_held_as_one(text: str) -> None:
    reading = read_pasted(split(text))
    assert (reading.user, reading.secret) == (None, "password")


def test_a_wrapped_token_is_one_token() -> None:
    wrapped = base64.encodebytes(b"\0" + b"alice" * 20 + b"\0password").decode()
    assert wrapped.count("\n") == 2
    reading = read_pasted(split(wrapped))
    assert (reading.mechanism, reading.secret, reading.flaws) == ("PLAIN", "password", (Flaw.LINE_BREAK,))


def test_a_prompt_alone_is_a_question() -> None:
    assert prompt_of(split("334 VXNlcm5hbWU6")) is Prompt.USERNAME
    assert prompt_of(split("334 UGFzc3dvcmQ6")) is Prompt.PASSWORD


@pytest.mark.parametrize(
    ("made", "flaw"),
    [
        (b"\0user\n345", Flaw.OCTAL_ESCAPE),
        (b"\0userS45", Flaw.OCTAL_ESCAPE),
        (b"\0user\0pa\x1b$B@l\x1b(B", Flaw.RECODED),
        (b"\0user\0p" + bytes.fromhex("e8beb0") + b"ssw" + bytes.fromhex("e697a6") + b"rd", Flaw.RECODED),
        (b"\0user\0hello\\!", Flaw.BACKSLASH_BANG),
    ],
)
def test_the_traps_of_the_shell_that_leave_a_trace(made: bytes, flaw: Flaw) -> None:
    assert flaw in read_initial("PLAIN", token(made)).flaws


@pytest.mark.parametrize("password", ["pässwörd", "パスワード", "合言葉", "пароль", "a%b$c!d@e", "-ne x", "日本"])
def test_a_sound_password_in_any_script_has_no_flaw(password: str) -> None:
    assert read_pasted(split(token(f"\0alice@example.test\0{password}".encode()))).flaws == ()


@pytest.mark.parametrize(
    ("user", "password", "made", "expected"),
    [
        ("alice", "a%sb", b"\0alice\0ab", (Part.SECRET, Spoiler.PRINTF_PERCENT)),
        ("alice", "100%", b"\0alice\x00100", (Part.SECRET, Spoiler.PRINTF_PERCENT)),
        ("alice", "pa$word1", b"\0alice\0pa", (Part.SECRET, Spoiler.SHELL_DOLLAR)),
        ("alice", "p%sa$HOME1", b"\0alice\0pa", (Part.SECRET, Spoiler.SHELL_DOLLAR)),
        ("alice", "hello!", b"\0alice\0hello\\!", (Part.SECRET, Spoiler.SHELL_BANG)),
        ("alice@jms1.net", "pw", b"\0alice.net\0pw", (Part.USER, Spoiler.PERL_AT)),
        ("alice", "12345", b"\0alice\n345", (Part.WHOLE, Spoiler.OCTAL)),
        ("alice", "12345", b"\0aliceS45", (Part.WHOLE, Spoiler.OCTAL)),
        ("123alice", "pw", b"S" + b"alice\0pw", (Part.WHOLE, Spoiler.OCTAL)),
        ("alice", "a\\tb", b"\0alice\0a\tb", (Part.SECRET, Spoiler.BACKSLASH)),
        (
            *("alice", "pässwörd", b"\0alice\0p" + bytes.fromhex("e8beb0737377e697a67264")),
            (Part.SECRET, Spoiler.RECODED),
        ),
        ("alice", "pässwörd", "\0alice\0pa\u0308sswo\u0308rd".encode(), (Part.SECRET, Spoiler.NORMALIZED)),
        ("alice", "secret", b"\0alice\0secret ", (Part.SECRET, Spoiler.BLANKS)),
        ("alice", "secret", b"\0Alice\0secret", (Part.USER, Spoiler.CASE)),
        ("alice", "secret", b"\0alice\0secr", (Part.SECRET, Spoiler.CUT)),
        ("alice", "secret", b"\0alice\0another", (Part.SECRET, Spoiler.OTHER)),
    ],
)
def test_who_changed_it_is_named(user: str, password: str, made: bytes, expected: tuple[Part, Spoiler]) -> None:
    assert compare(Credentials(user, password), read_pasted(split(token(made)))) == (expected,)


def test_what_is_as_meant_is_not_different() -> None:
    for name, password in (("alice", "p%s$HOME!@x\\t"), ("pässwörd", "合言葉")):
        reading = read_pasted(split(token(f"\0{name}\0{password}".encode())))
        assert compare(Credentials(name, password), reading) == ()


@given(
    st.one_of(st.text(), st.binary().map(token), st.lists(st.text(max_size=20)).map("\n".join)), st.text(max_size=8)
)
def test_any_text_is_answered(text: str, mechanism: str) -> None:
    pasted = split(text)
    prompt_of(pasted)
    for reading in (read_pasted(pasted), read_pasted(pasted, mechanism)):
        compare(Credentials("alice@x", "p%s$a!b\\7ä", authzid="bob"), reading)


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_token_of_our_own_is_never_different(user: str, password: str) -> None:
    if "\0" not in user + password:
        made = token(b"\0" + user.encode() + b"\0" + password.encode())
        reading = read_initial("PLAIN", made)
        if not reading.flaws:
            assert compare(Credentials(user, password), reading) == ()
