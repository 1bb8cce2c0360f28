"""One message through milters in memory: verdicts, changes, and every way in which a milter fails."""

from __future__ import annotations

import json

import msgspec
import pytest

from mailproof.model.attempt import Trouble
from mailproof.model.failure import UsageError
from mailproof.model.milter import (
    AddHeader,
    AddRecipient,
    ChangeSender,
    DeleteRecipient,
    Final,
    Health,
    InsertHeader,
    Negotiated,
    Progress,
    Quarantine,
    ReplaceBody,
    Stage,
    Verdict,
    Wish,
)
from mailproof.report.milter import milter_as_json, render_milter
from mailproof.script.milter.mail import negotiate
from mailproof.script.milter.place import parse_place
from mailproof.script.milter.player import MilterTerms
from mailproof.wire.milter.commands import (
    BodyChunk,
    Connect,
    EndOfMessage,
    HeaderField,
    Macros,
    MailFrom,
    RcptTo,
)
from milters import ALL, CONTINUE, MAIL, MESSAGE, milter, network, sent


def at(kind, *answers):
    return lambda command: list(answers) if isinstance(command, kind) else CONTINUE


def test_a_message_comes_out_as_it_went_in():
    result = sent(milter(), chunk=1)
    assert (result.health, result.verdict, result.stage) == (Health.SOUND, Verdict.CONTINUE, Stage.END)
    assert result.message == MESSAGE
    assert result.recipients == MAIL.recipients
    assert [step.stage for step in result.steps][:4] == [Stage.DIAL, Stage.NEGOTIATE, Stage.CONNECT, Stage.HELO]
    assert next(step for step in result.steps if step.stage is Stage.HEADER).count == 3


def test_what_a_milter_hears():
    heard: list[object] = []
    sent(milter(heard=heard))
    assert [c for c in heard if isinstance(c, HeaderField)][1] == HeaderField("Subject", "hello\n there")
    assert Connect("localhost", "4", 49152, "127.0.0.1") in heard
    assert [c.path for c in heard if isinstance(c, RcptTo)] == ["<bob@example.net>", "<carol@example.net>"]
    told = {c.letter: dict(c.values) for c in heard if isinstance(c, Macros)}
    assert told[b"C"]["j"] == "mail.example.test" and told[b"M"]["{mail_addr}"] == "alice@example.test"
    assert told[b"R"]["{rcpt_addr}"] == "carol@example.net"


def test_a_macro_is_told_where_a_server_tells_it():
    heard: list[object] = []
    sent(
        milter(heard=heard), msgspec.structs.replace(MAIL, macros=(("auth_authen", "me"), ("{xy}", "z"), ("i", "Q1")))
    )
    told = [(c.letter, dict(c.values)) for c in heard if isinstance(c, Macros)]
    assert dict(told)[b"M"]["{auth_authen}"] == "me" and dict(told)[b"C"]["{xy}"] == "z"
    assert dict(told)[b"E"]["i"] == dict(told)[b"M"]["i"] == "Q1"


@pytest.mark.parametrize("kind", [Connect, RcptTo, EndOfMessage])
def test_an_answer_too_many_is_named_where_it_came(kind):
    result = sent(milter(at(kind, CONTINUE, CONTINUE)))
    noted = [step.stage for step in result.steps if "answer-unasked" in step.notes]
    assert noted[:1] == [{Connect: Stage.CONNECT, RcptTo: Stage.RCPT, EndOfMessage: Stage.END}[kind]]
    assert "answer-unasked" not in str(sent(milter()).steps)


def test_the_space_behind_the_colon_is_the_milters_where_it_wants_it():
    heard: list[object] = []
    result = sent(
        milter(at(EndOfMessage, AddHeader("X", " 1"), CONTINUE), Negotiated(6, 0x1FF, Wish.LEADING_SPACE), heard)
    )
    assert HeaderField("Subject", " hello\n there") in heard
    assert b"\r\nX: 1\r\n" in result.message


