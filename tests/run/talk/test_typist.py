"""What is typed, in virtual time: lines go out as they should, slips are told, secrets stay where they belong."""

from __future__ import annotations

from talking import ALICE, CLEAR, IN, SHOWN, Made, World

from mailproof.model.tls import TlsPolicy


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


def test_a_message_that_is_begun_twice_and_a_goodbye_that_is_no_receipt(made: Made) -> None:
    """The second MAIL is refused and the first still holds; a dot outside of DATA is no end of a message."""
    script = """C: MAIL FROM:<alice@mx.test>
S: 250 2.1.0 Ok
C: MAIL FROM:<carol@mx.test>
S: 503 5.5.1 Error: nested MAIL command
C: AUTH PLAIN =
S: 503 5.5.1 Error: MAIL transaction in progress
C: RCPT TO:<bob@mx.test>
S: 554 5.7.1 <unknown[198.51.100.7]>: Client host rejected: Access denied
C: RCPT TO:<bob@mx.test>
S: 554 5.7.1 <bob@mx.test>: Recipient address rejected: Access denied
C: .
S: 221 2.7.0 Error: I can break rules, too. Goodbye.
"""
    world = World(IN + script, *made)
    said = [line[3:] for line in script.splitlines() if line.startswith("C: ")]
    shown = world.typed("submission://mx.test", *said)
    assert [line for line in shown[len(SHOWN) :] if line[:2] in ("# ", "! ")] == [
        "# message-begun",
        "# message-begun",
        "# kind-client-rejected",
        "# kind-client-rejected",
        "# closing-unasked",
    ]
    world.server.finish()


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
