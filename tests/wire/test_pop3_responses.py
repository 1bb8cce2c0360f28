from __future__ import annotations

import pytest
from cutting import all_ways, by_sizes, byte_by_byte, events, mostly, sizes
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.capabilities import Capability
from mailproof.model.reply import ReplyClass
from mailproof.model.transcript import Deviation, DeviationKind
from mailproof.wire.pop3.responses import Pop3Response, ResponseReader, apop_timestamp, read_capa
from mailproof.wire.pop3.session import compose_challenge, compose_err, compose_multiline, compose_ok


def multiline(**options):
    reader = ResponseReader(**options)
    reader.expect(multiline=True)
    return reader


def read(data):
    return all_ways(ResponseReader, data, trailing=b"+O")


def read_body(data, **options):
    [response] = all_ways(lambda: multiline(**options), data, trailing=b"+O")
    return response


def kinds(response):
    return [deviation.kind for deviation in response.deviations]


@pytest.mark.parametrize(
    ("data", "kind", "status", "code", "text"),
    [
        (b"+OK Dovecot ready.\r\n", ReplyClass.POSITIVE, "+OK", "", "Dovecot ready."),
        (b"+OK\r\n", ReplyClass.POSITIVE, "+OK", "", ""),
        (b"+ok Logged in.\r\n", ReplyClass.POSITIVE, "+OK", "", "Logged in."),
        (b"+OK, ready\r\n", ReplyClass.POSITIVE, "+OK", "", ", ready"),
        (b"+OK 1 1795\r\n", ReplyClass.POSITIVE, "+OK", "", "1 1795"),
        (
            b"-ERR [AUTH] Authentication failed.\r\n",
            ReplyClass.PERMANENT,
            "-ERR",
            "AUTH",
            "[AUTH] Authentication failed.",
        ),
        (b"-ERR [SYS/TEMP] later\r\n", ReplyClass.TRANSIENT, "-ERR", "SYS/TEMP", "[SYS/TEMP] later"),
        (b"-ERR [in-use] locked\r\n", ReplyClass.TRANSIENT, "-ERR", "IN-USE", "[in-use] locked"),
        (b"-ERR [LOGIN-DELAY]\r\n", ReplyClass.TRANSIENT, "-ERR", "LOGIN-DELAY", "[LOGIN-DELAY]"),
        (b"-ERR [SYS/PERM] no\r\n", ReplyClass.PERMANENT, "-ERR", "SYS/PERM", "[SYS/PERM] no"),
        (b"-ERR\r\n", ReplyClass.PERMANENT, "-ERR", "", ""),
        (b"-ERR Unknown command: [x y]\r\n", ReplyClass.PERMANENT, "-ERR", "", "Unknown command: [x y]"),
        (b"+OKAY\r\n", ReplyClass.INVALID, "", "", "+OKAY"),
        (b"* OK IMAP ready\r\n", ReplyClass.INVALID, "", "", "* OK IMAP ready"),
        (b"220 mx\x07\r\n", ReplyClass.INVALID, "", "", "220 mx\\x07"),
        (b"\r\n", ReplyClass.INVALID, "", "", ""),
    ],
)
def test_one_line(data, kind, status, code, text):
    [response] = read(data)
    assert (response.kind, response.status, response.code, response.text) == (kind, status, code, text)
    assert response.lines is None
    assert (DeviationKind.NOT_A_REPLY in kinds(response)) == (kind is ReplyClass.INVALID)


@pytest.mark.parametrize(
    ("data", "challenge", "noted"),
    [
        (b"+ \r\n", b"", []),
        (b"+\r\n", b"", []),
        (b"+ VXNlcm5hbWU6\r\n", b"Username:", []),
        (b"+ go ahead\r\n", None, [DeviationKind.BAD_CONTINUATION]),
        (b"+ \xff\r\n", None, [DeviationKind.EIGHT_BIT, DeviationKind.BAD_CONTINUATION]),
    ],
)
def test_a_challenge(data, challenge, noted):
    [response] = read(data)
    assert (response.kind, response.status) == (ReplyClass.INTERMEDIATE, "+")
    assert (response.challenge, kinds(response)) == (challenge, noted)


def test_the_list_of_the_article():
    response = read_body(b"+OK 3 messages:\r\n1 3546\r\n2 3594\r\n3 3542\r\n.\r\n")
    assert response.text == "3 messages:"
    assert response.lines == (b"1 3546", b"2 3594", b"3 3542")
    assert (response.size, response.truncated, response.deviations) == (24, False, ())


def test_a_body_is_unstuffed():
    response = read_body(b"+OK\r\n..\r\n...x\r\n\r\n.\r\n")
    assert response.lines == (b".", b"..x", b"")
    assert response.size == 12


def test_an_odd_body_is_read_and_noted():
    response = read_body(b"+OK\r\n.x\r\n.y\r\nbare\n.\n")
    assert response.lines == (b"x", b"y", b"bare")
    assert response.deviations == (
        Deviation(DeviationKind.BAD_UNSTUFFING, 5),
        Deviation(DeviationKind.BARE_LF, 17),
        Deviation(DeviationKind.BARE_LF, 19),
    )


def test_japanese_in_a_body_is_nothing_odd():
    assert (
        read_body(b"+OK\r\n" + "日本\r\n".encode("iso-2022-jp") + "日本\r\n".encode("euc-jp") + b".\r\n").deviations
        == ()
    )


def test_a_refusal_has_no_body_and_uses_the_expectation_up():
    reader = multiline()
    [refused] = reader.receive(b"-ERR no such message\r\n")
    assert refused.lines is None
    [accepted] = reader.receive(b"+OK\r\n")
    assert accepted.lines is None


