"""A server's lines, sorted; what it offers; what its answers mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.catalog.pages import names
from mailproof.catalog.words import words
from mailproof.model.talk import TalkProtocol
from mailproof.parse.refusal_kind import RefusalKind
from mailproof.parse.talk.heard import LineKind, Replies
from mailproof.parse.talk.notes import WITHOUT_FINDING, Context, notes_on
from mailproof.parse.talk.offers import mechanisms_in, offers_in

P = TalkProtocol
FINAL, CHALLENGE, PART = LineKind.FINAL, LineKind.CHALLENGE, LineKind.PART

ROWS: list[tuple[P, str, list[tuple[str, LineKind]]]] = [
    (P.SMTP, "EHLO a", [("250-mx", PART), ("250 SIZE", FINAL)]),
    (P.SMTP, "NOOP", [("250", FINAL)]),
    (P.SMTP, "AUTH LOGIN", [("334 VXNlcm5hbWU6", CHALLENGE), ("235 2.7.0 ok", FINAL)]),
    (P.SMTP, "", [("what is this", PART), ("2200 no", PART)]),
    (P.POP3, "STAT", [("+OK 1 2", FINAL)]),
    (P.POP3, "LIST 1", [("+OK 1 2", FINAL)]),
    (P.POP3, "RETR 1", [("+OK", PART), ("-ERR in a message", PART), ("+OK", PART), ("..", PART), (".", FINAL)]),
    (P.POP3, "RETR 9", [("-ERR no such message", FINAL)]),
    (P.POP3, "AUTH PLAIN", [("+ ", CHALLENGE), ("+OK", FINAL)]),
    (P.IMAP, "a NOOP", [("* 3 EXISTS", PART), ("a OK done", FINAL)]),
    (
        P.IMAP,
        "a FETCH 1 BODY[]",
        [("* 1 FETCH (BODY[] {8}", PART), ("a OK x", PART), (")", PART), ("a OK done", FINAL)],
    ),
    (P.IMAP, "a AUTHENTICATE LOGIN", [("+ VXNlcm5hbWU6", CHALLENGE), ("a NO no", FINAL)]),
    (P.SIEVE, "LISTSCRIPTS", [('"one" ACTIVE', PART), ("OK done", FINAL)]),
    (
        P.SIEVE,
        'AUTHENTICATE "LOGIN"',
        [('"VXNlcm5hbWU6"', CHALLENGE), ("{12}", PART), ("UGFzc3dvcmQ6", CHALLENGE), ("OK", FINAL)],
    ),
    (P.NNTP, "CAPABILITIES", [("101 list", PART), ("200 x", PART), (".", FINAL)]),
    (P.NNTP, "GROUP a", [("211 1 2 3 a", FINAL)]),
    (P.FTP, "FEAT", [("211-Features:", PART), (" UTF8", PART), ("211 End", FINAL)]),
    (P.IRC, "JOIN #a", [(":irc 353 a = #a :a", FINAL)]),
    (P.HTTP, "GET /", [("HTTP/1.1 200 OK", PART), ("", PART)]),
]


@pytest.mark.parametrize(("protocol", "asked", "lines"), ROWS)
def test_a_line_is_the_end_a_challenge_or_a_part(protocol: P, asked: str, lines: list[tuple[str, LineKind]]) -> None:
    replies = Replies(protocol)
    replies.asked(asked)
    assert [(text, replies.line(text.encode()).kind) for text, _ in lines] == lines


@pytest.mark.parametrize("protocol", P)
@given(lines=st.lists(st.binary(max_size=60), max_size=20), asked=st.text(max_size=20))
def test_any_lines_are_sorted_and_noted(protocol: P, lines: list[bytes], asked: str) -> None:
    replies = Replies(protocol)
    replies.asked(asked)
    for line in lines:
        heard = replies.line(line)
        for note in notes_on(heard, Context(protocol, asked)):
            for lang in ("en", "ja"):
                assert words(lang)(f"notes.{note.name}", **note.params)


def test_offers_and_mechanisms() -> None:
    ehlo = "250-mx.test\n250-SIZE 1000\n250-AUTH PLAIN LOGIN\n250-AUTH=PLAIN LOGIN\n250 DSN"
    offered = offers_in(P.SMTP, ehlo)
    assert offered == ("SIZE 1000", "AUTH PLAIN LOGIN", "AUTH=PLAIN LOGIN", "DSN")
    assert mechanisms_in(offered) == ("PLAIN", "LOGIN")
    imap = offers_in(P.IMAP, "* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=SCRAM-SHA-256 SASL-IR\na OK")
    assert mechanisms_in(imap) == ("PLAIN", "SCRAM-SHA-256")
    pop3 = offers_in(P.POP3, "+OK\nSASL PLAIN LOGIN\nUSER\n.")
    assert (pop3, mechanisms_in(pop3)) == (("SASL PLAIN LOGIN", "USER"), ("PLAIN", "LOGIN"))
    sieve = offers_in(P.SIEVE, '"IMPLEMENTATION" "x"\n"SASL" "PLAIN"\n"STARTTLS"\nOK')
    assert mechanisms_in(sieve) == ("PLAIN",)


NOTES = [
    (P.SMTP, "AUTH LOGIN", "334 VXNlcm5hbWU6", "asks-user", ""),
    (P.SMTP, "AUTH", "334 UGFzc3dvcmQ6", "asks-password", ""),
    (P.SMTP, "AUTH PLAIN", "334 ", "challenge-empty", ""),
    (P.SMTP, "AUTH CRAM-MD5", "334 PDEuMkBteD4=", "challenge", ""),
    (P.SMTP, "AUTH PLAIN", "235 2.7.0 Authentication successful", "logged-in", ""),
    (P.SMTP, "AUTH PLAIN", "535 5.7.8 Error: authentication failed", "refused", "auth-rejected"),
    (P.SMTP, "AUTH LOGIN", "503 5.5.2 Send hello first [TY2PR02]", "refused", "ehlo-required-first"),
    (P.SMTP, "RCPT TO:<a@b.test>", "554 5.7.1 <a@b.test>: Relay access denied", "relay-after-login", ""),
    (P.SMTP, "RCPT TO:<a@b.test>", "250 2.1.5 Ok", "recipient-taken", ""),
    (P.SMTP, "RCPT TO:<a@b.test>", "451 4.7.1 Greylisted, try again", "refused", "greylisted"),
    (P.SMTP, "DATA", "354 End data", "message-now", ""),
    (P.SMTP, ".", "250 2.0.0 Ok: queued as 526562BE062", "queued", ""),
    (P.SMTP, ".", "250 done", "taken", ""),
    (P.SMTP, "FOO", "500 5.5.2 Error: command not recognized", "code-500", ""),
    (P.SMTP, "", "421 4.4.2 timeout", "closing", ""),
    (P.POP3, "USER a", "+OK", "pass-next", ""),
    (P.POP3, "PASS", "+OK Logged in.", "logged-in", ""),
    (P.POP3, "PASS", "-ERR [AUTH] Authentication failed.", "refused", "auth-rejected"),
    (P.POP3, "STAT", "+OK 3 1795", "mailbox-holds", ""),
    (P.POP3, "STAT", "+OK 1 795", "mailbox-holds-one", ""),
    (P.IMAP, "a LOGIN b", "a NO [AUTHENTICATIONFAILED] no", "refused", "auth-rejected"),
    (P.IMAP, "LOGIN", "a BAD Unknown command", "code-bad-tag", ""),
    (P.IMAP, "SELECT INBOX", "SELECT BAD Error in IMAP command INBOX: Unknown command.", "code-bad-tag", ""),
    (P.IMAP, "a3 FOO 1", "a3 BAD Error in IMAP command FOO: Unknown command.", "code-bad", ""),
    (P.IMAP, "a3 LOGIN x", "a3 BAD Error in IMAP command LOGIN: Missing arguments.", "code-bad", ""),
    # Dovecot's own words, which say nothing of it.
    (P.IMAP, 'a LIST "" *', "a BAD Error in IMAP command received by server.", "not-logged-in", ""),
    (P.IMAP, "a UID FETCH 1 FLAGS", "a BAD Error in IMAP command received by server.", "not-logged-in", ""),
    (P.POP3, "RETR 1", "-ERR Unknown command.", "not-logged-in", ""),
    (P.SIEVE, "LISTSCRIPTS", 'NO "Error in MANAGESIEVE command received by server."', "not-logged-in", ""),
    (P.POP3, "FOO", "-ERR Unknown command.", "refused", ""),
]


@pytest.mark.parametrize(("protocol", "asked", "line", "name", "finding"), NOTES)
def test_an_answer_is_explained(protocol: P, asked: str, line: str, name: str, finding: str) -> None:
    replies = Replies(protocol)
    replies.asked(asked)
    (note,) = notes_on(replies.line(line.encode()), Context(protocol, asked))
    assert (note.name, note.finding) == (name, finding)


def test_relay_is_denied_to_who_has_logged_in() -> None:
    replies = Replies(P.SMTP)
    (note,) = notes_on(
        replies.line(b"554 5.7.1 Relay access denied"), Context(P.SMTP, "RCPT TO:<a@b>", logged_in=True)
    )
    assert note.finding == "relay-denied"


def test_who_has_logged_in_is_told_something_else() -> None:
    (note,) = notes_on(Replies(P.POP3).line(b"-ERR no such message"), Context(P.POP3, "RETR 9", logged_in=True))
    assert note.name == "refused"


def test_every_meaning_of_a_refusal_has_a_page_or_words() -> None:
    pages = set(names())
    told = {kind for kind in RefusalKind if kind not in pages and kind is not RefusalKind.OTHER}
    assert told == set(WITHOUT_FINDING)
    assert all(words(lang)(f"notes.kind-{kind}") for kind in told for lang in ("en", "ja"))
