"""XCLIENT with attributes that the server offers, and with one that it does not."""

from __future__ import annotations

import pytest

from dialogues import judged, play
from mailproof.model.envelope import EnvelopeTried, XclientTried
from mailproof.script.authority import Authority

HEAD = """given --xclient "{given}" --from carol@example.com
@ smtp://mx.test
S: 220 mx.test ESMTP
C: EHLO ~
S: 250-mx.test
S: 250-STARTTLS
S: 250 XCLIENT{offered}
C: STARTTLS
S: 220 2.0.0 Ready to start TLS
* tls
C: EHLO ~
S: 250-mx.test
S: 250 XCLIENT{offered}
"""
TAKEN = """C: XCLIENT {given}
S: 220 mx.test ESMTP
C: EHLO ~
S: 250 mx.test
C: MAIL FROM:<~>
S: 250 2.1.0 Ok
C: RCPT TO:<outside@example.com>
S: {answer}
C: RSET
S: 250 2.0.0 Ok
C: QUIT
S: 221 2.0.0 Bye
"""
LEFT = """C: QUIT
S: 221 2.0.0 Bye
"""


@pytest.mark.parametrize(
    ("given", "offered", "answer", "logged_in", "found"),
    [
        ("ADDR=203.0.113.7 NAME=x.test", " NAME ADDR", "554 5.7.1 Relay access denied", False, set()),
        ("ADDR=203.0.113.7", "", "250 2.1.5 Ok", False, {"open-relay"}),
        ("ADDR=203.0.113.7 LOGIN=carol", " NAME ADDR LOGIN", "250 2.1.5 Ok", True, set()),
        ("NAME=x.test ADDR=[UNAVAILABLE]", " NAME ADDR", "250 2.1.5 Ok", False, set()),
    ],
)
def test_what_is_offered_is_said(
    given, offered, answer, logged_in, found, authority: Authority, ca_file: str
) -> None:
    text = (HEAD + TAKEN).format(given=given, offered=offered, answer=answer)
    record = play(text, authority, ca_file)
    assert [s.fact.logged_in for s in record.seen(EnvelopeTried)] == [logged_in]
    assert {item.name for item in judged(record).findings} & {"open-relay", "relay-allowed-here"} == found


def test_what_is_not_offered_is_not_said(authority: Authority, ca_file: str) -> None:
    given = "ADDR=203.0.113.7 LOGIN=carol DESTPORT=25"
    record = play((HEAD + LEFT).format(given=given, offered=" NAME ADDR PORT"), authority, ca_file)
    assert [s.fact.missing for s in record.seen(XclientTried)] == [("LOGIN", "DESTPORT")]
    [skipped] = [skip for attempt in record.attempts for skip in attempt.skipped if skip.what == "relay-closed"]
    assert (skipped.why, skipped.asked) == ("xclient-attribute-not-offered", True)
    assert skipped.params == {"names": "LOGIN, DESTPORT"}
