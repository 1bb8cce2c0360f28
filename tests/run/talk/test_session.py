"""A session by hand, in virtual time: the way in, TLS, logins of each protocol, and for whom it is taken."""

from __future__ import annotations

import pytest
from talking import ALICE, IN, SHOWN, Made, World


def test_starttls_and_the_second_ehlo_are_said_by_themselves(made: Made) -> None:
    world = World(IN, *made)
    assert world.typed("submission://mx.test") == SHOWN
    world.server.finish()


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_auth_logs_in_and_shows_no_secret(made: Made, mechanism: str) -> None:
    exchange = {
        "PLAIN": "C: AUTH PLAIN AGFsaWNlAGxvb2tpbmctZ2xhc3M=\nS: 235 ok, AGFsaWNlAGxvb2tpbmctZ2xhc3M=\n",
        "LOGIN": "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YWxpY2U=\nS: 334 UGFzc3dvcmQ6\n"
        "C: bG9va2luZy1nbGFzcw==\nS: 235 looking-glass\n",
    }
    world = World(IN.replace("PLAIN LOGIN", mechanism) + exchange[mechanism], *made)
    shown = world.typed("submission://mx.test", "/auth", login=ALICE)
    world.server.finish()
    assert shown[-1] == "# logged-in"
    assert not any(
        secret in line for line in shown for secret in ("looking-glass", "bG9va2luZy1nbGFzcw", "AGFsaWNlAGxvb2tp")
    )


def test_clear_text_behind_the_go_ahead_is_told_and_thrown_away(made: Made) -> None:
    world = World(IN.replace("S: 220 go\n", "S: 220 go\nS: 250 injected\n"), *made)
    shown = world.typed("submission://mx.test")
    assert "# tls-injected" in shown
    assert shown[-1] == "# login-by"


def test_tls_that_fails_ends_it(made: Made) -> None:
    world = World(IN.split("* tls")[0] + "* tls refused alert=handshake_failure\n", *made)
    assert world.typed("submission://mx.test", "NOOP")[-2:] == ["* tls-failed", "* over"]


OTHERS = {
    "pop3://mx.test": (
        "S: +OK ready\nC: CAPA\nS: +OK\nS: STLS\nS: .\nC: STLS\nS: +OK\n* tls\nC: CAPA\nS: +OK\nS: SASL PLAIN\nS: .\n"
        "C: AUTH PLAIN AGFsaWNlAGxvb2tpbmctZ2xhc3M=\nS: +OK\nC: STAT\nS: +OK 1 1795\n",
        ("/auth", "STAT"),
        "# mailbox-holds-one",
    ),
    "pop3s://mx.test": (
        "* tls\nS: +OK ready\nC: CAPA\nS: +OK\nS: USER\nS: .\n"
        "C: USER alice\nS: +OK\nC: PASS looking-glass\nS: +OK Logged in.\n",
        ("/auth",),
        "# logged-in",
    ),
    "imap://mx.test": (
        "S: * OK hi\nC: t1 CAPABILITY\nS: * CAPABILITY IMAP4rev1 STARTTLS\nS: t1 OK\nC: t2 STARTTLS\n"
        "S: t2 OK\n* tls\n"
        "C: t3 CAPABILITY\nS: * CAPABILITY IMAP4rev1 AUTH=LOGIN\nS: t3 OK\n"
        "C: t9 AUTHENTICATE LOGIN\nS: + VXNlcm5hbWU6\nC: YWxpY2U=\nS: + UGFzc3dvcmQ6\n"
        "C: bG9va2luZy1nbGFzcw==\nS: t9 OK\n",
        ("/auth",),
        "# logged-in",
    ),
    "imaps://mx.test": (
        "* tls\nS: * OK hi\nC: t3 CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: t3 OK\n"
        'C: t9 LOGIN "alice" "looking-glass"\nS: t9 OK\n',
        ("/auth",),
        "# logged-in",
    ),
    "sieve://mx.test": (
        'S: "STARTTLS"\nS: OK\nC: STARTTLS\nS: OK\n* tls\nS: "SASL" "PLAIN"\nS: OK\n'
        'C: AUTHENTICATE "PLAIN" "AGFsaWNlAGxvb2tpbmctZ2xhc3M="\nS: OK\n',
        ("/auth",),
        "# logged-in",
    ),
}


