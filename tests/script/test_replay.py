"""A script replayed into `wire`: the same events however its bytes are cut, with what is odd about them."""

from __future__ import annotations

import pytest

from mailproof.model.reply import ReplyClass
from mailproof.model.transcript import DeviationKind
from mailproof.script.format import parse
from mailproof.script.replay import replay
from mailproof.wire.imap.responses import ImapResponse
from mailproof.wire.pop3.responses import Pop3Response
from mailproof.wire.smtp.replies import SmtpReply

POP3 = """\
@ pop3://mx.test
S: +OK ready
C: LIST
S: +OK 2 messages:
S: 1 120
S: 2 200
S: .
C: LIST 2
S: +OK 2 200
"""


@pytest.mark.parametrize("chunk", [1, 2, 7, 1 << 16])
def test_a_list_has_a_body_unless_one_message_is_asked_for(chunk: int) -> None:
    (played,) = replay(parse(POP3), chunk)
    bodies = [event.lines for event in played.events if isinstance(event, Pop3Response)]
    assert bodies == [None, (b"1 120", b"2 200"), None]
    assert played.deviations == ()


def test_an_imap_session_is_read_too() -> None:
    (played,) = replay(parse("@ imap://mx.test\nS: * OK ready\nC: a LOGOUT\nS: * BYE\nS: a OK done\n"))
    assert all(isinstance(event, ImapResponse) for event in played.events)
    assert len(played.events) == 3


def test_the_old_auth_line_is_noticed_in_an_ehlo_and_nowhere_else() -> None:
    text = "@ smtp://mx.test\nS: 220 hi\nC: {}\nS: 250-mx.test\nS: 250 AUTH=PLAIN\n"
    (ehlo,), (help_,) = (replay(parse(text.format(verb))) for verb in ("EHLO me", "HELP"))
    assert [deviation.kind for deviation in ehlo.deviations] == [DeviationKind.LEGACY_AUTH]
    assert help_.deviations == ()


def test_what_is_left_when_tls_begins_is_noticed_and_not_read_inside() -> None:
    text = "@ smtp://mx.test\nS: 220 hi\nC: STARTTLS\nS| 220 go\\r\\n250 in\n* tls\nC: NOOP\nS: 250 ok\n"
    (played,) = replay(parse(text))
    assert [deviation.kind for deviation in played.deviations] == [DeviationKind.TRAILING_DATA]
    assert [event.text for event in played.events if isinstance(event, SmtpReply)] == ["hi", "go", "ok"]


def test_a_connection_that_ends_inside_a_reply_leaves_what_came() -> None:
    (played,) = replay(parse("@ smtp://mx.test\nS: 220-hello\n* eof\nS: 220 never said\n"))
    (event,) = played.events
    assert isinstance(event, SmtpReply) and event.lines == (b"hello",)
    assert DeviationKind.MISSING_LAST_LINE in {deviation.kind for deviation in played.deviations}
    assert event.kind is ReplyClass.POSITIVE


def test_each_section_is_a_connection_of_its_own() -> None:
    first, second = replay(parse("@ smtp://a.test\nS: 220 a\n@ pop3://a.test\nS: +OK b\n"))
    assert (first.section.url, len(first.events)) == ("smtp://a.test", 1)
    assert (second.section.url, len(second.events)) == ("pop3://a.test", 1)


def test_a_scheme_that_is_unknown_is_refused() -> None:
    with pytest.raises(ValueError):
        replay(parse("@ gopher://mx.test\nS: hello\n"))
