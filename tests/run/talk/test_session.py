"""A session by hand, in virtual time: the way in, notes and slips, secrets, and the silence of LF."""

from __future__ import annotations

import pytest
from talking import ALICE, Made, World

from mailproof.model.tls import TlsPolicy

IN = """
@ submission://mx.test talk
S: 220 mx.test ESMTP
C: EHLO me.test
S: 250-mx.test
S: 250 STARTTLS
C: STARTTLS
S: 220 go
* tls
C: EHLO me.test
S: 250-mx.test
S: 250 AUTH PLAIN LOGIN
"""
SHOWN = [
    "* connected",
    "S: 220 mx.test ESMTP",
    "C: EHLO me.test",
    "S: 250-mx.test",
    "S: 250 STARTTLS",
    "C: STARTTLS",
    "S: 220 go",
    "* certificate",
    "C: EHLO me.test",
    "S: 250-mx.test",
    "S: 250 AUTH PLAIN LOGIN",
    "# login-by",
]


def test_starttls_and_the_second_ehlo_are_said_by_themselves(made: Made) -> None:
    world = World(IN, *made)
    assert world.typed("submission://mx.test") == SHOWN
    world.server.finish()


def test_lines_that_s_client_swallows_reach_the_server(made: Made) -> None:
    """T1: R, Q, k and K at the beginning of a line, and base64 that begins with them."""
    said = ("RSET", "RCPT TO:<a@b.test>", "QUIT", "kill", "Keep", "B")
    world = World(IN + "".join(f"C: {line}\nS: 250 ok\n" for line in said), *made)
    shown = world.typed("submission://mx.test", *said)
    assert shown.count("S: 250 ok") == len(said)
    world.server.finish()


def test_the_article_s_message_by_hand(made: Made) -> None:
    script = """C: MAIL FROM:<alice@mx.test>
S: 250 2.1.0 Ok
C: RCPT TO:<bob@mx.test>
S: 250 2.1.5 Ok
C: DATA
S: 354 End data with <CR><LF>.<CR><LF>
C: SUBJECT this is test
C: test mail
C: ..hidden
C: .
S: 250 2.0.0 Ok: queued as 526562BE062
"""
    world = World(IN + script, *made)
    lines = (
        "MAIL FROM:<alice@mx.test>",
        "RCPT TO:<bob@mx.test>",
        "DATA",
        "SUBJECT this is test",
        "test mail",
        ".hidden",
        ".",
    )
    shown = world.typed("submission://mx.test", *lines)
    assert shown[len(SHOWN) :] == [
        "S: 250 2.1.0 Ok",
        "S: 250 2.1.5 Ok",
        "# recipient-taken",
        "S: 354 End data with <CR><LF>.<CR><LF>",
        "# message-now",
        "! header-without-colon",
        "! dot-doubled",
        "S: 250 2.0.0 Ok: queued as 526562BE062",
        "# queued",
    ]
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


def test_a_login_typed_by_hand_is_helped_and_hidden(made: Made) -> None:
    """echo's newline in the name (T7) is seen before it goes out; what is answered is not kept."""
    exchange = "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YWxpY2UK\nS: 334 UGFzc3dvcmQ6\nC: c2VjcmV0\n"
    exchange += "S: 535 5.7.8 no: c2VjcmV0, secret\n"
    world = World(IN + exchange, *made)
    shown = world.typed("submission://mx.test", "AUTH LOGIN", "YWxpY2UK", "c2VjcmV0")
    world.server.finish()
    assert shown[len(SHOWN) :] == [
        "S: 334 VXNlcm5hbWU6",
        "# asks-user",
        "! trailing-newline",
        "S: 334 UGFzc3dvcmQ6",
        "# asks-password",
        "S: 535 5.7.8 no: [secret], [secret]",
        "# auth-rejected",
    ]


def test_a_typed_token_that_echo_spoiled_is_seen(made: Made) -> None:
    world = World(IN + "C: AUTH PLAIN XDBhbGljZVwwc2VjcmV0\nS: 535 5.7.8 no\n", *made)
    shown = world.typed("submission://mx.test", "AUTH PLAIN XDBhbGljZVwwc2VjcmV0")
    assert shown[len(SHOWN)] == "! backslash-zero"


CLEAR = "@ smtp://mx.test talk\nS: 220 mx.test ESMTP\nC: EHLO me.test\nS: 250-mx.test\nS: 250 AUTH PLAIN\n"


def test_no_secret_goes_out_in_clear_text(made: Made) -> None:
    world = World(CLEAR, *made)
    shown = world.typed("smtp://mx.test", "AUTH PLAIN AGFsaWNlAGxvb2tpbmctZ2xhc3M=", "/auth", login=ALICE)
    world.server.finish()
    assert shown[-3:] == ["# tls-not-offered", "# not-sent-no-tls", "# not-sent-no-tls"]


def test_unless_that_was_asked_for(made: Made) -> None:
    world = World(CLEAR + "C: AUTH PLAIN AGFsaWNlAGxvb2tpbmctZ2xhc3M=\nS: 235 ok\n", *made, tls=TlsPolicy.NEVER)
    assert world.typed("smtp://mx.test", "/auth", login=ALICE)[-1] == "# logged-in"
    world.server.finish()


