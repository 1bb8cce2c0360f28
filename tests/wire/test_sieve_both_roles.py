from __future__ import annotations

import base64

import pytest
from cutting import all_ways, by_sizes, byte_by_byte, events, mostly, sizes
from hypothesis import given
from hypothesis import strategies as st

from mailproof.model.capabilities import Capability
from mailproof.model.reply import ReplyClass
from mailproof.model.transcript import DeviationKind
from mailproof.wire.commands import ClientLine
from mailproof.wire.outgoing import Outgoing
from mailproof.wire.sieve import commands
from mailproof.wire.sieve.responses import ResponseReader, read_capabilities
from mailproof.wire.sieve.session import (
    CommandReader,
    SieveCommand,
    compose_challenge,
    compose_data,
    compose_status,
)

PIGEONHOLE = (
    b'"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n"SIEVE" "fileinto reject"\r\n"NOTIFY" "mailto"\r\n'
    b'"SASL" ""\r\n"STARTTLS"\r\n"VERSION" "1.0"\r\nOK "Dovecot ready."\r\n'
)


def challenged(**options):
    reader = ResponseReader(**options)
    reader.expect_challenge(True)
    return reader


def kinds(response):
    return [deviation.kind for deviation in response.deviations]


def test_the_greeting_is_the_list_of_capabilities():
    [greeting] = all_ways(ResponseReader, PIGEONHOLE, trailing=b"O")
    assert (greeting.kind, greeting.status, greeting.text) == (ReplyClass.POSITIVE, "OK", "Dovecot ready.")
    assert greeting.deviations == ()
    assert read_capabilities(greeting) == (
        Capability("IMPLEMENTATION", ("Dovecot", "Pigeonhole")),
        Capability("SIEVE", ("fileinto", "reject")),
        Capability("NOTIFY", ("mailto",)),
        Capability("SASL"),
        Capability("STARTTLS"),
        Capability("VERSION", ("1.0",)),
    )


@pytest.mark.parametrize(
    ("data", "kind", "status", "code", "text"),
    [
        (b"OK\r\n", ReplyClass.POSITIVE, "OK", "", ""),
        (b'ok "Logged in."\r\n', ReplyClass.POSITIVE, "OK", "", "Logged in."),
        (b'NO "Authentication failed."\r\n', ReplyClass.PERMANENT, "NO", "", "Authentication failed."),
        (b'NO (TRYLATER) "later"\r\n', ReplyClass.TRANSIENT, "NO", "TRYLATER", "(TRYLATER) later"),
        (b'NO (QUOTA/MAXSIZE) "big"\r\n', ReplyClass.PERMANENT, "NO", "QUOTA/MAXSIZE", "(QUOTA/MAXSIZE) big"),
        (b'BYE (REFERRAL "sieve://b.test") "go"\r\n', ReplyClass.PERMANENT, "BYE", "REFERRAL", "(REFERRAL) go"),
        (b"NO {9}\r\nline 1\r\n2\r\n", ReplyClass.PERMANENT, "NO", "", "line 1\\r\\n2"),
        (b"+OK POP3 ready\r\n", ReplyClass.INVALID, "", "", "+OK POP3 ready"),
        (b"* OK IMAP ready\r\n", ReplyClass.INVALID, "", "", "* OK IMAP ready"),
        (b"220 mx\x07\r\n", ReplyClass.INVALID, "", "", "220 mx\\x07"),
        (b"OKAY\r\n", ReplyClass.INVALID, "", "", "OKAY"),
        (b"\r\n", ReplyClass.INVALID, "", "", ""),
    ],
)
def test_one_response(data, kind, status, code, text):
    [response] = all_ways(ResponseReader, data, trailing=b"B")
    assert (response.kind, response.status, response.code, response.text) == (kind, status, code, text)
    assert (DeviationKind.NOT_A_REPLY in kinds(response)) == (kind is ReplyClass.INVALID)


@pytest.mark.parametrize("data", [b'"ZGF0YQ=="\r\n', b"{8}\r\nZGF0YQ==\r\n"])
def test_a_string_alone_is_a_challenge_only_where_one_is_due(data):
    [response] = all_ways(challenged, data, trailing=b'"')
    assert (response.kind, response.challenge) == (ReplyClass.INTERMEDIATE, b"data")
    [listed] = all_ways(ResponseReader, data + b"OK\r\n", trailing=b'"')
    assert listed.lines == ((b"ZGF0YQ==",),)


def test_a_challenge_that_is_no_base64_is_noted():
    [response] = challenged().receive(b'"go ahead"\r\n')
    assert (response.challenge, kinds(response)) == (None, [DeviationKind.BAD_CONTINUATION])


def test_the_last_word_of_sasl_comes_with_the_ok():
    [response] = all_ways(challenged, b'OK (SASL "dj1hYmM=")\r\n')
    assert (response.kind, response.code, response.challenge) == (ReplyClass.POSITIVE, "SASL", b"v=abc")


