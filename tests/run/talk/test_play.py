"""Scripts of `talk`: played, compared, ended at the right stage; recorded sessions can be played again."""

from __future__ import annotations

import pytest
from talking import ALICE, IN, Made, World

from mailproof.model.attempt import Trouble
from mailproof.model.proxy import Proxy, ProxyKind
from mailproof.model.tls import TlsPolicy
from mailproof.net.interface import Address, Handler, ServerStream
from mailproof.net.memory import MemoryNet
from mailproof.run.hand.stages import Stage
from mailproof.run.talk.recorded import script_of

URL = "submission://mx.test"
SERVER = f"""{IN.rstrip()}
C: AUTH PLAIN AGFsaWNlAGxvb2tpbmctZ2xhc3M=
S: 235 2.7.0 ok
C: MAIL FROM:<alice@mx.test>
S: 250 2.1.0 Ok
C: RCPT TO:<bob@mx.test>
S: 250 2.1.5 Ok
C: DATA
S: 354 go
C: Subject: a
C:
C: text
C: .
S: 250 2.0.0 Ok: queued as 526562BE062
C: QUIT
S: 221 bye
"""
CLIENT = """
@ submission://mx.test talk
* auth PLAIN
C: MAIL FROM:<alice@mx.test>
S: 250~
C: RCPT TO:<bob@mx.test>
S: 250~
C: DATA
S: 354~
C: Subject: a
C:
C: text
C: .
S: 250~queued as ~
C: QUIT
S: 221~
"""


def test_a_script_begins_after_the_opening(made: Made) -> None:
    world = World(SERVER, *made)
    played = world.played(URL, CLIENT, ALICE)
    assert (played.stage, played.reason) == (Stage.OPEN, "")
    world.server.finish()


def test_or_with_the_greeting_and_then_says_everything_itself(made: Made) -> None:
    """Lines of a longer answer that the script does not name are passed over; `~` is our name in EHLO."""
    client = "@ submission://mx.test talk\nS: 220~\nC: EHLO ~\nS: 250 STARTTLS\nC: STARTTLS\nS: 220~\n* tls\n"
    client += "C: EHLO ~\nS: 250 AUTH~\n"
    world = World(SERVER, *made)
    played = world.played(URL, client + CLIENT.split("talk\n")[1], ALICE)
    assert (played.stage, played.said) == (Stage.OPEN, "")
    world.server.finish()


def test_one_line_of_an_answer_is_enough_and_the_last_one_is_heard(made: Made) -> None:
    client = "@ submission://mx.test talk\nS: 220~\nC: EHLO ~\nS: 250~\nC: STARTTLS\nS: 220~\n* tls\n"
    client += "C: EHLO ~\nS: 250~\n" + CLIENT.split("talk\n")[1].removesuffix("S: 221~\n")
    world = World(SERVER, *made)
    played = world.played(URL, client, ALICE)
    assert (played.stage, played.said) == (Stage.OPEN, "")
    assert played.transcript is not None and "221 bye" in played.transcript.turns[-1].text
    world.server.finish()


def test_what_comes_while_the_server_waits_is_no_answer_that_goes_on(made: Made) -> None:
    server = "@ imap://mx.test talk\nS: * OK hi\nC: a1 IDLE\nS: + idling\nS: * 4 EXISTS\nC: DONE\nS: a1 OK done\n"
    server += "C: a2 NOOP\nC: a3 NOOP\nS: a2 OK\nS: a3 OK\n* silence\n"
    client = (
        "@ imap://mx.test talk\nS: * OK~\nC: a1 IDLE\nS: +~\nS: * 4~\nC: DONE\nS: a1 OK~\nC: a2 NOOP\nC: a3 NOOP\n"
    )
    world = World(server, *made)
    played = world.played("imap://mx.test", client + "S: a2 OK~\nS: a3 OK~\nC: a4 LOGOUT\n")
    assert (played.stage, played.reason, played.said) == (Stage.OPEN, "", "")


