"""The language of scripts for milters, and its player."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.catalog.words import words
from mailproof.model.milter import AddHeader, ChangeHeader, Final, Health, InsertHeader, Negotiated, Verdict, Wish
from mailproof.script.format import ScriptError
from mailproof.script.milter.language import parse
from mailproof.script.milter.play import play
from mailproof.script.milter.player import MilterTerms
from mailproof.wire.milter.commands import Connect, EndOfMessage, HeaderField, Macros, MailFrom, RcptTo
from milters import CONTINUE, MESSAGE, PLACE, milter, network

ALL = """# everything that can be said
C: CONNECT mx.example.com 192.0.2.1 4321
C: HELO mx.example.com
C: MACRO auth_authen alice
C: MAIL <alice@example.com> SIZE=10
S: CONTINUE
C: RCPT <bob@example.net>
S: 451 4.7.1 Greylisting ~
* within 2s
C: RCPT <carol@example.net>
C: DATA
C: HEADER Subject: hello
C: EOH
C: BODY Hi\\r\\n
C: EOM
S: ADDHEADER X-A: ~
S: DELHEADER 1 X-B
S: ACCEPT
C: UNKNOWN FOO
C: MAIL <>
C: ABORT
C: QUIT
@
* wait 1h
C: CONNECT [2001:db8::1]
S: TEMPFAIL
"""


def played(text, handler, files=None):
    net = network(handler)

    def read(name):
        return (files or {})[name]

    return net.run(play(net, PLACE, parse(text), MilterTerms(), read))


def test_a_script_that_holds():
    connections = []

    def says(command):
        if isinstance(command, Connect):
            connections.append(command)
            return Final(Verdict.TEMPFAIL) if len(connections) == 2 else CONTINUE
        if isinstance(command, RcptTo) and "bob" in command.path:
            return Final(Verdict.REPLY, "451 4.7.1 Greylisting in action")
        if isinstance(command, EndOfMessage):
            return [ChangeHeader(1, "X-B", ""), AddHeader("X-A", "yes"), Final(Verdict.ACCEPT)]
        return CONTINUE

    heard = []
    result = played(ALL, milter(says, heard=heard))
    assert result.unmet is None and result.ok and result.health is Health.SOUND
    assert connections == [
        Connect("mx.example.com", "4", 4321, "192.0.2.1"),
        Connect("[2001:db8::1]", "6", 49152, "2001:db8::1"),
    ]
    assert (
        dict(next(c for c in heard if isinstance(c, Macros) and c.letter == b"M").values)["{auth_authen}"] == "alice"
    )
    assert MailFrom("<alice@example.com>", ("SIZE=10",)) in heard and HeaderField("Subject", "hello") in heard
    assert {step.connection for step in result.steps} == {1, 2}


@pytest.mark.parametrize(
    ("script", "line", "got"),
    [
        ("C: CONNECT mx 192.0.2.1\nS: ACCEPT", 2, ("CONTINUE",)),
        ("C: CONNECT mx 192.0.2.1\nC: MAIL <a@b>\nS: 4~", 3, ("TEMPFAIL",)),
        ("C: CONNECT mx 192.0.2.1\nC: MAIL <a@b>", 2, ("TEMPFAIL",)),
        ("C: CONNECT mx\nS: ADDHEADER ~\nS: ~", 2, ("CONTINUE",)),
        ("C: CONNECT mx\nS: NONE", 2, ("CONTINUE",)),
    ],
)
def test_the_first_answer_that_is_another_is_told(script, line, got):
    result = played(script, milter(lambda c: Final(Verdict.TEMPFAIL) if isinstance(c, MailFrom) else CONTINUE))
    assert result.unmet is not None and (result.unmet.line, result.unmet.got) == (line, got)
    assert not result.ok


MESSAGE_SCRIPT = "C: CONNECT mx 192.0.2.1\nC: MAIL <a@b>\nC: RCPT <c@d>\nC: MESSAGE mail.eml\n"


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        ("S: INSHEADER 0 X-A: ~\nS: ADDHEADER X-B: 2\nS: ACCEPT", True),
        ("S: ADDHEADER X-B: 2\nS: INSHEADER 0 X-A: 1\nS: ACCEPT", True),
        ("S: ADDHEADER X-B: 2\nS: ACCEPT", False),
        ("S: ADDHEADER X-B: 2\nS: ~\nS: ACCEPT", True),
        ("S: ~\nS: CONTINUE", False),
        ("S: ADDHEADER X-C: ~\nS: ~\nS: ACCEPT", False),
    ],
)
def test_changes_of_a_message(wanted, holds):
    def says(command):
        changes = [InsertHeader(0, "X-A", "1"), AddHeader("X-B", "2"), Final(Verdict.ACCEPT)]
        return changes if isinstance(command, EndOfMessage) else CONTINUE

    assert played(MESSAGE_SCRIPT + wanted, milter(says), {"mail.eml": MESSAGE}).ok == holds


def test_a_command_that_is_not_wanted_is_answered_by_none():
    handler = milter(agreed=Negotiated(6, 0, Wish.NO_HELO))
    assert played("C: CONNECT mx\nC: HELO mx\nS: NONE", handler).ok


def test_a_milter_that_dies_is_told_with_its_line():
    result = played("C: CONNECT mx\n\nC: MAIL <a@b>", milter(lambda c: b"" if isinstance(c, MailFrom) else CONTINUE))
    assert (result.health, result.line, result.unmet) == (Health.CLOSED, 3, None)


NO_SCRIPTS = [
    ("", "nothing is said", "送るコマンドがありません"),
    ("C: HELO x\n" * 10_001, "more than 10000 lines", "10000 行を超えています"),
    ("S: CONTINUE", "line 1: an answer to nothing", "1 行目: 応答の前にコマンドがありません"),
    ("C: CONNECT", "line 1: CONNECT wants more words", "CONNECT の引数が足りません"),
    ("C: FOO bar", "line 1: 'FOO' is none of CONNECT, HELO, ", "「FOO」は CONNECT、HELO、"),
    ("CONNECT mx", "line 1: neither", "1 行目: `S:`、`C:`"),
    ("* within 2s", "line 1: `* within` follows the command", "コマンドのあとに書いてください"),
    ("C: CONNECT mx\n* soon", "line 2: an event is", "2 行目: イベントは"),
    ("C: CONNECT mx\n* wait 1e9s", "line 2: an event is", "2 行目: イベントは"),
    ("C: CONNECT mx\nS:", "line 2: an empty answer", "2 行目: 応答が空です"),
    ("C: BODY \\q", "line 1: no such escape: '\\q'; write \\r, \\n", "「\\q」というエスケープはありません。\\r、\\n"),
    ("C: BODY \udcff", "line 1 is no UTF-8; write other bytes as \\xHH", "1 行目が UTF-8 ではありません"),
    ("C: HEADER nothing", "line 1: HEADER wants `Name: value`", "HEADER は `名前: 値`"),
    ("C: HELO mx", "line 1: HELO cannot stand here in the order", "ここに HELO は置けません"),
    ("C: CONNECT mx\nC: CONNECT mx", "line 2: CONNECT cannot stand here", "2 行目: プロトコルの順序では"),
    ("C: CONNECT mx\nC: HELO a\\x00b", "line 2: a NUL would end", "2 行目: 文字列の途中に NUL"),
    ("C: MACRO a b\x00c\nC: CONNECT mx", "line 2: a NUL would end", "2 行目: 文字列の途中に NUL"),
    ("C: CONNECT mx\nC: HELO " + "x" * (1 << 20), "line 2: this is more than a packet", "1 パケットに入る大きさ"),
    ("C: CONNECT mx\nC: MESSAGE mail.eml", "line 2: MESSAGE cannot stand here", "ここに MESSAGE は"),
    ("C: CONNECT mx 999.1.1.1", "line 1: CONNECT wants HOST [ADDRESS [PORT]]", "CONNECT は HOST [ADDRESS [PORT]]"),
    ("C: CONNECT 999.1.1.1", "not '999.1.1.1'", "「999.1.1.1」は使えません"),
    ("C: CONNECT mx 192.0.2.1 65536", "not 'mx 192.0.2.1 65536'", "「mx 192.0.2.1 65536」は使えません"),
    ("C: CONNECT mx 192.0.2.1 25 now", "not 'mx 192.0.2.1 25 now'", "は使えません"),
]


@pytest.mark.parametrize(("text", "english", "japanese"), NO_SCRIPTS, ids=[row[1] for row in NO_SCRIPTS])
def test_what_is_no_script_says_why(text, english, japanese):
    with pytest.raises(ScriptError) as caught:
        played(text, milter(), {"mail.eml": MESSAGE})
    for lang, said in (("en", english), ("ja", japanese)):
        assert said in words(lang).usage(caught.value.reason, caught.value.params)


@pytest.mark.parametrize("client", ["unknown unknown", "localhost /run/sock", "[192.0.2.1]", "2001:db8::1", "mx"])
def test_clients_that_there_are(client):
    assert played(f"C: CONNECT {client}", milter()).ok


@given(
    st.lists(st.sampled_from([*ALL.splitlines(), "S: ~", "C: MESSAGE x", "*", "C:", "\x1b[2J"]), max_size=20).map(
        "\n".join
    )
)
def test_any_lines_are_a_script_or_none(text):
    try:
        played(text, milter(), {"x": MESSAGE})
    except (ScriptError, KeyError):
        pass


@pytest.mark.parametrize("page", ["milter.md", "milter.ja.md"])
def test_the_script_of_the_page_is_one_and_says_what_it_says(page):
    """It wants a signature of the first message."""
    text = (Path(__file__).parents[2] / "docs" / page).read_text("utf-8")
    (script,) = re.findall(r"```\n(# signs\.milter\n.*?)```", text, re.DOTALL)

    def says(command):
        signs = isinstance(command, EndOfMessage)
        return [InsertHeader(0, "DKIM-Signature", "v=1; a=x"), Final(Verdict.ACCEPT)] if signs else CONTINUE

    files = {"message.eml": MESSAGE}
    assert played(script, milter(says), files).ok
    unsigned = played(script, milter(), files)
    assert unsigned.unmet is not None and unsigned.unmet.wanted == "INSHEADER 0 DKIM-Signature: v=1; ~"
