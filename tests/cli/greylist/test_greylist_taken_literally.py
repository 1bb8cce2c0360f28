"""What is typed for `greylist` is taken to the letter or refused, with the reason in the user's language."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from running import mailproof

CONF = """dnsrbl "spam" bl.example.org 127.0.0.2
list "our friends" from { a@b.org /@friends/ }
racl blacklist not dnsrbl "spam"
racl whitelist list "our friends"
racl greylist default
"""
MAIL = ("--from", "a@example.net", "--rcpt", "bob@example.com")
CLIENT = ("--client", "192.0.2.9")
JAPANESE = re.compile("[\u3040-\u30ff]")


def refused(*words: str, given: str = CONF) -> tuple[str, str]:
    """Both sentences. Nothing else is said, and nothing is answered."""
    said = []
    for lang in ("en", "ja"):
        done = mailproof("--lang", lang, "greylist", *words, given=given)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert len(done.stderr.splitlines()) == 1
        said.append(done.stderr)
    assert JAPANESE.search(said[1]) and not JAPANESE.search(said[0])
    return said[0], said[1]


@pytest.mark.parametrize("clause", ['dnsrbl "spum"', "dnsrbl spam", 'not dnsrbl "spam"', "spf pass", "a@b.orgx"])
def test_an_answer_that_meets_no_clause(clause: str) -> None:
    english, japanese = refused("eval", "-", *CLIENT, *MAIL, "--answer", f"{clause}=yes")
    assert f"'{clause}': no clause in - reads like this" in english and f"'{clause}'" in japanese


def test_an_answer_to_a_clause_of_a_rule_or_a_list_is_taken() -> None:
    for clause in ('dnsrbl "spam"', 'list "our friends"', "a@b.org", "/@friends/"):
        answers = ("--answer", 'dnsrbl "spam"=yes', "--answer", f"{clause}=yes")
        done = mailproof("greylist", "eval", "-", *CLIENT, *MAIL, *answers, given=CONF)
        assert done.returncode == 0 and done.stdout.startswith(("TAKEN: ", "DEFERRED: ")), done


def test_two_answers_to_one_clause() -> None:
    answers = ("--answer", 'dnsrbl "spam"=yes', "--answer", 'dnsrbl "spam"=no')
    assert "as yes and as no" in refused("eval", "-", *CLIENT, *MAIL, *answers)[0]


@pytest.mark.parametrize("action", [("eval", "-", *CLIENT, *MAIL), ("lint", "-"), ("doctor", "-")])
def test_a_database_that_is_named_must_be_there(action: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "text").write_text("this is no database\n" * 20)
    for name, why in (("missing", "No such file"), ("text", "no country database"), (".", "")):
        english, japanese = refused(*action, "--geoip", str(tmp_path / name))
        assert "cannot be read as a country database" in english and why in english
        assert "国別データベースとして読めません" in japanese


@pytest.mark.parametrize(
    ("option", "text"),
    [
        *(("--from", text) for text in ("a b@example.org", "a@example.org ", " a@example.org", "<a@example.org> ")),
        *(
            ("--rcpt", text)
            for text in ("bob@exam ple.com", "bob@example.com\t", "bob@example.com\u3000", "<bob@x.example")
        ),
        ("--host", "mx.example .org"),
        ("--helo", "mx.example\n"),
    ],
)
def test_blanks_are_not_mended(option: str, text: str) -> None:
    words = {"--from": "a@example.org", "--rcpt": "bob@example.com", option: text}
    given = [part for pair in words.items() for part in pair]
    assert f"{option} takes an address or a name without blanks" in refused("eval", "-", *CLIENT, *given)[0]


def test_an_address_may_have_its_brackets() -> None:
    words = ("--client", "[192.0.2.9]", "--from", "<>", "--rcpt", '<"bob b"@example.com>')
    done = mailproof("greylist", "eval", "-", *words, given="racl whitelist default\n")
    assert done.stdout.startswith('TAKEN: 192.0.2.9, <> -> <"bob b"@example.com>:'), done


def test_other_addresses_that_are_none() -> None:
    assert "--client takes an IP address" in refused("eval", "-", "--client", "192.0.2.9 ", *MAIL)[0]
    assert "--rcpt takes an address, and got none" in refused("eval", "-", *CLIENT, "--from", "", "--rcpt", "<>")[0]


def test_the_probe_mends_nothing_either() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        target = f"smtp://127.0.0.1:{nobody.getsockname()[1]}"
        for words in (("--rcpt", "bob@example.com "), ("--rcpt", "bob@example.com", "--from", "a b@example.org")):
            assert "without blanks" in refused("probe", target, *words)[0]


def test_an_option_of_another_action() -> None:
    for words in (
        ("lint", "-", "--client", "::1"),
        ("eval", "-", "--build"),
        ("probe", "mx.test", "--answer", "x=yes"),
    ):
        english, japanese = refused(*words)
        assert "belongs to greylist" in english and "のオプションで" in japanese


def test_more_words_than_are_read() -> None:
    english, japanese = refused("lint", "-", given="{ " * 300_001 + "\n")
    assert "more than 300000 words" in english and "300000 語" in japanese
