from __future__ import annotations

import pytest
from cutting import all_ways, by_sizes, byte_by_byte, events, mostly, sizes
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.capabilities import Capability
from mailproof.model.reply import ReplyClass
from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.wire.smtp.extensions import read_ehlo
from mailproof.wire.smtp.replies import REPLY_LINES, ReplyReader, SmtpReply, compose_reply

SAKURA = b"""250-xxxx.vs.sakura.ne.jp\r
250-PIPELINING\r
250-SIZE 10240000\r
250-VRFY\r
250-ETRN\r
250-AUTH PLAIN LOGIN\r
250-ENHANCEDSTATUSCODES\r
250-8BITMIME\r
250 DSN\r
"""
MICROSOFT_365 = b"""250-TYCPR01CA0060.outlook.office365.com Hello [202.126.28.177]\r
250-SIZE 157286400\r
250-PIPELINING\r
250-DSN\r
250-ENHANCEDSTATUSCODES\r
250-AUTH LOGIN XOAUTH2\r
250-8BITMIME\r
250-BINARYMIME\r
250-CHUNKING\r
250 SMTPUTF8\r
"""
DIGEST_AND_LEGACY = b"""250-mail.example.com\r
250-PIPELINING\r
250-SIZE 10485760\r
250-ETRN\r
250-AUTH DIGEST-MD5 PLAIN LOGIN CRAM-MD5\r
250-AUTH=DIGEST-MD5 PLAIN LOGIN CRAM-MD5\r
250-ENHANCEDSTATUSCODES\r
250-8BITMIME\r
250 DSN\r
"""


def read(data):
    return all_ways(ReplyReader, data, trailing=b"250-left")


def kinds(reply):
    return [deviation.kind for deviation in reply.deviations]


@pytest.mark.parametrize(
    ("data", "code", "kind", "text", "enhanced"),
    [
        (b"220 mail.example.com ESMTP\r\n", 220, ReplyClass.POSITIVE, "mail.example.com ESMTP", ""),
        (b"334\r\n", 334, ReplyClass.INTERMEDIATE, "", ""),  # SoftBank, AUTH PLAIN in two steps
        (b"334 \r\n", 334, ReplyClass.INTERMEDIATE, "", ""),
        (b"334 VXNlcm5hbWU6\r\n", 334, ReplyClass.INTERMEDIATE, "VXNlcm5hbWU6", ""),
        (b"235 2.0.0 OK Authenticated\r\n", 235, ReplyClass.POSITIVE, "2.0.0 OK Authenticated", "2.0.0"),
        (
            b"503 5.5.2 Send hello first [TY2PR02CA0019.apcprd02.prod.outlook.com]\r\n",
            503,
            ReplyClass.PERMANENT,
            "5.5.2 Send hello first [TY2PR02CA0019.apcprd02.prod.outlook.com]",
            "5.5.2",
        ),
        (
            b"554 5.7.1 <xxxx@gmail.com>: Relay access denied\r\n",
            554,
            ReplyClass.PERMANENT,
            "5.7.1 <xxxx@gmail.com>: Relay access denied",
            "5.7.1",
        ),
        (
            b"421 iemsa400501.mailsv.softbank.jp Lost connection to [112.70.114.141]\r\n",
            421,
            ReplyClass.TRANSIENT,
            "iemsa400501.mailsv.softbank.jp Lost connection to [112.70.114.141]",
            "",
        ),
        (
            b"550-5.1.1 no such user\r\n550 5.1.1 \r\n",
            550,
            ReplyClass.PERMANENT,
            "5.1.1 no such user\n5.1.1 ",
            "5.1.1",
        ),
        (b"250 2.0.0\r\n", 250, ReplyClass.POSITIVE, "2.0.0", "2.0.0"),
        (b"250 2.0.0.1 is a version\r\n", 250, ReplyClass.POSITIVE, "2.0.0.1 is a version", ""),
        (b"600 odd\r\n", 600, ReplyClass.INVALID, "odd", ""),
        (b"250 \x1b[2Jok\r\n", 250, ReplyClass.POSITIVE, "\\x1b[2Jok", ""),
    ],
)
def test_one_reply(data, code, kind, text, enhanced):
    [reply] = read(data)
    assert (reply.code, reply.kind, reply.text, reply.enhanced) == (code, kind, text, enhanced)