def test_a_recorded_session_is_played_again(made: Made) -> None:
    world = World(SERVER, *made)
    first = world.played(URL, CLIENT, ALICE)
    assert first.transcript is not None
    script = script_of(first.transcript)
    assert "looking-glass" not in script and "AGFsaWNl" not in script and "526562BE062" not in script
    assert "* auth PLAIN" in script
    again = World(SERVER, *made)
    assert again.played(URL, script, ALICE).stage is Stage.OPEN
    again.server.finish()


STAGES = [
    ("S: 220 mx.test ESMTP", "S: 554 no", Stage.GREETING),
    ("S: 250-mx.test\nS: 250 STARTTLS", "S: 250 mx.test", Stage.TLS),
    ("S: 220 go\n* tls", "S: 454 no", Stage.TLS),
    ("* tls", "* tls refused alert=handshake_failure", Stage.TLS),
    ("S: 235 2.7.0 ok", "S: 535 5.7.8 no", Stage.LOGIN),
    ("S: 250 2.1.0 Ok", "S: 550 no", Stage.MAIL),
    ("S: 250 2.1.5 Ok", "S: 550 no", Stage.RCPT),
    ("S: 354 go", "S: 554 no", Stage.DATA),
    ("S: 250 2.0.0 Ok: queued as 526562BE062", "S: 554 no", Stage.MESSAGE),
    ("S: 221 bye", "S: 500 what", Stage.QUIT),
    ("S: 250-mx.test\nS: 250 AUTH PLAIN LOGIN", "S: 550 no", Stage.EHLO_IN_TLS),
    ("S: 250 2.1.0 Ok", "* eof", Stage.CLOSED),
    ("S: 250 2.1.0 Ok", "* silence", Stage.MAIL),
]


@pytest.mark.parametrize(("line", "instead", "stage"), STAGES, ids=[row[1] for row in STAGES])
def test_it_ends_at_the_stage_that_failed(made: Made, line: str, instead: str, stage: Stage) -> None:
    before, _, _ = SERVER.partition(f"{line}\n")
    played = World(f"{before}{instead}\n", *made).played(URL, CLIENT, ALICE)
    assert (played.stage, bool(played.reason)) == (stage, True)
    assert "looking-glass" not in repr(played)


@pytest.mark.parametrize("event", ["refused", "timeout", "unreachable"])
def test_no_connection_is_stage_2(made: Made, event: str) -> None:
    world = World(f"@ submission://mx.test talk\n* {event}\n", *made)
    assert world.played(URL, CLIENT, ALICE).stage is Stage.CONNECT


def test_a_line_that_differs_is_named(made: Made) -> None:
    world = World(SERVER.replace("S: 250 2.1.5 Ok", "S: 554 5.7.1 <bob@mx.test>: Relay access denied"), *made)
    played = world.played(URL, CLIENT, ALICE)
    assert (played.reason, played.number, played.wanted) == ("mismatch", 7, "250~")
    assert played.said == "554 5.7.1 <bob@mx.test>: Relay access denied"


def test_a_secret_in_a_script_needs_protection_too(made: Made) -> None:
    server = "@ smtp://mx.test talk\nS: 220 mx\nC: EHLO me.test\nS: 250 mx\n"
    client = "@ smtp://mx.test talk\nC: AUTH PLAIN AGFsaWNlAGxvb2tpbmctZ2xhc3M=\nS: 235~\n"
    world = World(server, *made)
    assert (world.played("smtp://mx.test", client).stage, world.server.mismatches) == (Stage.LOGIN, [])
    lifted = World(server + "C: AUTH PLAIN ~\nS: 235 ok\n", *made, tls=TlsPolicy.NEVER)
    played = lifted.played("smtp://mx.test", client)
    assert played.stage is Stage.OPEN
    assert "AGFsaWNl" not in repr(played.transcript)


def test_a_login_without_credentials_is_told(made: Made) -> None:
    played = World(SERVER, *made).played(URL, CLIENT, None)
    assert (played.stage, played.reason) == (Stage.LOGIN, "no-login")