def test_nor_to_a_server_that_did_not_prove_itself(made: Made) -> None:
    wrong = IN.replace("* tls", "* tls name=other.test")
    assert World(wrong, *made).typed("submission://mx.test", "/auth", login=ALICE)[-1] == "# not-sent-unverified"
    lifted = World(wrong + "C: AUTH PLAIN ~\nS: 235 ok\n", *made, verify=False)
    assert lifted.typed("submission://mx.test", "/auth", login=ALICE)[-1] == "# logged-in"


def test_the_silence_of_lf_is_explained(made: Made) -> None:
    """T2, and the article's Office 365: a server that waits for CRLF says nothing."""
    world = World(IN + "C| NOOP\\n\n* silence\n", *made)
    assert world.typed("submission://mx.test", "NOOP", "", lf=True)[-1] == "# silent-lf"


def test_starttls_typed_by_hand_begins_tls_and_asks_again(made: Made) -> None:
    world = World(IN.replace("submission", "smtp").replace("250 STARTTLS", "250 X"), *made)
    shown = world.typed("smtp://mx.test", "STARTTLS")
    assert shown[5:] == ["# tls-not-offered", *SHOWN[6:]]
    world.server.finish()


def test_clear_text_behind_the_go_ahead_is_told_and_thrown_away(made: Made) -> None:
    world = World(IN.replace("S: 220 go\n", "S: 220 go\nS: 250 injected\n"), *made)
    shown = world.typed("submission://mx.test")
    assert "# tls-injected" in shown
    assert shown[-1] == "# login-by"


def test_a_server_s_text_cannot_disturb_the_terminal(made: Made) -> None:
    world = World(CLEAR.replace("220 mx.test", "220 \\x1b]0;owned\\x07"), *made)
    shown = world.typed("smtp://mx.test")
    assert shown[1] == "S: 220 \\x1b]0;owned\\x07 ESMTP"


def test_tls_that_fails_ends_it(made: Made) -> None:
    world = World(IN.split("* tls")[0] + "* tls refused alert=handshake_failure\n", *made)
    assert world.typed("submission://mx.test", "NOOP")[-2:] == ["* tls-failed", "* over"]


def test_a_server_that_hangs_up_is_told(made: Made) -> None:
    world = World(IN + "S: 421 4.4.2 timeout\n* eof\n", *made)
    assert world.typed("submission://mx.test", "NOOP")[-4:] == [
        "S: 421 4.4.2 timeout",
        "# closing",
        "* closed",
        "* over",
    ]


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


def test_a_flood_of_lines_and_a_line_without_an_end_are_shown_in_time(made: Made) -> None:
    lines = "S: 250-x\n" * 20000
    world = World(
        IN + f"C: NOOP\n{lines}S: 250 ok\nC: NOOP\n" + "S| " + "Y" * 200_000 + "\n" + "C: NOOP\nS: 250 ok\n", *made
    )
    shown = world.typed("submission://mx.test", "NOOP", "NOOP", "NOOP")
    assert shown.count("S: 250-x") == 20000
    assert max(map(len, shown)) < 150_000
    assert sum(line.count("Y") for line in shown) == 200_000


def test_what_is_behind_a_typed_starttls_never_reaches_tls(made: Made) -> None:
    script = (
        IN.replace("submission", "smtp")
        .replace("250 STARTTLS", "250 X")
        .replace("S: 220 go\n", "S| 220 go\\r\\n250 in\\r\\n\n")
    )
    shown = World(script, *made).typed("smtp://mx.test", "STARTTLS")
    assert "# tls-injected" in shown
    assert shown[-1] == "# login-by"


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


def test_backslashes_are_shown_as_they_came(made: Made) -> None:
    world = World(CLEAR + "C: NOOP\nS: 250 DOMAIN\\\\user\n", *made)
    assert world.typed("smtp://mx.test", "NOOP")[-1] == "S: 250 DOMAIN\\user"


def test_idle_is_no_login(made: Made) -> None:
    script = "* tls\nS: * OK hi\nC: t3 CAPABILITY\nS: * CAPABILITY IMAP4rev1 IDLE\nS: t3 OK\n"
    script += "C: a IDLE\nS: + idling\nC: DONE\n"
    world = World(f"@ imaps://mx.test talk\n{script}S: a OK done\n", *made)
    shown = world.typed("imaps://mx.test", "a IDLE", "DONE")
    assert shown[-3:] == ["S: + idling", "# go-on", "S: a OK done"]
    world.server.finish()


def test_http_is_answered_after_its_empty_line_and_no_silence_is_told_before(made: Made) -> None:
    script = "* tls\nC: GET / HTTP/1.0\nC: Host: www.test\nC:\nS: HTTP/1.1 200 OK\nS:\nS| <html>\n"
    world = World(f"@ https://www.test talk\n{script}", *made)
    shown = world.typed("https://www.test", "GET / HTTP/1.0", "Host: www.test", "")
    assert shown == ["* connected", "* certificate", "S: HTTP/1.1 200 OK", "S: ", "S: <html>"]
    world.server.finish()


def test_silence_is_told_once(made: Made) -> None:
    world = World(CLEAR + "C: NOOP\n* silence\n", *made)
    shown = world.typed("smtp://mx.test", "NOOP", pause=30.0)
    assert shown.count("# silent") == 1


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
