"""What a word of many thousand letters costs that somebody pasted or a server said: no more than its length."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from growth import seconds, times_as_long
from mailproof.cli.explain import command
from mailproof.cli.terminal import Terminal
from mailproof.message.read import _text_of_html as text_of_html
from mailproof.parse.bounce import reader
from mailproof.parse.ese.eseutil import read_eseutil
from mailproof.parse.login_refusal import LoginRefusal, login_refusal_kind
from mailproof.parse.meanings import plain_words
from mailproof.parse.pasted.replies import replies_in
from mailproof.parse.pasted.verdicts import spam_mark
from mailproof.parse.pem import read_pem
from mailproof.run.explaining.texts import explain_text
from mailproof.sasl.credentials import Credentials
from mailproof.sasl.meant import compare
from mailproof.sasl.pasted import is_of_server
from mailproof.sasl.read import Reading

# The slowest takes a twelfth of a second here; each took three quarters or more.
_SECONDS = 0.2


def explain(word: str) -> object:
    return command(Terminal("en")).main([word], standalone_mode=False)


def meant(password: str) -> object:
    return compare(Credentials("a", password=password), Reading("PLAIN", user="a", secret="b", nuls=2))


WORDS: dict[str, Callable[[], object]] = {
    "what could be a path": lambda: explain("a/" * 15_000 + ":"),
    "what a server said": lambda: replies_in("1 NO [" + "*" * 30_000),
    "bounces, the mark of sendmail": lambda: reader.read(b"-" * 20_000),
    "a mark of spam": lambda: spam_mark((("x-spam-flag", f"a{' ' * 20_000}"),)),
    "a path of eseutil": lambda: read_eseutil("Log file: " + "." * 20_000),
    "databases of eseutil": lambda: explain_text(
        "".join(f"Database: a{n}.edb\nState: Dirty Shutdown\n" for n in range(1500)).encode()
    ),
    "certificates that do not end": lambda: read_pem(b"-----BEGIN CERTIFICATE-----\n" * 4000),
    "a challenge": lambda: is_of_server(b"{" + b'"status"}' * 20_000 + b"\0"),
    "a format of printf": lambda: meant("%" + "0" * 10_000),
    "names in brackets for a shell": lambda: meant("${" * 30_000),
    "names in brackets for perl": lambda: meant("@{" * 40_000),
    "a tag of HTML": lambda: text_of_html("<a" + "0" * 30_000),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_word_costs_its_length(name: str) -> None:
    assert seconds(WORDS[name], enough=_SECONDS) <= _SECONDS


def test_of_three_words_in_a_row_the_first_two_are_looked_for_once() -> None:
    """Twice the length: four times the time at most, five with what else it costs; eight is the cube."""

    def said(times: int) -> Callable[[], object]:
        return lambda: login_refusal_kind("535", "", "generate app " * times)

    assert times_as_long(said(300), said(150), enough=5) <= 5


def test_of_a_reply_the_beginning_tells() -> None:
    assert login_refusal_kind("535", "", "x " * 1900 + "generate an app password") is LoginRefusal.APP_PASSWORD
    assert login_refusal_kind("535", "", "x " * 2100 + "generate an app password") is LoginRefusal.REJECTED


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("550 <Bob@a.example>: no", "550 <>: no"),
        ("to bob@a.example, no", "to <> no"),
        ("<a>bob@a.example no", "<><> no"),
        ("<a><b>@c x", "<><>@c x"),
        ("@a a@ a@b@c x<d>", "@a a@ <> x<>"),
        ("a<b@c>d e", "<> e"),
        ("5.1.1 no\n5.1.1 <a>", "no <>"),
    ],
)
def test_addresses_are_taken_out(text: str, plain: str) -> None:
    assert plain_words(text) == plain


def test_spam_is_what_the_field_begins_with() -> None:
    assert spam_mark((("x-spam-status", "Yes, score=7.2"),)) == "x-spam-status: Yes, score=7.2"
    assert spam_mark((("x-spam-status", "No, score=1.2 autolearn=yes"),)) == ""
    assert spam_mark((("x-forefront-antispam-report", "CIP:1.2.3.4;SFV:SPM;H:a"),))
    assert spam_mark((("x-ms-exchange-organization-scl", "-1"),)) == ""
    assert spam_mark((("x-ms-exchange-organization-scl", "5"),))


@pytest.mark.parametrize(
    ("challenge", "of_server"),
    [
        (b'{"status":"401","schemes":"bearer"}', True),
        (b'{"a":"b","Status":"400"}', True),
        (b'{"a":"b"}', False),
        (b'{"status"', False),
    ],
)
def test_an_error_of_oauth_is_the_servers(challenge: bytes, of_server: bool) -> None:
    assert is_of_server(challenge) is of_server