@pytest.mark.parametrize(
    ("data", "code", "lines", "noted"),
    [
        (b"250 ok\n", 250, (b"ok",), [DeviationKind.BARE_LF]),
        (b"250-a\r\n550 b\r\n", 550, (b"a", b"b"), [DeviationKind.CODE_CHANGED]),
        (b"250-a\r\n250\r\n", 250, (b"a", b""), []),
        (b"250-a\r\nwhat\r\n250 b\r\n", 250, (b"a", b"what", b"b"), [DeviationKind.NOT_A_REPLY]),
        (b"+OK POP3 ready.\r\n", 0, (b"+OK POP3 ready.",), [DeviationKind.NOT_A_REPLY]),
        (b"25 ok\r\n", 0, (b"25 ok",), [DeviationKind.NOT_A_REPLY]),
        (b"2500 ok\r\n", 0, (b"2500 ok",), [DeviationKind.NOT_A_REPLY]),
        (b"000 ok\r\n", 0, (b"000 ok",), [DeviationKind.NOT_A_REPLY]),
        (b"\r\n", 0, (b"",), [DeviationKind.NOT_A_REPLY]),
        (b"\x15\x03\x01\x00\x02\x02\n", 0, (b"\x15\x03\x01\x00\x02\x02",), None),
        (b"250 " + b"x" * 3000 + b"\r\n", 250, (b"x" * 2044,), [DeviationKind.LINE_TOO_LONG]),
    ],
)
def test_an_odd_reply_is_read_and_noted(data, code, lines, noted):
    [reply] = read(data)
    assert (reply.code, reply.lines) == (code, lines)
    if noted is not None:
        assert kinds(reply) == noted