def test_a_connection_that_ends_in_the_middle_leaves_a_note():
    [response] = events(ResponseReader, [b'"SASL" "PLAIN"\r\n"STAR'])
    assert response.kind is ReplyClass.INVALID
    assert DeviationKind.MISSING_LAST_LINE in kinds(response)
    assert response.lines[0] == (b"SASL", b"PLAIN")


@pytest.mark.parametrize("piece", [b"x" * 65536, b'"a"\r\n' * 13000, b"\r\n" * 10])
def test_megabytes_are_not_kept(piece):
    reader = ResponseReader(keep=10_000)
    for _ in range(32):
        for response in reader.receive(piece):
            assert len(response.lines) < 1000
        assert len(reader.pending) < 70_000
    [last] = reader.receive(b"\r\nOK\r\n")[-1:]
    assert len(last.lines) < 1000


STREAM = mostly(
    *(b"OK", b"NO ", b"BYE", b'"', b'"SASL"', b" ", b"(TRYLATER)", b"{3}\r\n", b"{3+}\r\n", b"\r\n", b"\n", b"{"),
    *(b'"ZGF0YQ=="', b"{99999}", b"x" * 300, b"AUTHENTICATE ", b'"*"'),
)


@given(STREAM, sizes, st.integers(0, 400), st.booleans())
def test_any_bytes_give_the_same_responses_however_they_are_cut(data, chunks, keep, challenges):
    def make():
        reader = ResponseReader(keep=keep)
        reader.expect_challenge(challenges)
        return reader

    expected = events(make, [data])
    assert events(make, by_sizes(data, chunks)) == expected
    assert events(make, byte_by_byte(data)) == expected


@given(STREAM, sizes, st.integers(0, 60))
def test_any_bytes_give_the_same_commands_however_they_are_cut(data, chunks, keep):
    def make():
        return CommandReader(keep=keep)

    expected = events(make, [data])
    assert events(make, by_sizes(data, chunks)) == expected
    assert events(make, byte_by_byte(data)) == expected


@pytest.mark.parametrize(
    ("outgoing", "data"),
    [
        (commands.capability(), b"CAPABILITY\r\n"),
        (commands.starttls(), b"STARTTLS\r\n"),
        (commands.authenticate("LOGIN"), b'AUTHENTICATE "LOGIN"\r\n'),
        (commands.authenticate("EXTERNAL", b""), b'AUTHENTICATE "EXTERNAL" ""\r\n'),
        (commands.authenticate_cancel(), b'"*"\r\n'),
        (commands.listscripts(), b"LISTSCRIPTS\r\n"),
        (commands.noop(), b"NOOP\r\n"),
        (commands.logout(), b"LOGOUT\r\n"),
        (commands.raw(b"\0\n"), b"\0\n"),
    ],
)
def test_a_command_without_a_secret(outgoing, data):
    assert outgoing == Outgoing(data)


@pytest.mark.parametrize("size", [4, 900])
def test_what_authenticates_is_secret_to_its_last_letter(size):
    data = b"p" * size
    for outgoing in (commands.authenticate("PLAIN", data), commands.authenticate_response(data)):
        [part] = outgoing.secret
        assert outgoing.data[part] == base64.b64encode(data)


@pytest.mark.parametrize("bad", ["\r\n", "\n", "\0"])
def test_no_argument_can_begin_another_command(bad):
    with pytest.raises(ValueError):
        commands.authenticate(f"PLAIN{bad}LOGOUT")


@given(st.binary(max_size=2000))
def test_what_a_client_composes_a_server_reads(data):
    reader = CommandReader()
    [command] = reader.receive(commands.authenticate("PLAIN", data).data)
    assert command == SieveCommand("AUTHENTICATE", (b"PLAIN", base64.b64encode(data)), 0)
    reader.expect_line()
    [answer] = reader.receive(commands.authenticate_response(data).data)
    assert answer.data == base64.b64encode(data)


@given(st.binary(max_size=2000))
def test_what_a_server_composes_a_client_reads(data):
    [response] = challenged().receive(compose_challenge(data))
    assert response.challenge == data
    listed = compose_data([("SASL", "PLAIN LOGIN"), ("NOTIFY",)]) + compose_status("OK", "ready")
    [response] = ResponseReader().receive(listed)
    assert response.lines == ((b"SASL", b"PLAIN LOGIN"), (b"NOTIFY",))
    with pytest.raises(ValueError):
        compose_status("OK", code="A)\r\nNO")


def test_a_command_that_is_none_says_why_and_shows_no_secret():
    [command] = CommandReader().receive(b'"*"\r\n')
    assert (command.name, command.problem) == ("", "no command")
    [command] = CommandReader().receive(b'AUTHENTICATE "PLAIN" "hunter2"\r\n')
    assert "hunter2" not in repr(command) + repr(ClientLine(b"hunter2", 0))
    [command] = CommandReader(keep=4).receive(b"PUTSCRIPT {9+}\r\n123456789\r\n")
    assert command.problem == "command too long"
