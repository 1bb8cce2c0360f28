"""The mail server's state machine: what may be said when, and what an answer amounts to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.milter import (
    AddHeader,
    AddRecipient,
    Amiss,
    ChangeHeader,
    Final,
    Negotiated,
    Progress,
    Quarantine,
    ReplaceBody,
    Verdict,
    Wish,
)
from mailproof.wire.milter.answers import NoAnswer
from mailproof.wire.milter.commands import (
    Abort,
    BodyChunk,
    Connect,
    DataBegins,
    EndOfHeaders,
    EndOfMessage,
    HeaderField,
    Helo,
    MailFrom,
    Offer,
    Quit,
    QuitNewClient,
    RcptTo,
    UnknownCommand,
)
from mailproof.wire.milter.session import MtaSession, Phase

CONTINUE = Final(Verdict.CONTINUE)
TO_THE_END = (
    Connect("mx", "U"),
    Helo("mx"),
    MailFrom("<a@b>"),
    RcptTo("<c@d>"),
    DataBegins(),
    HeaderField("Subject", "x"),
    EndOfHeaders(),
    BodyChunk(b"x"),
    EndOfMessage(),
)


def opened(wishes: int = 0, actions: int = 0x1FF) -> MtaSession:
    session = MtaSession()
    session.say(Offer())
    session.take(Negotiated(6, actions, wishes))
    return session


def say(session: MtaSession, *commands, last: Final = CONTINUE):
    """All are answered by CONTINUE, the last one by `last`."""
    taken = None
    for command in commands:
        if session.say(command).answer_due:
            taken = session.take(last if command is commands[-1] else CONTINUE)
    return taken


def test_a_message_from_the_connection_to_its_end():
    session = opened()
    say(session, *TO_THE_END)
    assert session.phase is Phase.CLIENT
    assert session.client_over is session.message_over is None
    say(session, *TO_THE_END[2:])  # and the next one


@pytest.mark.parametrize("at", range(len(TO_THE_END)))
def test_nothing_is_said_before_its_time(at):
    for command in TO_THE_END:
        session = opened()
        say(session, *TO_THE_END[:at])
        if not session.may_say(command):
            with pytest.raises(ValueError, match="cannot follow"):
                session.say(command)


def test_nothing_is_said_while_an_answer_is_due():
    session = opened()
    session.say(Connect("mx", "U"))
    assert not session.may_say(Helo("mx"))
    session.take(Progress())
    assert not session.may_say(Helo("mx"))
    session.take(CONTINUE)
    assert session.may_say(Helo("mx"))


@pytest.mark.parametrize("wish", [w for w in Wish if w.name.startswith("NO_")])
def test_what_it_does_not_want_to_hear_is_left_out(wish):
    session = opened(wish)
    left_out = [
        type(c).__name__
        for c in (*TO_THE_END[:3], UnknownCommand("x"))
        if not session.say(c).data or session.take(CONTINUE) is None
    ]
    expected = {
        Wish.NO_CONNECT: "Connect",
        Wish.NO_HELO: "Helo",
        Wish.NO_MAIL: "MailFrom",
        Wish.NO_UNKNOWN: "UnknownCommand",
    }
    assert left_out == ([expected[wish]] if wish in expected else [])


@pytest.mark.parametrize("wish", [Wish.SILENT_CONNECT, Wish.SILENT_HELO])
def test_what_it_does_not_answer_is_said_and_not_waited_for(wish):
    session = opened(wish)
    said = {type(command): session.say(command) for command in TO_THE_END[:1]}
    if wish is Wish.SILENT_CONNECT:
        assert said[Connect].data and not said[Connect].answer_due
    else:
        session.take(CONTINUE)
        helo = session.say(Helo("mx"))
        assert helo.data and not helo.answer_due


@pytest.mark.parametrize(
    ("stage", "verdict", "client_over", "message_over"),
    [
        (0, Verdict.ACCEPT, True, False),
        (1, Verdict.REJECT, True, False),
        (1, Verdict.TEMPFAIL, True, False),
        (1, Verdict.DISCARD, False, False),
        (2, Verdict.ACCEPT, False, True),
        (2, Verdict.TEMPFAIL, False, True),
        (3, Verdict.REJECT, False, False),
        (3, Verdict.ACCEPT, False, True),
        (3, Verdict.SHUTDOWN, True, False),
        (4, Verdict.TEMPFAIL, False, True),
        (8, Verdict.DISCARD, False, True),
        (8, Verdict.REJECT, False, True),
    ],
)
def test_what_an_answer_ends(stage, verdict, client_over, message_over):
    session = opened()
    taken = say(session, *TO_THE_END[: stage + 1], last=Final(verdict))
    assert (session.client_over is not None, session.message_over is not None) == (client_over, message_over)
    assert (taken.notes == ("discard-early",)) == (verdict is Verdict.DISCARD and stage < 2)
    if message_over and session.phase is not Phase.CLIENT:
        following = TO_THE_END[stage + 1]
        assert session.say(following).data == b""


def test_after_skip_no_more_pieces_of_the_body():
    session = opened(Wish.SKIP)
    say(session, *TO_THE_END[:8], last=Final(Verdict.SKIP))
    assert session.say(BodyChunk(b"y")).data == b""
    assert session.say(EndOfMessage()).answer_due


def test_the_next_message_begins_anew():
    session = opened()
    say(session, *TO_THE_END[:3], last=Final(Verdict.TEMPFAIL))
    assert session.reply.startswith("451 4.7.1")
    session.say(Abort())
    assert session.say(MailFrom("<x@y>")).answer_due


def test_the_next_client_begins_anew():
    session = opened()
    say(session, Connect("mx", "U"), last=Final(Verdict.REJECT))
    assert session.say(Helo("x")).data == b""
    session.say(QuitNewClient())
    assert session.say(Connect("other", "U")).answer_due


@pytest.mark.parametrize(
    ("answer", "broken"),
    [
        (Negotiated(7, 0, 0), Amiss("version", {"version": "7", "offered": "6"})),
        (Negotiated(1, 0, 0), Amiss("version", {"version": "1", "offered": "6"})),
        (Negotiated(6, 0x200, 0), Amiss("actions", {"actions": "0x200"})),
        (Negotiated(6, 0x1FF, 0), None),
        (CONTINUE, Amiss("no-negotiation", {"verdict": "CONTINUE"})),
        (AddHeader("a", "b"), Amiss("change-early")),
        (NoAnswer(b"z", b""), Amiss("no-such-answer", {"letter": "z"})),
    ],
)
def test_negotiations(answer, broken):
    session = MtaSession()
    session.say(Offer(6, 0x1FF, 0x1FFFFF))
    taken = session.take(answer)
    assert taken.over and taken.broken == broken


def test_notes_about_changes():
    session = opened(actions=0x1)
    say(session, *TO_THE_END[:8])
    session.say(EndOfMessage())
    assert session.take(AddHeader("a", "b")).notes == ()
    assert session.take(AddRecipient("<x@y>")).notes == ("change-not-agreed",)
    assert "header-number-zero" in session.take(ChangeHeader(0, "a", "b")).notes
    session.take(ReplaceBody(b"1"))
    session.take(Quarantine("why"))
    assert "body-in-parts" in session.take(ReplaceBody(b"2")).notes
    assert session.take(CONTINUE).over


def test_a_change_before_the_end_is_broken():
    session = opened()
    session.say(Connect("mx", "U"))
    assert session.take(AddHeader("a", "b")).broken


ANSWERS = st.sampled_from(
    [*(Final(v, "451 x") for v in Verdict), Progress(), AddHeader("a", "b"), ReplaceBody(b"x"), NoAnswer(b"!", b"")]
)
SAID = st.sampled_from([*TO_THE_END, Abort(), Quit(), QuitNewClient(), UnknownCommand("x"), Offer()])


@given(st.lists(st.tuples(SAID, st.lists(ANSWERS, max_size=4)), max_size=30), st.integers(0, 0x1FFFFF))
def test_any_course_is_followed(course, wishes):
    """No order of commands and answers confuses it; once it says that it may not, it does not."""
    session = opened(wishes)
    for command, answers in course:
        if not session.may_say(command):
            with pytest.raises(ValueError, match="follow"):
                session.say(command)
            continue
        due = session.say(command).answer_due
        assert due <= bool(command not in (Abort(), Quit(), QuitNewClient()))
        for answer in answers if due else ():
            taken = session.take(answer)
            if taken.broken:
                return
            if taken.over:
                due = False
                break
        if due:
            session.take(CONTINUE)
        if session.phase is Phase.OVER:
            assert not any(session.may_say(each) for each in TO_THE_END)
            return
