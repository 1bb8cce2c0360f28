"""What comes, in virtual time: it is shown safely, silence is explained, and TLS begins where it was agreed."""

from __future__ import annotations

from talking import CLEAR, IN, SHOWN, Made, World


def test_the_silence_of_lf_is_explained(made: Made) -> None:
    """T2, and the article's Office 365: a server that waits for CRLF says nothing."""
    world = World(IN + "C| NOOP\\n\n* silence\n", *made)
    assert world.typed("submission://mx.test", "NOOP", "", lf=True)[-1] == "# silent-lf"


def test_starttls_typed_by_hand_begins_tls_and_asks_again(made: Made) -> None:
    world = World(IN.replace("submission", "smtp").replace("250 STARTTLS", "250 X"), *made)
    shown = world.typed("smtp://mx.test", "STARTTLS")
    assert shown[5:] == ["# tls-not-offered", *SHOWN[6:]]
    world.server.finish()


def test_a_server_s_text_cannot_disturb_the_terminal(made: Made) -> None:
    world = World(CLEAR.replace("220 mx.test", "220 \\x1b]0;owned\\x07"), *made)
    shown = world.typed("smtp://mx.test")
    assert shown[1] == "S: 220 \\x1b]0;owned\\x07 ESMTP"


def test_a_server_that_hangs_up_is_told(made: Made) -> None:
    world = World(IN + "S: 421 4.4.2 timeout\n* eof\n", *made)
    assert world.typed("submission://mx.test", "NOOP")[-4:] == [
        "S: 421 4.4.2 timeout",
        "# closing",
        "* closed",
        "* over",
    ]


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