def test_lines_that_are_no_reply_come_one_by_one():
    replies = read(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    assert [reply.code for reply in replies] == [0, 0, 0]
    assert {reply.kind for reply in replies} == {ReplyClass.INVALID}


def test_the_double_answer_of_softbank_is_two_replies_with_their_offsets():
    first, second = read(b"235 Authentication successful\r\n235 2.0.0 OK Authenticated\r\n")
    assert (first.offset, second.offset) == (0, 31)


def test_a_deviation_says_where():
    [reply] = read(b"250-a\r\n251-b\r\n250 c\n")
    assert reply.line_offsets == (0, 7, 14)
    assert reply.deviations == (
        Deviation(DeviationKind.CODE_CHANGED, 7, "251"),
        Deviation(DeviationKind.BARE_LF, 19),
        Deviation(DeviationKind.CODE_CHANGED, 14, "250"),
    )


def test_a_connection_that_ends_inside_a_reply_leaves_a_note():
    reader = ReplyReader()
    assert reader.receive(b"250-mail.example.com\r\n250-SI") == []
    assert reader.pending == b"250-SI"
    [reply] = reader.end()
    assert reply.lines == (b"mail.example.com", b"SI")
    assert DeviationKind.MISSING_LAST_LINE in kinds(reply)
    assert reader.end() == []


def test_a_reader_after_another_goes_on_counting():
    assert ReplyReader(offset=500).receive(b"220 ok\r\n")[0].offset == 500


def test_of_an_endless_reply_the_first_lines_are_kept_and_all_are_counted():
    [reply] = read(b"250-x\r\n" * 5000 + b"550 5.0.0 end\r\n")
    assert len(reply.lines) == REPLY_LINES
    assert (reply.code, reply.enhanced) == (550, "5.0.0")
    assert reply.deviations == (Deviation(DeviationKind.REPLY_TOO_LONG, 7 * REPLY_LINES, "5001 lines"),)


def test_of_a_reply_of_long_lines_64_kib_are_kept():
    [reply] = ReplyReader().receive((b"250-" + b"x" * 2000 + b"\r\n") * 50 + b"250 end\r\n")
    assert 60_000 < sum(map(len, reply.lines)) <= 64 * 1024
    assert kinds(reply) == [DeviationKind.REPLY_TOO_LONG]


def test_megabytes_without_a_line_end_are_not_kept():
    reader = ReplyReader()
    for _ in range(64):
        assert reader.receive(b"2" * 65536) == []
        assert len(reader.pending) < 4096


@given(mostly(b"250-", b"250 ok", b"334", b"\r\n", b"\n", b"\r", b"5.7.1 ", b"x" * 700), sizes)
def test_any_bytes_give_the_same_replies_however_they_are_cut(data, chunks):
    expected = events(ReplyReader, [data])
    assert events(ReplyReader, by_sizes(data, chunks)) == expected
    assert events(ReplyReader, byte_by_byte(data)) == expected
    assert all(reply.text is not None and reply.kind for reply in expected)


line = st.binary(max_size=60).filter(lambda text: not any(byte in text for byte in b"\r\n\0"))


@given(st.integers(200, 599), st.lists(line, min_size=1, max_size=5), st.sampled_from(["", "5.7.1", "2.0.0"]))
def test_what_a_server_composes_a_client_reads(code, lines, enhanced):
    [reply] = ReplyReader().receive(compose_reply(code, *lines, enhanced=enhanced))
    expected = [
        (enhanced.encode() + b" " + text if text else enhanced.encode()) if enhanced else text for text in lines
    ]
    assert (reply.code, reply.lines) == (code, tuple(expected))
    if enhanced:
        assert reply.enhanced == enhanced


def test_composed_replies():
    assert compose_reply(250, "mail.test", "SIZE 1000", "DSN") == b"250-mail.test\r\n250-SIZE 1000\r\n250 DSN\r\n"
    assert compose_reply(550, "no", "user", enhanced="5.1.1") == b"550-5.1.1 no\r\n550 5.1.1 user\r\n"
    assert compose_reply(334) == b"334 \r\n"
    with pytest.raises(ValueError):
        compose_reply(250, "ok\r\n250 smuggled")


def test_the_extensions_of_the_articles_servers():
    [sakura] = read(SAKURA)
    offered, deviations = read_ehlo(sakura)
    assert [capability.name for capability in offered] == [
        "PIPELINING",
        "SIZE",
        "VRFY",
        "ETRN",
        "AUTH",
        "ENHANCEDSTATUSCODES",
        "8BITMIME",
        "DSN",
    ]
    assert Capability("AUTH", ("PLAIN", "LOGIN")) in offered
    assert deviations == ()
    [microsoft] = read(MICROSOFT_365)
    offered, _ = read_ehlo(microsoft)
    assert offered[0] == Capability("SIZE", ("157286400",))
    assert Capability("AUTH", ("LOGIN", "XOAUTH2")) in offered


def test_the_legacy_auth_line_is_told_from_the_other():
    [reply] = read(DIGEST_AND_LEGACY)
    offered, deviations = read_ehlo(reply)
    mechanisms = ("DIGEST-MD5", "PLAIN", "LOGIN", "CRAM-MD5")
    assert [capability for capability in offered if capability.name == "AUTH"] == [
        Capability("AUTH", mechanisms),
        Capability("AUTH", mechanisms, legacy=True),
    ]
    assert deviations == (Deviation(DeviationKind.LEGACY_AUTH, DIGEST_AND_LEGACY.index(b"250-AUTH=")),)


@pytest.mark.parametrize(
    ("keyword", "expected"),
    [
        (b"size 1000", Capability("SIZE", ("1000",))),
        (b"AUTH   plain\tLOGIN ", Capability("AUTH", ("plain", "LOGIN"))),
        (b"auth=LOGIN", Capability("AUTH", ("LOGIN",), legacy=True)),
        (b"AUTH= LOGIN", Capability("AUTH", ("LOGIN",), legacy=True)),
        (b"AUTH", Capability("AUTH")),
        (b"X-EXPS GSSAPI NTLM", Capability("X-EXPS", ("GSSAPI", "NTLM"))),
        (b"X-EXPS=LOGIN", Capability("X-EXPS=LOGIN")),
        (b"x\x1b[2J", Capability("X\\x1b[2J")),
    ],
)
def test_a_keyword(keyword, expected):
    [reply] = ReplyReader().receive(b"250-mx.test\r\n250 " + keyword + b"\r\n")
    assert read_ehlo(reply)[0] == (expected,)


def test_a_helo_reply_and_an_empty_keyword_offer_nothing():
    assert read_ehlo(SmtpReply(250, (b"iemsa300501.mailsv.softbank.jp",))) == ((), ())
    assert read_ehlo(SmtpReply(250, (b"mx.test", b"", b" "))) == ((), ())
    assert read_ehlo(SmtpReply(250, ())) == ((), ())