@pytest.mark.parametrize(
    ("kind", "answer", "verdict", "stage", "reply"),
    [
        (Connect, Final(Verdict.REJECT), Verdict.REJECT, Stage.CONNECT, "550 5.7.1 Command rejected"),
        (
            MailFrom,
            Final(Verdict.TEMPFAIL),
            Verdict.TEMPFAIL,
            Stage.MAIL,
            "451 4.7.1 Service unavailable - try again later",
        ),
        (RcptTo, Final(Verdict.REPLY, "451 4.7.1 Greylisting"), Verdict.REPLY, Stage.RCPT, "451 4.7.1 Greylisting"),
        (HeaderField, Final(Verdict.DISCARD), Verdict.DISCARD, Stage.HEADER, ""),
        (EndOfMessage, Final(Verdict.REPLY, "550 5.7.1 spam"), Verdict.REPLY, Stage.END, "550 5.7.1 spam"),
        (MailFrom, Final(Verdict.ACCEPT), Verdict.ACCEPT, Stage.MAIL, ""),
        (
            RcptTo,
            Final(Verdict.SHUTDOWN),
            Verdict.SHUTDOWN,
            Stage.RCPT,
            "421 4.7.0 Service unavailable - try again later",
        ),
    ],
)
def test_verdicts(kind, answer, verdict, stage, reply):
    result = sent(milter(at(kind, answer)))
    assert (result.health, result.verdict, result.stage, result.reply) == (Health.SOUND, verdict, stage, reply)
    assert bool(result.message) == (verdict is Verdict.ACCEPT)


def test_one_recipient_refused_of_two():
    def says(command):
        return Final(Verdict.REJECT) if isinstance(command, RcptTo) and "bob" in command.path else CONTINUE

    result = sent(milter(says))
    assert result.verdict is Verdict.CONTINUE and result.stage is Stage.END
    assert result.refused == ("bob@example.net",) and result.recipients == ("carol@example.net",)


def test_changes():
    changes = [
        InsertHeader(0, "X-First", "1"),
        AddRecipient("<dave@example.net>"),
        DeleteRecipient("<bob@example.net>"),
        ChangeSender("<new@example.test>"),
        Quarantine("suspicious"),
        ReplaceBody(b"new\r\n"),
        Final(Verdict.ACCEPT),
    ]
    result = sent(milter(at(EndOfMessage, Progress(), *changes)))
    assert result.message.startswith(b"X-First: 1\r\nFrom:") and result.message.endswith(b"\r\n\r\nnew\r\n")
    assert result.sender == "new@example.test" and result.quarantine == "suspicious"
    assert result.recipients == ("carol@example.net", "dave@example.net")
    assert result.steps[-1].progress == 1


def test_a_long_body_goes_in_pieces_until_it_is_enough():
    heard: list[object] = []
    body = b"x" * 70 + b"\r\n"
    mail = msgspec.structs.replace(MAIL, message=b"A: b\r\n\r\n" + body * 3000)
    sent(milter(heard=heard), mail)
    assert b"".join(c.data for c in heard if isinstance(c, BodyChunk)) == body * 3000
    heard.clear()
    result = sent(milter(at(BodyChunk, Final(Verdict.SKIP)), Negotiated(6, 0x1FF, Wish.SKIP), heard), mail)
    assert len([c for c in heard if isinstance(c, BodyChunk)]) == 1
    assert result.verdict is Verdict.CONTINUE


@pytest.mark.parametrize(
    ("handler", "health", "stage"),
    [
        (Trouble.REFUSED, Health.REFUSED, Stage.DIAL),
        (Trouble.TIMEOUT, Health.UNREACHABLE, Stage.DIAL),
        (milter(agreed=b""), Health.REFUSES_OFFER, Stage.NEGOTIATE),
        (milter(agreed=b"220 mx.test ESMTP\r\n"), Health.NOT_A_MILTER, Stage.NEGOTIATE),
        (milter(agreed=b"HTTP/1.1 400 Bad Request\r\n\r\n"), Health.NOT_A_MILTER, Stage.NEGOTIATE),
        (milter(agreed=b"\0\0\0\2zz"), Health.NOT_A_MILTER, Stage.NEGOTIATE),
        (milter(agreed=Negotiated(9, 0, 0)), Health.MISMATCH, Stage.NEGOTIATE),
        (milter(agreed=Negotiated(6, 0x8000, 0)), Health.MISMATCH, Stage.NEGOTIATE),
        (milter(lambda command: None), Health.SILENT, Stage.CONNECT),
        (milter(at(RcptTo, b"")), Health.CLOSED, Stage.RCPT),
        (milter(at(EndOfMessage, AddHeader("a", "b"), b"")), Health.CLOSED, Stage.END),
        (milter(at(EndOfMessage, AddHeader("a", "b"))), Health.SILENT, Stage.END),
        (milter(at(MailFrom, b"\0\0\0\1!")), Health.BROKEN, Stage.MAIL),
        (milter(at(MailFrom, b"\xff\xff\xff\xff!")), Health.BROKEN, Stage.MAIL),
        (milter(at(MailFrom, AddHeader("a", "b"), CONTINUE)), Health.BROKEN, Stage.MAIL),
        (milter(at(MailFrom, b"\0\0\0\x09y250 ok!\0")), Health.BROKEN, Stage.MAIL),
    ],
)
def test_a_milter_that_fails_is_not_one_that_says_tempfail(handler, health, stage):
    result = sent(handler)
    assert (result.health, result.stage) == (health, stage)
    assert result.message == b"" and result.reply == ""


