"""What the client's half writes, the server's half reads, and the other way round."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.model.transcript import SECRET
from mailproof.wire.commands import ClientLine
from mailproof.wire.imap import commands
from mailproof.wire.imap.commands import SMALL_LITERAL, ImapCommand, Literals, Tags
from mailproof.wire.imap.responses import ResponseKind, ResponseReader, fetch_items
from mailproof.wire.imap.session import (
    CommandReader,
    ImapCommandLine,
    NeedContinuation,
    compose_continuation,
    compose_tagged,
    compose_untagged,
)
from mailproof.wire.imap.tokens import literal, quote, string_of

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


def _read(command: ImapCommand) -> ImapCommandLine:
    """The command as the server reads it, each part sent when the server asks for it."""
    reader = CommandReader()
    for part in command.parts[:-1]:
        (asked,) = reader.receive(part.data)
        assert isinstance(asked, NeedContinuation)
    (line,) = reader.receive(command.parts[-1].data)
    assert isinstance(line, ImapCommandLine)
    return line


@pytest.mark.parametrize(
    ("command", "data", "name", "args"),
    [
        (commands.capability("a1"), b"a1 CAPABILITY\r\n", "CAPABILITY", ()),
        (commands.starttls("a1"), b"a1 STARTTLS\r\n", "STARTTLS", ()),
        (commands.noop("a1"), b"a1 NOOP\r\n", "NOOP", ()),
        (commands.logout("a1"), b"a1 LOGOUT\r\n", "LOGOUT", ()),
        (commands.login("a1", "joe", 'p"w\\d'), b'a1 LOGIN "joe" "p\\"w\\\\d"\r\n', "LOGIN", (b"joe", b'p"w\\d')),
        (commands.login("a1", "", ""), b'a1 LOGIN "" ""\r\n', "LOGIN", (b"", b"")),
        (
            commands.login("a1", "j\u00f6", "\u7a4d"),
            b"a1 LOGIN {3}\r\nj\xc3\xb6 {3}\r\n\xe7\xa9\x8d\r\n",
            "LOGIN",
            (b"j\xc3\xb6", b"\xe7\xa9\x8d"),
        ),
        (
            commands.login("a1", "j\u00f6", "\u7a4d", Literals.ALL),
            b"a1 LOGIN {3+}\r\nj\xc3\xb6 {3+}\r\n\xe7\xa9\x8d\r\n",
            "LOGIN",
            (b"j\xc3\xb6", b"\xe7\xa9\x8d"),
        ),
        (
            commands.search_header("a1", "Subject", "\u00fc", Literals.SMALL),
            b"a1 SEARCH CHARSET UTF-8 HEADER Subject {2+}\r\n\xc3\xbc\r\n",
            "SEARCH",
            ("CHARSET", "UTF-8", "HEADER", "Subject", b"\xc3\xbc"),
        ),
        (commands.idle("a1"), b"a1 IDLE\r\n", "IDLE", ()),
        (commands.authenticate("a1", "PLAIN"), b"a1 AUTHENTICATE PLAIN\r\n", "AUTHENTICATE", ("PLAIN",)),
        (
            commands.authenticate("a1", "PLAIN", b"\0u\0p"),
            b"a1 AUTHENTICATE PLAIN AHUAcA==\r\n",
            "AUTHENTICATE",
            ("PLAIN", "AHUAcA=="),
        ),
        (
            commands.authenticate("a1", "EXTERNAL", b""),
            b"a1 AUTHENTICATE EXTERNAL =\r\n",
            "AUTHENTICATE",
            ("EXTERNAL", "="),
        ),
        (commands.select("a1", "INBOX"), b"a1 SELECT INBOX\r\n", "SELECT", ("INBOX",)),
        (commands.select("a1", "NIL"), b'a1 SELECT "NIL"\r\n', "SELECT", (b"NIL",)),
        (commands.examine("a1", "Sent Mail"), b'a1 EXAMINE "Sent Mail"\r\n', "EXAMINE", (b"Sent Mail",)),
        (commands.examine("a1", "\u53f0\u5317"), b"a1 EXAMINE &U,BTFw-\r\n", "EXAMINE", ("&U,BTFw-",)),
        (commands.list_("a1"), b'a1 LIST "" "*"\r\n', "LIST", (b"", b"*")),
        (
            commands.status("a1", "INBOX", ["UIDNEXT"]),
            b"a1 STATUS INBOX (UIDNEXT)\r\n",
            "STATUS",
            ("INBOX", ("UIDNEXT",)),
        ),
        (commands.enable("a1", "UTF8=ACCEPT"), b"a1 ENABLE UTF8=ACCEPT\r\n", "ENABLE", ("UTF8=ACCEPT",)),
        (
            commands.search_header("a1", "Message-ID", "<1@example.com>"),
            b'a1 SEARCH HEADER Message-ID "<1@example.com>"\r\n',
            "SEARCH",
            ("HEADER", "Message-ID", b"<1@example.com>"),
        ),
        (
            commands.search_header("a1", "Subject", "\u00fc"),
            b"a1 SEARCH CHARSET UTF-8 HEADER Subject {2}\r\n\xc3\xbc\r\n",
            "SEARCH",
            ("CHARSET", "UTF-8", "HEADER", "Subject", b"\xc3\xbc"),
        ),
        (commands.fetch("a1", [1, 3], "FLAGS"), b"a1 FETCH 1,3 FLAGS\r\n", "FETCH", ("1,3", "FLAGS")),
        (
            commands.fetch("a1", "1:*", ("UID", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]<0.99>")),
            b"a1 FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]<0.99>)\r\n",
            "FETCH",
            ("1:*", ("UID", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]<0.99>")),
        ),
    ],
    ids=lambda value: value.decode("latin-1") if isinstance(value, bytes) else "",
)
def test_a_command_as_it_is_sent_and_as_it_is_read(
    command: ImapCommand, data: bytes, name: str, args: tuple[object, ...]
) -> None:
    assert b"".join(part.data for part in command.parts) == data
    line = _read(command)
    assert (line.tag, line.name, line.args, line.problem, line.deviations) == ("a1", name, args, "", ())
    assert line.line + b"\r\n" == data


@settings(max_examples=300)
@given(TEXT, TEXT)
def test_the_server_reads_the_credentials_that_the_client_was_given(user: str, password: str) -> None:
    command = commands.login("a1", user, password)
    line = _read(command)
    assert tuple(string_of(arg) for arg in line.args) == (user.encode(), password.encode())
    assert line.problem == ""
    hidden = b"".join(part.data[span] for part in command.parts for span in part.secret)
    written = password.encode()
    assert hidden in (written, written.replace(b"\\", b"\\\\").replace(b'"', b'\\"'))
    rest = bytearray(command.parts[-1].data)
    for span in command.parts[-1].secret:
        rest[span] = b""
    if len(password) > 9 and password not in user:
        assert written not in rest
        assert password not in repr(command) + repr(line)


@given(st.binary(max_size=50))
def test_every_answer_to_a_challenge_is_secret_and_arrives(data: bytes) -> None:
    answer = commands.authenticate_response(data)
    reader = CommandReader()
    assert len(reader.receive(b"a1 AUTHENTICATE PLAIN\r\n")) == 1
    reader.expect_line()
    (line,) = reader.receive(answer.data)
    assert isinstance(line, ClientLine)
    assert base64.b64decode(line.data) == data
    assert b"".join(answer.data[span] for span in answer.secret) == line.data
    assert not data or SECRET in repr(answer)


def test_an_exchange_can_be_cancelled() -> None:
    assert commands.authenticate_cancel().data == b"*\r\n"


def test_tags_count() -> None:
    tags = Tags()
    assert [tags.next(), tags.next()] == ["a1", "a2"]


def test_raw_bytes_go_as_they_are() -> None:
    assert commands.raw(b"a1 NOOP\na2").data == b"a1 NOOP\na2"


@pytest.mark.parametrize(
    "write",
    [
        lambda: commands.login("a1", "joe", "nul\0"),
        lambda: commands.login("a1", "joe", "hidden\ud800"),
        lambda: commands.login("a1\r\n", "joe", "x"),
        lambda: commands.capability("a 1"),
        lambda: commands.capability("+"),
        lambda: commands.authenticate("a1", "PLAIN\r\na2"),
        lambda: commands.authenticate("a1\r\n", "PLAIN", b"x"),
        lambda: commands.select("a1", "INBOX\r\na2 LOGOUT"),
        lambda: commands.select("a1", "\udc00"),
        lambda: commands.list_("a1", "", "*\n"),
        lambda: commands.status("a1", "INBOX", ["X)\r\n"]),
        lambda: commands.enable("a1", "X\r\n"),
        lambda: commands.search_header("a1", "Subject:", "x"),
        lambda: commands.search_header("a1", "Subject", "x\r\na2 LOGOUT"),
        lambda: commands.fetch("a1", "1\r\n", "UID"),
        lambda: commands.fetch("a1", [], "UID"),
        lambda: commands.fetch("a1", "1", "UID\r\n"),
        lambda: commands.fetch("a1", "1", "BODY[{3}]"),
        lambda: compose_tagged("a1", "OK", "x\r\n* BYE"),
        lambda: compose_tagged("a1", "OK", "{1}\r\nx"),
        lambda: compose_untagged("OK x\r\n* BYE"),
        lambda: compose_untagged(b"X {9}\r\nshort"),
        lambda: compose_continuation("\n"),
        lambda: quote("\u00fc"),
        lambda: literal(b"\0"),
    ],
)
def test_no_argument_can_begin_another_line(write: Callable[[], object]) -> None:
    with pytest.raises(ValueError) as caught:
        write()
    assert "hidden" not in str(caught.value) and not hasattr(caught.value, "object")
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@given(st.binary(max_size=60).filter(lambda data: b"\0" not in data), st.integers(1, 99))
def test_a_message_fetched_is_the_message_sent(message: bytes, uid: int) -> None:
    data = compose_untagged(b"1 FETCH (UID %d BODY[] " % uid + literal(message) + b")")
    (response,) = ResponseReader().receive(data)
    assert fetch_items(response) == {"UID": str(uid), "BODY[]": message}
    assert response.deviations == ()


def test_status_lines_and_challenges_arrive() -> None:
    data = compose_tagged("a1", "NO", "no [such] user", "AUTHENTICATIONFAILED") + compose_continuation("YWJj")
    refused, challenge = ResponseReader().receive(data)
    assert (refused.kind, refused.code, refused.text) == (
        ResponseKind.TAGGED,
        "AUTHENTICATIONFAILED",
        "no [such] user",
    )
    assert challenge.challenge == b"abc"
    (listed,) = ResponseReader().receive(compose_untagged('LIST () "/" ' + quote('a "b"').decode()))
    assert listed.values == ((), b"/", b'a "b"')


def test_literal_minus_ends_at_4096_octets() -> None:
    small, large = ("\u00fc" * (SMALL_LITERAL // 2 + more) for more in (0, 1))
    for text, parts in ((small, 1), (large, 2)):
        command = commands.login("a1", "joe", text, Literals.SMALL)
        assert len(command.parts) == parts
        assert SECRET in repr(command) and text not in repr(command)
        assert command.parts[-1].data[command.parts[-1].secret[0]] == text.encode()


@pytest.mark.parametrize(("unasked", "problem"), [(None, ""), (4, ""), (3, "asking"), (-1, "asking")])
def test_what_a_server_takes_unasked(unasked: int | None, problem: str) -> None:
    reader = CommandReader(unasked=unasked)
    line, after = reader.receive(b"a1 STATUS {4+}\r\nWork (MESSAGES)\r\na2 NOOP\r\n")
    assert isinstance(line, ImapCommandLine) and isinstance(after, ImapCommandLine)
    assert problem in line.problem and bool(problem) is bool(line.problem)
    assert (after.tag, after.problem) == ("a2", "")
    (asked,) = CommandReader(unasked=unasked).receive(b"a1 STATUS {4}\r\n")
    assert asked == NeedContinuation(4)
