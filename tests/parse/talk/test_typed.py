"""What is typed: secrets in it, and slips; a message line by line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.catalog.words import words
from mailproof.model.talk import TalkProtocol
from mailproof.parse.talk.message import TypedMessage
from mailproof.parse.talk.typed import Situation, secret_in, slips_in

P = TalkProtocol

SECRETS = [
    (P.SMTP, "AUTH PLAIN AHNhbXBsZQBwYXNzd29yZA==", "AHNhbXBsZQBwYXNzd29yZA=="),
    (P.SMTP, "auth  plain   AHNh cut", "AHNh cut"),
    (P.SMTP, "AUTH LOGIN", None),
    (P.SMTP, "AUTH PLAIN =", None),
    (P.SMTP, "MAIL FROM:<a@b.test>", None),
    (P.POP3, "PASS two words", "two words"),
    (P.POP3, "pass x", "x"),
    (P.POP3, "USER alice", None),
    (P.POP3, "APOP alice c4c9334bac560ecc979e58001b3e22fb", "c4c9334bac560ecc979e58001b3e22fb"),
    (P.IMAP, 'a1 LOGIN alice "pass word"', '"pass word"'),
    (P.IMAP, 'a1 login "al ice" secret', "secret"),
    (P.IMAP, "a1 AUTHENTICATE PLAIN AGFiYw==", "AGFiYw=="),
    (P.IMAP, "a1 AUTHENTICATE PLAIN", None),
    (P.IMAP, "login alice secret", "secret"),
    (P.IMAP, "AUTHENTICATE PLAIN AGFiYw==", "AGFiYw=="),
    (P.IMAP, "CAPABILITY", None),
    (P.SIEVE, "LISTSCRIPTS", None),
    (P.SIEVE, "AUTHENTICATE", None),
    (P.SMTP, "YXV0aHRlc3RAKioqKg==", "YXV0aHRlc3RAKioqKg=="),
    (P.SMTP, "NOOP", None),
    (P.SMTP, "UNHEARDOFVERB", None),
    (P.SIEVE, 'AUTHENTICATE "PLAIN" "AGFiYw=="', '"AGFiYw=="'),
    (P.FTP, "PASS secret", "secret"),
    (P.NNTP, "AUTHINFO PASS secret", "secret"),
    (P.IRC, "PASS secret", "secret"),
    (P.HTTP, "Authorization: Basic YWxpY2U6cHc=", "YWxpY2U6cHc="),
    (P.XMPP, "<auth mechanism='PLAIN'>AGFiYw==</auth>", "AGFiYw=="),
    (P.NONE, "PASS secret", None),
]


@pytest.mark.parametrize(("protocol", "line", "secret"), SECRETS)
def test_a_secret_is_found(protocol: P, line: str, secret: str | None) -> None:
    found = secret_in(protocol, line)
    assert (None if found is None else line[found]) == secret


GREETED = Situation("EHLO", True, ("PLAIN", "LOGIN"), True, True)
SLIPS = [
    (P.SMTP, "MAIL FROM: xxxx@example.test", GREETED, ["path-without-brackets"]),
    (P.SMTP, "MAIL FROM: <a@b.test>", GREETED, ["space-after-colon"]),
    (P.SMTP, "MAIL FROM <a@b.test>", GREETED, ["path-without-colon"]),
    (P.SMTP, "RCPT FROM:<a@b.test>", GREETED, ["path-form"]),
    (P.SMTP, "MAIL FROM:<a@b.test> SIZE=1", GREETED, []),
    (P.SMTP, "MAIL FROM:<>", GREETED, []),
    (P.SMTP, "EHLO", GREETED, ["hello-without-name"]),
    (P.SMTP, "HELO a", GREETED, ["helo-not-ehlo"]),
    (P.SMTP, "AUTH PALIN", GREETED, ["mechanism-mistyped"]),
    (P.SMTP, "AUTH GSSAPI", GREETED, ["mechanism-not-offered"]),
    (P.SMTP, "AUTH LOGIN", Situation(), ["no-hello-yet"]),
    (P.SMTP, "RCPT TO:<a@b.test>", Situation("EHLO"), ["rcpt-before-mail"]),
    (P.SMTP, "DATA", Situation("EHLO", mail=True), ["data-before-rcpt"]),
    (P.SMTP, "EHOL a", GREETED, ["verb-mistyped"]),
    (P.SMTP, "Subject: a", GREETED, ["header-outside-message"]),
    (P.SMTP, "YXV0aHRlc3RAKioqKg==", GREETED, ["base64-as-command"]),
    (P.SMTP, "QUIT", GREETED, []),
    (P.SMTP, "rcpt to:<a@b.test>", GREETED, []),
    (P.SMTP, "", GREETED, []),
    (P.IMAP, "LOGIN alice x", Situation(), ["no-tag"]),
    (P.IMAP, "a1 LOGIN alice x", Situation(), []),
    (P.POP3, "RERT 1", Situation(), ["verb-mistyped"]),
    (P.HTTP, "X-Whatever: 1", Situation(), []),
]


@pytest.mark.parametrize(("protocol", "line", "situation", "names"), SLIPS)
def test_slips_are_seen(protocol: P, line: str, situation: Situation, names: list[str]) -> None:
    found = slips_in(protocol, line, situation)
    assert [slip.name for slip in found] == names
    for slip in found:
        for lang in ("en", "ja"):
            assert words(lang)(f"slips.{slip.name}", **slip.params)


@given(protocol=st.sampled_from(P), line=st.text(max_size=80))
def test_anything_may_be_typed(protocol: P, line: str) -> None:
    slips_in(protocol, line, Situation())
    secret_in(protocol, line)
    TypedMessage().line(line)


MESSAGES = [
    (["Subject: a", "From: a@b.test", "Date: now", "", "text"], []),
    (["SUBJECT this is test", "test mail"], ["header-without-colon"]),
    (["hello"], ["first-line-no-header"]),
    (["Subject: a", "hello"], ["no-blank-line", "message-lacks"]),
    (["Subject: a", " folded", "", "."], ["message-lacks"]),
    (["", "text"], ["message-without-headers"]),
    ([], ["message-empty"]),
]


@pytest.mark.parametrize(("lines", "names"), MESSAGES)
def test_a_message_that_is_typed(lines: list[str], names: list[str]) -> None:
    message = TypedMessage()
    found = [slip for line in lines for slip in message.line(line)] + list(message.end())
    assert [slip.name for slip in found] == names
    for slip in found:
        for lang in ("en", "ja"):
            assert words(lang)(f"slips.{slip.name}", **slip.params)


def test_the_article_s_subject_is_shown_as_it_should_be() -> None:
    (slip,) = TypedMessage().line("SUBJECT this is test")
    assert slip.params["line"] == "Subject: this is test"