@pytest.mark.parametrize(
    ("handler", "english", "japanese"),
    [
        (milter(agreed=Negotiated(9, 0, 0)), "version 9, where 6 was offered", "バージョン 9(提示したのは 6)"),
        (milter(agreed=Negotiated(6, 0x8000, 0)), "actions 0x8000 that were", "提示していないアクション 0x8000"),
        (milter(agreed=Final(Verdict.ACCEPT)), "ACCEPT instead of a negotiation", "代わりに ACCEPT"),
        (milter(at(MailFrom, b"\0\0\0\1!")), "the answer '!'", "「!」(存在しない応答)"),
        (milter(at(MailFrom, AddHeader("a", "b"), CONTINUE)), "only come at its end", "終わりでしか認められない"),
        (milter(at(MailFrom, ALL)), "a second negotiation", "2 回目のネゴシエーション"),
        (milter(at(EndOfMessage, *[Progress()] * 2000)), "901 times that it is still at work", "901 回、応答なし"),
        (
            milter(at(EndOfMessage, *[AddHeader("X", "1")] * 10_500)),
            "10001 changes with 20002 bytes",
            "変更 10001 件",
        ),
    ],
)
def test_what_it_did_is_said_in_both_languages(handler, english, japanese):
    result = sent(handler)
    for lang, said in (("en", english), ("ja", japanese)):
        assert said in render_milter(result, b"", lang, False, 200)
    assert english in json.loads(milter_as_json(result, b""))["detail"]


def test_one_that_says_for_ever_that_it_is_at_work_comes_to_an_end():
    result = sent(milter(at(EndOfMessage, *[Progress()] * 2000)))
    assert result.health is Health.SILENT


def test_one_that_changes_for_ever_comes_to_an_end():
    result = sent(milter(at(EndOfMessage, *[AddHeader("X", "1")] * 10_500)))
    assert result.health is Health.BROKEN
    huge = ReplaceBody(b"x" * (1 << 20))
    result = sent(milter(at(EndOfMessage, *[huge] * 70)))
    assert result.health is Health.BROKEN


def test_progress_gives_it_more_time():
    async def serve(stream):
        await stream.read(1e9)

    terms = MilterTerms(timeout=1.0, content_timeout=2.0)
    assert sent(serve, terms=terms).health in (Health.SILENT, Health.REFUSES_OFFER)


def test_the_negotiation_alone():
    net = network(milter(agreed=Negotiated(6, 0x11, 0x702, ((0, "j v"),))))
    result = net.run(negotiate(net, parse_place("inet:1@127.0.0.1"), MilterTerms()))
    assert result.health is Health.SOUND and result.negotiated == Negotiated(6, 0x11, 0x702, ((0, "j v"),))


@pytest.mark.parametrize(
    ("text", "url", "address"),
    [
        ("inet:8891@127.0.0.1", "inet:8891@127.0.0.1", "127.0.0.1"),
        ("inet:127.0.0.1:8891", "inet:8891@127.0.0.1", "127.0.0.1"),
        ("inet:8891", "inet:8891@localhost", ""),
        ("inet6:8891@[2001:db8::1]", "inet6:8891@2001:db8::1", "2001:db8::1"),
        ("inet:[2001:db8::1]:8891", "inet:8891@2001:db8::1", "2001:db8::1"),
        ("INET:mx.test:25", "inet:25@mx.test", ""),
        ("unix:/run/x.sock", "unix:/run/x.sock", ""),
        ("local:/run/x.sock", "unix:/run/x.sock", ""),
    ],
)
def test_places(text, url, address):
    place = parse_place(text)
    assert (place.url, place.address) == (url, address)


@pytest.mark.parametrize(
    "text",
    ["", "smtp://x", "inet:", "inet:0@x", "inet:70000@x", "inet:x", "unix:run/x", "inet:1@a b", "inet:25@\x1b[2J"],
)
def test_no_places(text):
    with pytest.raises(UsageError):
        parse_place(text)
