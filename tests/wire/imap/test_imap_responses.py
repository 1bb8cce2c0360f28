"""What real servers say, and what nobody should, as events."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailproof.model.escape import printable
from mailproof.model.reply import ReplyClass
from mailproof.model.transcript import DeviationKind
from mailproof.wire.imap.responses import (
    LINE_LIMIT,
    ImapResponse,
    ResponseKind,
    ResponseReader,
    capabilities,
    fetch_items,
)

UNTAGGED, TAGGED = ResponseKind.UNTAGGED, ResponseKind.TAGGED


@dataclass(frozen=True)
class Case:
    """One response as a server sends it, and what of its event is worth saying."""

    server: str
    data: bytes
    kind: ResponseKind
    expected: dict[str, object] = field(default_factory=dict)


CASES = [
    Case(
        "Dovecot greets with its capabilities",
        b"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS LOGINDISABLED] "
        b"Dovecot (Debian) ready.\r\n",
        UNTAGGED,
        {"name": "OK", "code": "CAPABILITY", "text": "Dovecot (Debian) ready.", "reply_kind": ReplyClass.POSITIVE},
    ),
    Case(
        "Cyrus greets",
        b"* OK [CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE STARTTLS AUTH=PLAIN SASL-IR] mail.example.com Cyrus IMAP "
        b"3.6.1 server ready\r\n",
        UNTAGGED,
        {"name": "OK", "text": "mail.example.com Cyrus IMAP 3.6.1 server ready"},
    ),
    Case(
        "Exchange greets without capabilities",
        b"* OK The Microsoft Exchange IMAP4 service is ready.\r\n",
        UNTAGGED,
        {"name": "OK", "code": "", "text": "The Microsoft Exchange IMAP4 service is ready."},
    ),
    Case(
        "Exchange Online puts a host in base64 into its greeting",
        b"* OK The Microsoft Exchange IMAP4 service is ready. [VABZADIA]\r\n",
        UNTAGGED,
        {"code": "", "text": "The Microsoft Exchange IMAP4 service is ready. [VABZADIA]"},
    ),
    Case(
        "Gmail greets",
        b"* OK Gimap ready for requests from 192.0.2.1 a1mb123456789\r\n",
        UNTAGGED,
        {"name": "OK"},
    ),
    Case(
        "a greeting that is logged in already",
        b"* PREAUTH IMAP4rev1 server logged in as smith\r\n",
        UNTAGGED,
        {"name": "PREAUTH", "reply_kind": ReplyClass.POSITIVE},
    ),
    Case(
        "a server that refuses for now",
        b"* BYE [UNAVAILABLE] Too many connections\r\n",
        UNTAGGED,
        {"name": "BYE", "code": "UNAVAILABLE", "reply_kind": ReplyClass.TRANSIENT},
    ),
    Case(
        "a server that refuses",
        b"* BYE Disconnected: Auth process broken\r\n",
        UNTAGGED,
        {"reply_kind": ReplyClass.PERMANENT},
    ),
    Case(
        "Dovecot refuses a password",
        b"a1 NO [AUTHENTICATIONFAILED] Authentication failed.\r\n",
        TAGGED,
        {"tag": "a1", "name": "NO", "code": "AUTHENTICATIONFAILED", "reply_kind": ReplyClass.PERMANENT},
    ),
    Case(
        "Dovecot's authentication is down",
        b"a1 NO [UNAVAILABLE] Temporary authentication failure. [mail:2026-11-21 23:34:00]\r\n",
        TAGGED,
        {
            "code": "UNAVAILABLE",
            "text": "Temporary authentication failure. [mail:2026-11-21 23:34:00]",
            "reply_kind": ReplyClass.TRANSIENT,
        },
    ),
    Case("a mailbox in use", b"a1 NO [INUSE] locked\r\n", TAGGED, {"reply_kind": ReplyClass.TRANSIENT}),
    Case(
        "Dovecot wants TLS first",
        b"* BAD [ALERT] Plaintext authentication not allowed without SSL/TLS, but your client did it anyway.\r\n",
        UNTAGGED,
        {"name": "BAD", "code": "ALERT", "reply_kind": ReplyClass.PERMANENT},
    ),
    Case("Exchange refuses", b"a1 NO LOGIN failed.\r\n", TAGGED, {"code": "", "text": "LOGIN failed."}),
    Case(
        "Gmail refuses",
        b"a1 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n",
        TAGGED,
        {"code": "AUTHENTICATIONFAILED"},
    ),
    Case("a status in lower case and without text", b"a1 ok\r\n", TAGGED, {"name": "OK", "text": ""}),
    Case(
        "Exchange lists capabilities",
        b"* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE "
        b"NAMESPACE LITERAL+\r\n",
        UNTAGGED,
        {"name": "CAPABILITY", "reply_kind": ReplyClass.INVALID},
    ),
    Case("how many messages", b"* 23 EXISTS\r\n", UNTAGGED, {"name": "EXISTS", "number": 23, "values": ()}),
    Case("flags", b"* FLAGS (\\Answered \\Seen)\r\n", UNTAGGED, {"values": (("\\Answered", "\\Seen"),)}),
    Case(
        "the flags that last",
        b"* OK [PERMANENTFLAGS (\\Answered \\*)] Flags permitted.\r\n",
        UNTAGGED,
        {"code": "PERMANENTFLAGS", "code_args": ("\\\\Answered", "\\\\*"), "text": "Flags permitted."},
    ),
    Case("validity", b"* OK [UIDVALIDITY 1795303667] UIDs valid\r\n", UNTAGGED, {"code_args": ("1795303667",)}),
    Case("found", b"* SEARCH 2 84 882\r\n", UNTAGGED, {"values": ("2", "84", "882"), "text": "2 84 882"}),
    Case("nothing found", b"* SEARCH\r\n", UNTAGGED, {"name": "SEARCH", "values": ()}),
    Case(
        "Gmail lists a mailbox",
        b'* LIST (\\All \\HasNoChildren) "/" "[Gmail]/All Mail"\r\n',
        UNTAGGED,
        {"values": (("\\All", "\\HasNoChildren"), b"/", b"[Gmail]/All Mail")},
    ),
    Case("a flat mailbox", b"* LIST () NIL INBOX\r\n", UNTAGGED, {"values": ((), None, "INBOX")}),
    Case(
        "a quoted string with escapes, and braces at its end",
        b'* LIST () "\\\\" "a\\"b{3}"\r\n',
        UNTAGGED,
        {"values": ((), b"\\", b'a"b{3}')},
    ),
    Case(
        "a message",
        b"* 12 FETCH (UID 5 BODY[HEADER.FIELDS (SUBJECT DATE)]<0> {12}\r\nSubject: x\r\n FLAGS (\\Seen))\r\n",
        UNTAGGED,
        {
            "name": "FETCH",
            "number": 12,
            "values": (
                ("UID", "5", "BODY[HEADER.FIELDS (SUBJECT DATE)]<0>", b"Subject: x\r\n", "FLAGS", ("\\Seen",)),
            ),
            "literal_sizes": (12,),
        },
    ),
    Case("an empty literal", b"* 1 FETCH (BODY[] {0}\r\n)\r\n", UNTAGGED, {"values": (("BODY[]", b""),)}),
    Case(
        "a binary literal",
        b"* 1 FETCH (BINARY[1] ~{3}\r\n\0a\0)\r\n",
        UNTAGGED,
        {"values": (("BINARY[1]", b"\0a\0"),)},
    ),
    Case(
        "a literal that looks like responses",
        b"* 1 FETCH (BODY[] {13}\r\na1 OK {9}\r\n\r\n)\r\n",
        UNTAGGED,
        {"values": (("BODY[]", b"a1 OK {9}\r\n\r\n"),)},
    ),
    Case("braces in human text", b"a1 OK done {5}\r\n", TAGGED, {"text": "done {5}"}),
    Case(
        "a challenge",
        b"+ PDEyMzQ1QGV4YW1wbGUuY29tPg==\r\n",
        ResponseKind.CONTINUATION,
        {"challenge": b"<12345@example.com>", "reply_kind": ReplyClass.INTERMEDIATE},
    ),
    Case("an empty challenge", b"+ \r\n", ResponseKind.CONTINUATION, {"challenge": b""}),
    Case("an empty challenge of an older server", b"+\r\n", ResponseKind.CONTINUATION, {"challenge": b""}),
    Case("readiness", b"+ Ready for literal data\r\n", ResponseKind.CONTINUATION, {"challenge": None}),
]


def _ids(case: Case) -> str:
    return case.server


@pytest.mark.parametrize("case", CASES, ids=_ids)
def test_a_real_line_read_whole_byte_by_byte_and_with_more_behind_it(case: Case) -> None:
    reader = ResponseReader()
    (response,) = reader.receive(case.data)
    assert response.kind is case.kind
    assert {name: getattr(response, name) for name in case.expected} == case.expected
    assert response.deviations == ()
    assert (response.offset, response.length) == (0, len(case.data))

    slow = ResponseReader()
    assert [event for i in range(len(case.data)) for event in slow.receive(case.data[i : i + 1])] == [response]

    more = ResponseReader()
    assert more.receive(case.data + b"* 1 EXI") == [response]
    assert (more.pending, more.offset) == (b"* 1 EXI", len(case.data))
    assert more.receive(b"STS\r\n")[0].name == "EXISTS"


def _one(data: bytes, keep: int = 1000) -> ImapResponse:
    (response,) = ResponseReader(keep=keep).receive(data)
    return response


def _kinds(response: ImapResponse) -> list[DeviationKind]:
    return [deviation.kind for deviation in response.deviations]


@pytest.mark.parametrize(
    "data",
    [
        b"220 mx.example.com ESMTP\r\n",
        b"+OK POP3 ready\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b'"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n',
        b"\r\n",
        b"* \r\n",
        b"*\r\n",
        b"a1 BYE\r\n",
        b"a1 3 OK\r\n",
        b"* 99999999999999999999999 EXISTS\r\n",
        b"\x15\x03\x01\x00\x02\x02\x0a",
    ],
)
def test_what_is_no_imap_is_said_to_be_none(data: bytes) -> None:
    response = _one(data)
    assert (response.kind, response.reply_kind) == (ResponseKind.INVALID, ReplyClass.INVALID)
    assert DeviationKind.NOT_A_REPLY in _kinds(response)


def test_a_bare_line_feed_is_noted_and_read() -> None:
    response = _one(b"a1 OK done\n")
    assert (response.text, _kinds(response)) == ("done", [DeviationKind.BARE_LF])


def test_terminal_escapes_never_reach_the_text() -> None:
    assert _one(b"* OK \x1b[2Jready\r\n").text == "\\x1b[2Jready"


@pytest.mark.parametrize("size", [b"4294967296", b"9" * 40, b"9" * 5000, b"abc", b"", b"-1", b"1 2"])
def test_a_literal_of_an_impossible_size_is_not_waited_for(size: bytes) -> None:
    reader = ResponseReader()
    response, after = reader.receive(b"* 1 FETCH (BODY[] {" + size + b"}\r\na1 OK\r\n")
    assert DeviationKind.WRONG_LITERAL in _kinds(response)
    assert (after.tag, after.name) == ("a1", "OK")


def test_a_huge_literal_is_counted_and_thrown_away() -> None:
    reader = ResponseReader(keep=10)
    size = 3_000_000
    assert reader.receive(b"* 1 FETCH (BODY[] {%d}\r\n" % size) == []
    for _ in range(size // 1000):
        assert reader.receive(b"x" * 1000) == []
        assert len(reader.pending) < 100
    fetched, after = reader.receive(b" UID 7)\r\na1 OK\r\n")
    assert fetch_items(fetched) == {"BODY[]": b"x" * 10, "UID": "7"}
    assert fetched.literal_sizes == (size,)
    assert _kinds(fetched) == [DeviationKind.REPLY_TOO_LONG]
    assert after.name == "OK"


def test_all_literals_of_a_response_share_the_room_there_is() -> None:
    response = _one(b"* X {4}\r\nabcd {4}\r\nefgh {4}\r\nijkl\r\n", keep=6)
    assert response.values == (b"abcd", b"ef", b"")
    assert response.literal_sizes == (4, 4, 4)


def test_a_response_of_countless_literals_is_bounded_and_ends() -> None:
    reader = ResponseReader()
    reader.receive(b"* X")
    for _ in range(30):
        assert reader.receive(b" {0}\n" * 10_000) == []
    response, after = reader.receive(b"\r\na1 OK\r\n")
    assert len(response.literal_sizes) <= LINE_LIMIT // 4
    assert DeviationKind.LINE_TOO_LONG in _kinds(response)
    assert len(response.deviations) < 50
    assert after.name == "OK"


def test_a_line_without_end_is_cut() -> None:
    reader = ResponseReader()
    for _ in range(30):
        reader.receive(b"* SEARCH " + b"1 " * 50_000)
        assert len(reader.pending) <= LINE_LIMIT + 1
    (response,) = reader.receive(b"\r\n")
    assert _kinds(response)[0] is DeviationKind.LINE_TOO_LONG


@pytest.mark.parametrize("unit", [b"(", b")", b'"', b"BODY[ ", b"[", b"\\", b'"\\', b"{", b" ", b"\xff", b"a[\xff]("])
def test_repetition_costs_no_more_than_it_is_long(unit: bytes) -> None:
    for start in (b"* X ", b"* OK [", b""):
        assert len(ResponseReader().receive(start + unit * (300_000 // len(unit)) + b"\r\n")) == 1


def test_lists_nest_only_so_deep() -> None:
    response = _one(b"* X " + b"(" * 5000 + b"a" + b")" * 5000 + b" b\r\n")
    assert response.values[1] == "b"
    assert _kinds(response) == [DeviationKind.NOT_A_REPLY]
    assert repr(response) and hash(response.values)


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (b"* X (a (b\r\n", (("a", ("b",)),)),
        (b"* X a) b\r\n", ("a", "b")),
        (b'* X "a b\r\n', (b"a b",)),
        (b"* OK [UNSEEN 2 First unseen\r\n", ()),
    ],
)
def test_what_is_never_closed_is_noted(data: bytes, values: tuple[object, ...]) -> None:
    response = _one(data)
    assert (response.values, _kinds(response)) == (values, [DeviationKind.NOT_A_REPLY])


def test_a_code_ends_after_its_quoted_strings() -> None:
    response = _one(b'a1 NO [BADCHARSET ("x]y" UTF-8)] no\r\n')
    assert (response.code, response.code_args, response.text) == ("BADCHARSET", ("x]y", "UTF-8"), "no")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"* OK Dov", [DeviationKind.MISSING_LAST_LINE]),
        (b"* 1 FETCH (BODY[] {5}\r\nab", [DeviationKind.WRONG_LITERAL, DeviationKind.MISSING_LAST_LINE]),
        (b"* 1 FETCH (BODY[] {5}\r\n", [DeviationKind.WRONG_LITERAL, DeviationKind.MISSING_LAST_LINE]),
        (b"* 1 FETCH (BODY[] {2}\r\nab", [DeviationKind.MISSING_LAST_LINE]),
    ],
)
def test_a_connection_that_ends_too_early_leaves_what_came(data: bytes, expected: list[DeviationKind]) -> None:
    reader = ResponseReader()
    assert reader.receive(data) == []
    (response,) = reader.end()
    assert response.name in ("OK", "FETCH")
    assert [kind for kind in _kinds(response) if kind is not DeviationKind.NOT_A_REPLY] == expected
    assert reader.end() == []


def test_offsets_go_on_where_the_reader_was_told_to_begin() -> None:
    reader = ResponseReader(offset=100)
    reader.receive(b"* OK\r\n")
    assert (reader.receive(b"nonsense\r\n")[0].deviations[0].offset, reader.offset) == (106, 116)


def test_all_auth_words_become_one_capability() -> None:
    data = b"CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE auth=login LITERAL+ AUTH=PLAIN THREAD=REFERENCES"
    for line in (b"* " + data, b"* OK [" + data + b"] ready", b"a1 OK [" + data + b"] Logged in"):
        assert [(c.name, c.params) for c in capabilities(_one(line + b"\r\n"))] == [
            ("IMAP4REV1", ()),
            ("AUTH", ("PLAIN", "LOGIN")),
            ("IDLE", ()),
            ("LITERAL+", ()),
            ("THREAD=REFERENCES", ()),
        ]
    assert capabilities(_one(b"* OK ready\r\n")) == ()


PIECES = st.sampled_from(
    [c.data for c in CASES] + [b"{3}", b"{3}\r\n", b"{1+}\n", b"* X ", b"(", b'"', b"\r\n", b"\0"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=20), max_size=8), st.lists(st.integers(1, 40)), st.integers(0, 30))
def test_any_bytes_cut_anyhow_give_the_same_events(pieces: list[bytes], cuts: list[int], keep: int) -> None:
    data = b"".join(pieces)
    whole = ResponseReader(keep=keep)
    expected = whole.receive(data) + whole.end()
    cut = ResponseReader(keep=keep)
    events, at = [], 0
    for size in [*cuts, len(data)]:
        events += cut.receive(data[at : at + size])
        at += size
    assert events + cut.end() == expected
    assert sum(event.length for event in expected) == len(data)
    at = 0
    for event in expected:
        assert event.offset == at
        assert event.challenge is None or event.kind is ResponseKind.CONTINUATION
        assert printable(event.text) == event.text
        assert fetch_items(event) is not None and capabilities(event) is not None
        at += event.length