def test_tls_at_once_http_and_raw_bytes(made: Made) -> None:
    head = "@ https://www.test talk\n"
    server = head + "* tls\nC: GET / HTTP/1.0\nC: Host: www.test\nC:\nS: HTTP/1.1 200 OK\nS:\nS| <html>\n* eof\n"
    client = (
        "@ https://www.test talk\nC: GET / HTTP/1.0\nC: Host: www.test\nC:\nS: HTTP/1.1 200~\nS:\nS| <html>\n* eof\n"
    )
    world = World(server, *made)
    assert world.played("https://www.test", client).stage is Stage.OPEN
    world.server.finish()


def test_through_a_proxy_and_with_a_proxy_header(made: Made) -> None:
    """The header is the first thing that the server hears; the proxy hears only where to."""
    server = (
        "@ smtp://mx.test talk\nC: PROXY TCP4 203.0.113.7 192.0.2.25 ~ 25\nS: 220 mx\nC: EHLO me.test\nS: 250 mx\n"
    )
    proxy = Proxy(ProxyKind.HTTP, "192.0.2.80", 3128)
    world = World(server, *made, proxy=proxy, proxy_protocol=1, proxied_source="203.0.113.7")
    asked: list[bytes] = []

    def switchboard(to: Address, purpose: str) -> Handler | Trouble:
        assert (to.address, to.port) == ("192.0.2.80", 3128)
        handler = world.server.switchboard(to, purpose)
        assert not isinstance(handler, Trouble)

        async def serve(stream: ServerStream) -> None:
            asked.append(await stream.read(99.0))
            await stream.write(b"HTTP/1.1 200 go\r\n\r\n", 99.0)
            await handler(stream)

        return serve

    world.net = MemoryNet(switchboard=switchboard)
    world.server.attach(world.net)
    played = world.played("smtp://mx.test", "@ smtp://mx.test talk\nS: 220~\nC: EHLO ~\nS: 250~\n")
    assert (played.stage, played.reason, played.said) == (Stage.OPEN, "", "")
    assert asked[0].startswith(b"CONNECT 192.0.2.25:25 HTTP/1.1\r\n")
    world.server.finish()


def test_the_list_that_sieve_gives_again_is_waited_for(made: Made) -> None:
    head = "@ sieve://mx.test talk\n"
    server = head + 'S: "STARTTLS"\nS: OK\nC: STARTTLS\nS: OK\n* tls\n* wait 2\nS: "SASL" "PLAIN"\nS: OK\n'
    world = World(server + "C: NOOP\nS: OK\n", *made)
    assert world.played("sieve://mx.test", head + "C: NOOP\nS: OK~\n").stage is Stage.OPEN
    world.server.finish()


@pytest.mark.parametrize(
    ("attribute", "answer", "stage", "reason"),
    [
        ("ADDR=192.0.2.7", "220 mx.test ESMTP\nC: EHLO me.test\nS: 250 mx.test", Stage.OPEN, ""),
        ("ADDR=192.0.2.7", "550 5.7.0 insufficient authorization", Stage.XCLIENT, "refused"),
        ("LOGIN=carol", "", Stage.XCLIENT, "xclient-not-offered"),
    ],
)
def test_a_script_is_played_as_another_client(
    made: Made, attribute: str, answer: str, stage: Stage, reason: str
) -> None:
    head = SERVER.partition("C: AUTH PLAIN")[0].replace("S: 250 AUTH PLAIN LOGIN", "S: 250 XCLIENT NAME ADDR")
    said = f"C: XCLIENT {attribute}\nS: {answer}\n" if answer else ""
    world = World(head + said + "C: NOOP\nS: 250 ok\nC: QUIT\nS: 221 bye\n", *made, xclient=(attribute,))
    played = world.played(URL, f"@ {URL} talk\nC: NOOP\nS: 250~\nC: QUIT\nS: 221~\n")
    assert (played.stage, played.reason) == (stage, reason)


def test_a_script_that_says_everything_itself_says_xclient_too(made: Made) -> None:
    world = World(SERVER, *made, xclient=("ADDR=192.0.2.7",))
    played = world.played(URL, f"@ {URL} talk\nS: 220~\n")
    assert (played.stage, played.reason) == (Stage.USAGE, "xclient-in-script")