@pytest.mark.parametrize("url", OTHERS)
def test_logins_of_the_other_protocols(made: Made, url: str) -> None:
    script, lines, last = OTHERS[url]
    world = World(f"@ {url} talk\n{script}", *made)
    shown = world.typed(url, *lines, login=ALICE)
    world.server.finish()
    assert shown[-1] == last
    assert not any("looking-glass" in line for line in shown)


REST = {
    "lmtp://mx.test": "S: 220 mx\nC: LHLO me.test\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\n* tls\n"
    "C: LHLO me.test\nS: 250 mx\n",
    "nntp://mx.test": "S: 200 news\nC: CAPABILITIES\nS: 101 list\nS: STARTTLS\nS: .\nC: STARTTLS\nS: 382 go\n* tls\n"
    "C: CAPABILITIES\nS: 101 list\nS: .\n",
    "ftp://mx.test": "S: 220 ftp\nC: FEAT\nS: 211 end\nC: AUTH TLS\nS: 234 go\n* tls\n",
    "irc://mx.test": "C: STARTTLS\nS: :irc 670 * :go\n* tls\n",
    "postgres://mx.test": "C| \\x00\\x00\\x00\\x08\\x04\\xd2\\x16/\nS| S\n* tls\n",
}


@pytest.mark.parametrize("url", REST)
def test_upgrades_of_the_rest_on_the_scripted_server(made: Made, url: str) -> None:
    world = World(f"@ {url} talk\n{REST[url]}", *made)
    assert "* certificate" in world.typed(url)
    world.server.finish()


XCLIENT = "S: 250-mx.test\nS: 250-AUTH PLAIN LOGIN\nS: 250 XCLIENT NAME ADDR\n"
TAKEN = """C: XCLIENT ADDR=192.0.2.7
S: 220 mx.test ESMTP
C: EHLO me.test
S: 250 mx.test
"""
WITH_XCLIENT = IN.replace("S: 250-mx.test\nS: 250 AUTH PLAIN LOGIN\n", XCLIENT)


def test_another_client_after_the_last_ehlo_and_ehlo_again(made: Made) -> None:
    world = World(WITH_XCLIENT + TAKEN + "C: NOOP\nS: 250 ok\n", *made, xclient=("ADDR=192.0.2.7",))
    shown = world.typed("submission://mx.test", "NOOP")
    assert shown[-5:] == [
        "C: XCLIENT ADDR=192.0.2.7",
        "S: 220 mx.test ESMTP",
        "C: EHLO me.test",
        "S: 250 mx.test",
        "S: 250 ok",
    ]
    world.server.finish()


@pytest.mark.parametrize(("attribute", "script"), [("LOGIN=carol", WITH_XCLIENT), ("ADDR=192.0.2.7", IN)])
def test_what_xclient_does_not_offer_is_told_and_not_said(made: Made, attribute: str, script: str) -> None:
    world = World(script, *made, xclient=(attribute,))
    shown = world.typed("submission://mx.test")
    assert shown[-1] == "* xclient-not-offered"
    world.server.finish()


def test_a_typed_xclient_is_followed_by_ehlo(made: Made) -> None:
    world = World(WITH_XCLIENT + TAKEN, *made)
    assert world.typed("submission://mx.test", "XCLIENT ADDR=192.0.2.7")[-2:] == ["C: EHLO me.test", "S: 250 mx.test"]
    world.server.finish()


def test_without_tls_too(made: Made) -> None:
    text = "@ smtp://mx.test talk\nS: 220 mx.test ESMTP\nC: EHLO me.test\nS: 250-mx.test\nS: 250 XCLIENT ADDR\n"
    world = World(text + TAKEN, *made, xclient=("ADDR=192.0.2.7",))
    assert "C: XCLIENT ADDR=192.0.2.7" in world.typed("smtp://mx.test")
    world.server.finish()
