"""The way into TLS of every protocol: granted, not offered, refused; however the bytes are cut; any bytes at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.talk import SCHEMES, TalkProtocol
from mailproof.wire.starttls.course import LONGEST, Names, Outcome, Verdict, bounded
from mailproof.wire.starttls.registry import UPGRADES

NAMES = Names("client.example.test", "server.example.test")


def ldap(code: int, words: bytes = b"") -> bytes:
    body = bytes([0x0A, 1, code, 4, 0, 4, len(words)]) + words
    return bytes([0x30, len(body) + 5, 2, 1, 1, 0x78, len(body)]) + body


def mysql(flags: int) -> bytes:
    body = b"\x0a8.0.36\0" + bytes(4) + b"saltsalt" + b"\0" + flags.to_bytes(2, "little") + bytes(16)
    return len(body).to_bytes(3, "little") + b"\0" + body


XML = b"<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
OFFER = b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"

P = TalkProtocol
# What the server says first, and then to each thing it is told; what it was told; the verdict.
ROWS: list[tuple[P, list[bytes], list[bytes], Verdict]] = [
    (
        P.SMTP,
        [b"220-mx\r\n220 ESMTP\r\n", b"250-mx\r\n250-STARTTLS\r\n250 8BITMIME\r\n", b"220 go\r\n"],
        [b"EHLO client.example.test\r\n", b"STARTTLS\r\n"],
        Verdict.READY,
    ),
    (P.SMTP, [b"220 mx\r\n", b"250-mx\r\n250 starttls\r\n", b"454 no\r\n"], [], Verdict.REFUSED),
    (P.SMTP, [b"220 mx\r\n", b"250-mx\r\n250 X-STARTTLS\r\n"], [], Verdict.NOT_OFFERED),
    (P.SMTP, [b"554 no\r\n"], [], Verdict.REFUSED),
    (P.LMTP, [b"220 mx\r\n", b"250 mx\r\n"], [b"LHLO client.example.test\r\n"], Verdict.NOT_OFFERED),
    (P.POP3, [b"+OK\r\n", b"+OK\r\nSTLS\r\n.\r\n", b"+OK\r\n"], [b"CAPA\r\n", b"STLS\r\n"], Verdict.READY),
    (P.POP3, [b"+OK\r\n", b"-ERR what\r\n", b"+OK\r\n"], [b"CAPA\r\n", b"STLS\r\n"], Verdict.READY),
    (P.POP3, [b"+OK\r\n", b"+OK\r\nUIDL\r\n.\r\n"], [], Verdict.NOT_OFFERED),
    (P.POP3, [b"+OK\r\n", b"-ERR what\r\n", b"-ERR no\r\n"], [], Verdict.REFUSED),
    (P.IMAP, [b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n", b"t2 OK\r\n"], [b"t2 STARTTLS\r\n"], Verdict.READY),
    (
        P.IMAP,
        [b"* OK hi\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\nt1 OK\r\n", b"t2 OK\r\n"],
        [b"t1 CAPABILITY\r\n", b"t2 STARTTLS\r\n"],
        Verdict.READY,
    ),
    (P.IMAP, [b"* OK [CAPABILITY IMAP4rev1] STARTTLS\r\n"], [], Verdict.NOT_OFFERED),
    (P.IMAP, [b"* BYE busy\r\n"], [], Verdict.REFUSED),
    (P.SIEVE, [b'"IMPLEMENTATION" "x"\r\n"STARTTLS"\r\nOK\r\n', b"OK\r\n"], [b"STARTTLS\r\n"], Verdict.READY),
    (P.SIEVE, [b'"SIEVE" "x"\r\nOK\r\n'], [], Verdict.NOT_OFFERED),
    (
        P.NNTP,
        [b"200 news\r\n", b"101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n", b"382 go\r\n"],
        [b"CAPABILITIES\r\n", b"STARTTLS\r\n"],
        Verdict.READY,
    ),
    (P.NNTP, [b"200 news\r\n", b"500 what\r\n", b"580 no\r\n"], [], Verdict.REFUSED),
    (P.NNTP, [b"200 news\r\n", b"101 list\r\nVERSION 2\r\n.\r\n"], [], Verdict.NOT_OFFERED),
    (
        P.FTP,
        [b"220 (vsFTPd)\r\n", b"211-Features:\r\n AUTH TLS\r\n211 End\r\n", b"234 go\r\n"],
        [b"FEAT\r\n", b"AUTH TLS\r\n"],
        Verdict.READY,
    ),
    (P.FTP, [b"220 x\r\n", b"500 what\r\n", b"530 Please login with USER and PASS.\r\n"], [], Verdict.REFUSED),
    (P.FTP, [b"220 x\r\n", b"500 what\r\n", b"502 no\r\n"], [], Verdict.NOT_OFFERED),
    (P.IRC, [b"", b":irc NOTICE * :*** hi\r\n:irc 670 * :STARTTLS ok\r\n"], [b"STARTTLS\r\n"], Verdict.READY),
    (P.IRC, [b"", b":irc 421 * STARTTLS :Unknown command\r\n"], [], Verdict.NOT_OFFERED),
    (P.IRC, [b"", b":irc 691 * :no\r\n"], [], Verdict.REFUSED),
    (P.XMPP, [b"", XML + OFFER, b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"], [], Verdict.READY),
    (P.XMPP, [b"", XML + b"<stream:features/>"], [], Verdict.NOT_OFFERED),
    (P.XMPP, [b"", XML + OFFER, b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"], [], Verdict.REFUSED),
    (P.XMPP_SERVER, [b"", XML + b"<stream:error/></stream:stream>"], [], Verdict.REFUSED),
    (P.LDAP, [b"", ldap(0)], [], Verdict.READY),
    (P.LDAP, [b"", ldap(2, b"unsupported extended operation")], [], Verdict.NOT_OFFERED),
    (P.LDAP, [b"", ldap(52)], [], Verdict.REFUSED),
    (P.LDAP, [b"", b"\x30\x03\x02\x01\x01"], [], Verdict.STRANGE),
    (P.LDAP, [b"", b"\x30\x84\xff\xff\xff\xff"], [], Verdict.STRANGE),
    (P.POSTGRES, [b"", b"S"], [b"\0\0\0\x08\x04\xd2\x16\x2f"], Verdict.READY),
    (P.POSTGRES, [b"", b"N"], [], Verdict.NOT_OFFERED),
    (P.POSTGRES, [b"", b"E\0\0\0\x0bwhat\0"], [], Verdict.REFUSED),
    (P.POSTGRES, [b"", b"220 mx\r\n"], [], Verdict.STRANGE),
    (P.MYSQL, [mysql(0xFFFF)], [], Verdict.READY),
    (P.MYSQL, [mysql(0xF7FF)], [], Verdict.NOT_OFFERED),
    (P.MYSQL, [b"\x16\0\0\0\xff\x6a\x04Host is not allowed"], [], Verdict.REFUSED),
    (P.MYSQL, [b"220 mx ESMTP\r\n" * 10], [], Verdict.STRANGE),
]


def played(protocol: P, answers: list[bytes], chunk: int) -> tuple[Outcome, list[bytes]]:
    """The outcome, and what was said; the server answers to whole requests, in pieces of `chunk` bytes."""
    course = bounded(UPGRADES[protocol].opening(NAMES))
    said: list[bytes] = []
    waiting = list(answers)
    buffer = waiting.pop(0)
    try:
        outgoing = next(course)
        while True:
            if outgoing:
                said.append(outgoing)
                assert not buffer, "it spoke before the server was done"
                buffer = waiting.pop(0)
            assert buffer, "it waits for more than the server has"
            piece, buffer = buffer[:chunk], buffer[chunk:]
            outgoing = course.send(piece)
    except StopIteration as stop:
        assert isinstance(stop.value, Outcome)
        assert not waiting
        return stop.value, said


@pytest.mark.parametrize("chunk", [1, 7, 1 << 16])
@pytest.mark.parametrize(("protocol", "answers", "told", "verdict"), ROWS)
def test_the_way_into_tls(protocol: P, answers: list[bytes], told: list[bytes], verdict: Verdict, chunk: int) -> None:
    outcome, said = played(protocol, answers, chunk)
    assert outcome.verdict is verdict
    if told:
        assert said == told
    if verdict is Verdict.READY:
        assert outcome.left == b""


@pytest.mark.parametrize(
    ("protocol", "answers"),
    [(p, answers) for p, answers, _, verdict in ROWS if verdict is Verdict.READY],
)
def test_what_stands_behind_the_go_ahead_is_left(protocol: P, answers: list[bytes]) -> None:
    """CVE-2011-0411, and CVE-2021-23222 of PostgreSQL: it never was inside TLS."""
    outcome, _ = played(protocol, [*answers[:-1], answers[-1] + b"250 injected\r\n"], 1 << 16)
    assert (outcome.verdict, outcome.left) == (Verdict.READY, b"250 injected\r\n")


def test_mysql_is_asked_without_an_answer() -> None:
    outcome, said = played(P.MYSQL, [mysql(0x800)], 1 << 16)
    assert said == []
    assert outcome.said == b"version 8.0.36"
    assert outcome.outgoing[:4] == b"\x20\0\0\x01"
    assert int.from_bytes(outcome.outgoing[4:8], "little") & 0x800


@pytest.mark.parametrize("protocol", UPGRADES)
@given(pieces=st.lists(st.binary(min_size=1, max_size=40), max_size=10))
def test_any_bytes_end_in_an_outcome_or_wait_for_more(protocol: P, pieces: list[bytes]) -> None:
    course = bounded(UPGRADES[protocol].opening(NAMES))
    next(course)
    try:
        for piece in pieces:
            course.send(piece)
    except StopIteration as stop:
        assert isinstance(stop.value, Outcome)


@pytest.mark.parametrize("protocol", [p for p in UPGRADES if p not in (P.POSTGRES, P.LDAP, P.MYSQL)])
def test_a_flood_has_an_end(protocol: P) -> None:
    course = bounded(UPGRADES[protocol].opening(NAMES))
    next(course)
    with pytest.raises(StopIteration) as stop:
        for _ in range(2 * LONGEST // 4096):
            course.send(b"x" * 4096)
    assert stop.value.value.verdict is Verdict.STRANGE


def test_every_scheme_that_is_upgraded_has_its_way() -> None:
    upgraded = {protocol for protocol, _, starts in SCHEMES.values() if starts in ("upgrade", "opportunistic")}
    assert upgraded == set(UPGRADES)
    assert set(map(str, UPGRADES)) <= set(SCHEMES)