def test_a_stray_line_does_not_use_the_expectation_up():
    stray, response = multiline().receive(b"what\r\n+OK\r\n1 2\r\n.\r\n")
    assert stray.kind is ReplyClass.INVALID
    assert response.lines == (b"1 2",)


def test_of_a_large_body_some_is_kept_and_all_is_counted():
    response = read_body(b"+OK\r\n" + b"12345\r\n" * 100 + b".\r\n+OK"[:3], keep=20)
    assert response.lines == (b"12345",) * 3
    assert (response.size, response.truncated) == (700, True)


@pytest.mark.parametrize("keep", [0, 1, 2, 3])
def test_the_end_of_a_body_is_seen_even_when_nothing_is_kept(keep):
    response = read_body(b"+OK\r\n..\r\n.x\r\nabc\r\n.\r\n", keep=keep)
    assert response.size == 13
    assert sum(len(line) + 1 for line in response.lines) <= keep


def test_a_body_beyond_the_limit_is_given_up_at_once():
    reader = multiline(body_limit=100)
    [response] = reader.receive(b"+OK\r\n" + b"12345\r\n" * 50)
    assert kinds(response) == [DeviationKind.REPLY_TOO_LONG]
    assert response.size == 105
    assert reader.receive(b"12345\r\n" * 50) == []
    [after] = reader.receive(b".\r\n-ERR bye\r\n")
    assert after.text == "bye"


def test_a_connection_that_ends_inside_a_body_leaves_a_note():
    reader = multiline()
    assert reader.receive(b"+OK\r\n1 3546\r\n2 35") == []
    assert reader.pending == b"2 35"
    [response] = reader.end()
    assert response.lines == (b"1 3546", b"2 35")
    assert kinds(response) == [DeviationKind.MISSING_LAST_LINE]
    assert reader.end() == []


def test_a_line_without_its_end_is_read_when_the_connection_ends():
    reader = ResponseReader(offset=10)
    assert reader.receive(b"-ERR too many connections") == []
    [response] = reader.end()
    assert (response.kind, response.offset) == (ReplyClass.PERMANENT, 10)
    assert kinds(response) == [DeviationKind.MISSING_LAST_LINE]


@pytest.mark.parametrize("start", [b"", b"+OK\r\n"])
def test_megabytes_without_a_line_end_are_not_kept(start):
    reader = multiline(keep=10000)
    reader.receive(start)
    for _ in range(64):
        assert reader.receive(b"x" * 65536) == []
        assert len(reader.pending) < 16384


def test_megabytes_of_line_ends_are_not_kept():
    reader = multiline(keep=1000)
    reader.receive(b"+OK\r\n" + b"\n" * 200_000)
    [response] = reader.receive(b".\r\n")
    assert (response.size, len(response.lines)) == (200_000, 1000)


@given(
    mostly(b"+OK", b"-ERR ", b"+ ", b"[AUTH]", b"\r\n", b"\n", b"\r", b".", b"\r\n.\r\n", b"x" * 700),
    sizes,
    st.integers(0, 30),
)
def test_any_bytes_give_the_same_responses_however_they_are_cut(data, chunks, keep):
    for make in (ResponseReader, lambda: multiline(keep=keep, body_limit=60)):
        expected = events(make, [data])
        assert events(make, by_sizes(data, chunks)) == expected
        assert events(make, byte_by_byte(data)) == expected


line = st.binary(max_size=40).filter(lambda text: b"\n" not in text and not text.endswith(b"\r"))


@given(st.lists(line))
def test_what_a_server_composes_a_client_reads(lines):
    response = read_body(compose_multiline("here", lines))
    assert (response.text, response.lines) == ("here", tuple(lines))
    assert DeviationKind.BAD_UNSTUFFING not in kinds(response)


@given(st.binary())
def test_a_challenge_arrives_as_it_was(data):
    assert read(compose_challenge(data))[0].challenge == data


def test_composed_status_lines():
    assert compose_ok() == b"+OK\r\n"
    assert compose_ok("Logged in.") == b"+OK Logged in.\r\n"
    assert compose_err("locked", code="IN-USE") == b"-ERR [IN-USE] locked\r\n"
    assert compose_multiline("", [b".", b"a"]) == b"+OK\r\n..\r\na\r\n.\r\n"
    with pytest.raises(ValueError):
        compose_err("no\r\n+OK smuggled")
    with pytest.raises(ValueError):
        compose_multiline("", [b"a\r\n."])


def test_the_capabilities_of_dovecot():
    response = read_body(
        b"+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nAUTH-RESP-CODE\r\nSTLS\r\nUSER\r\n"
        b"sasl PLAIN LOGIN\r\n\r\n.\r\n"
    )
    capabilities = read_capa(response)
    assert capabilities[-1] == Capability("SASL", ("PLAIN", "LOGIN"))
    assert Capability("STLS") in capabilities
    assert len(capabilities) == 9


def test_a_refused_capa_offers_nothing():
    assert read_capa(Pop3Response(ReplyClass.PERMANENT, "-ERR")) == ()


@pytest.mark.parametrize(
    ("greeting", "stamp"),
    [
        (b"POP3 server ready <1896.697170952@dbc.mtview.ca.us>", "<1896.697170952@dbc.mtview.ca.us>"),
        (b"ready <a\\b@example.com>", "<a\\b@example.com>"),
        (b"Dovecot ready.", None),
        (b"<no-at-sign>", None),
        (b"<a\x1b@example.com>", None),
        (b"<a\xff@example.com>", None),
        ("<日本@example.com>".encode(), None),
    ],
)
def test_the_time_stamp_of_apop(greeting, stamp):
    [response] = read(b"+OK " + greeting + b"\r\n")
    assert apop_timestamp(response.text) == stamp
