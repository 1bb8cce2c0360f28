from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailproof.wire.outgoing import Outgoing
from mailproof.wire.smtp import commands
from mailproof.wire.smtp.paths import read_path
from mailproof.wire.smtp.session import CommandReader


@pytest.mark.parametrize(
    ("outgoing", "data"),
    [
        (commands.ehlo("client.test"), b"EHLO client.test\r\n"),
        (commands.helo(""), b"HELO\r\n"),
        (commands.lhlo("client.test"), b"LHLO client.test\r\n"),
        (commands.starttls(), b"STARTTLS\r\n"),
        (
            commands.mail("a@example.com", "SIZE=100", "BODY=8BITMIME"),
            b"MAIL FROM:<a@example.com> SIZE=100 BODY=8BITMIME\r\n",
        ),
        (commands.mail(""), b"MAIL FROM:<>\r\n"),
        (commands.mail("日本@example.com", "SMTPUTF8"), "MAIL FROM:<日本@example.com> SMTPUTF8\r\n".encode()),
        (commands.rcpt("b@example.com", "NOTIFY=NEVER"), b"RCPT TO:<b@example.com> NOTIFY=NEVER\r\n"),
        (commands.data(), b"DATA\r\n"),
        (commands.bdat(86, last=False), b"BDAT 86\r\n"),
        (commands.bdat(0, last=True), b"BDAT 0 LAST\r\n"),
        (commands.rset(), b"RSET\r\n"),
        (commands.noop(), b"NOOP\r\n"),
        (commands.quit(), b"QUIT\r\n"),
        (commands.vrfy("smith"), b"VRFY smith\r\n"),
        (commands.expn("list"), b"EXPN list\r\n"),
        (commands.auth("LOGIN"), b"AUTH LOGIN\r\n"),
        (commands.auth("EXTERNAL", b""), b"AUTH EXTERNAL =\r\n"),
        (commands.auth_response(b""), b"\r\n"),
        (commands.auth_cancel(), b"*\r\n"),
        (commands.xclient("NAME=[UNAVAILABLE]", "ADDR=192.0.2.1"), b"XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.1\r\n"),
        (commands.xclient("LOGIN=a b+c=d"), b"XCLIENT LOGIN=a+20b+2Bc+3Dd\r\n"),
        (commands.raw(b"EHLO a\nMAIL FROM:<\0>\n"), b"EHLO a\nMAIL FROM:<\0>\n"),
    ],
)
def test_a_command_without_a_secret(outgoing, data):
    assert outgoing == Outgoing(data)


@pytest.mark.parametrize(
    ("outgoing", "secret"),
    [
        (commands.auth("PLAIN", b"\0sample\0password"), b"\0sample\0password"),
        (commands.auth_response(b"password"), b"password"),
    ],
)
def test_what_authenticates_is_secret_to_its_last_letter(outgoing, secret):
    [part] = outgoing.secret
    assert outgoing.data[part] == base64.b64encode(secret)
    assert outgoing.data.endswith(base64.b64encode(secret) + b"\r\n")
    assert base64.b64encode(secret).decode() not in repr(outgoing)


@pytest.mark.parametrize("bad", ["\r\n", "\n", "\r", "\0"])
@pytest.mark.parametrize(
    "compose",
    [
        commands.ehlo,
        commands.mail,
        commands.rcpt,
        commands.vrfy,
        commands.auth,
        lambda text: commands.mail("a@example.com", text),
        lambda text: commands.xclient(f"NAME={text}"),
    ],
)
def test_no_argument_can_begin_another_command(compose, bad):
    with pytest.raises(ValueError):
        compose(f"a{bad}RSET")


def test_an_xclient_attribute_has_a_name_and_a_value():
    with pytest.raises(ValueError, match="NAME=value"):
        commands.xclient("192.0.2.1")


local = st.text(
    st.characters(
        min_codepoint=0x21, max_codepoint=0x24F, exclude_characters='<>"\\@:', exclude_categories=["C", "Z"]
    ),
    min_size=1,
)


@given(local.map(lambda name: f"{name}@example.com"), st.integers(0))
def test_what_a_client_composes_a_server_reads(address, size):
    [command] = CommandReader().receive(commands.mail(address, f"SIZE={size}", "SMTPUTF8").data)
    assert command.verb == "MAIL"
    path = read_path(command.argument, "FROM")
    assert (path.address, path.params, path.problem, path.tolerated) == (
        address,
        (("SIZE", str(size)), ("SMTPUTF8", None)),
        "",
        "",
    )


@given(st.binary(max_size=200))
def test_a_sasl_answer_arrives_whole(secret):
    reader = CommandReader()
    reader.expect_line()
    [line] = reader.receive(commands.auth_response(secret).data)
    assert base64.b64decode(line.data) == secret
