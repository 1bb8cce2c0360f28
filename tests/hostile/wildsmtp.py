"""Hostile servers that speak SMTP, or something instead."""

from __future__ import annotations

import base64
import socket

from wild import (
    Hostile,
    Peer,
    Turn,
    dripping,
    falling_silent,
    flooding,
    hanging_up,
    resetting,
    saying,
    sound,
)

ESCAPES = (
    b"\x1b[31mred\x1b]0;owned\x07\x1b[2J \xc2\x9b31m\x9b2J \xe2\x80\xaegnp\xe2\x80\xac \xe2\x81\xa6x\xe2\x81\xa9"
    b" \x08\x08\x7f\x0e\x1b(0 \x1bP+q\x1b\\"
)
MIXED = b"caf\xe9 \x83\x81\x83F \xa5\xe1\xa1\xbc \x1b$B%a\x1b(B \xc3\x28 \xed\xa0\x80 \xf0\x9f\x92\x8c"
EHLO = b"250-mx.test\r\n250-STARTTLS\r\n"
CHALLENGE = b"334 " + base64.b64encode(b"go on") + b"\r\n"


def _lines(count: int) -> Turn:
    return saying(b"250-mx.test\r\n" + b"".join(b"250-X%d\r\n" % n for n in range(count)) + b"250 STARTTLS\r\n")


def _half_closed(how: int) -> Turn:
    def turn(peer: Peer, line: bytes) -> None:
        peer.say(b"220 mx.test ESMTP\r\n")
        peer.half_close(how)
        peer.pause()

    return turn


def _with_every_line(text: bytes) -> dict[str, Turn]:
    """A sound server whose every reply also says this."""

    def greeting(peer: Peer, line: bytes) -> None:
        peer.say(b"220 mx.test ESMTP " + text + b"\r\n")

    def ehlo(peer: Peer, line: bytes) -> None:
        more = b"250-AUTH PLAIN\r\n" if peer.secure else b"250-STARTTLS\r\n"
        peer.say(b"250-mx.test " + text + b"\r\n" + more + b"250-X-" + text + b"\r\n250 SIZE 1000 " + text + b"\r\n")

    def mail(peer: Peer, line: bytes) -> None:
        peer.say(b"530 5.7.0 " + text + b"\r\n")

    def auth(peer: Peer, line: bytes) -> None:
        peer.say(b"535 5.7.8 " + text + b"\r\n")

    return {"GREETING": greeting, "EHLO": ehlo, "MAIL": mail, "AUTH": auth}


def _scram(first: str, last: bytes = b"") -> Turn:
    """SCRAM: `first` after the client's nonce, then `last`."""

    def turn(peer: Peer, line: bytes) -> None:
        words = line.split()
        if len(words) < 3:
            peer.say(b"334 \r\n")
            words.append(peer.hear())
        said = base64.b64decode(words[2]).decode()
        nonce = said.rpartition("r=")[2]
        peer.say(b"334 " + base64.b64encode(f"r={nonce}x,s=QSXCR+Q6sek8bf92,{first}".encode()) + b"\r\n")
        if peer.hear() == b"*":
            peer.say(b"501 5.7.0 cancelled\r\n")
        else:
            peer.say(last or b"535 5.7.8 no\r\n")

    return turn


def _offering(mechanisms: bytes, **at: Turn) -> dict[str, Turn]:
    def ehlo(peer: Peer, line: bytes) -> None:
        more = b"250-AUTH " + mechanisms + b"\r\n" if peer.secure else b"250-STARTTLS\r\n"
        peer.say(b"250-mx.test\r\n" + more + b"250 SIZE 1000\r\n")

    return {"EHLO": ehlo, **at}


def _endless_challenges(peer: Peer, line: bytes) -> None:
    peer.say(CHALLENGE)
    while peer.hear():
        peer.say(CHALLENGE)


def _early(peer: Peer, line: bytes) -> None:
    """All answers before any question."""
    peer.say(b"220 mx.test ESMTP\r\n" + EHLO + b"250 SIZE 1\r\n220 go\r\n250 ok\r\n250 ok\r\n221 bye\r\n")
    peer.drain()


def _late_by(seconds: float) -> Turn:
    def turn(peer: Peer, line: bytes) -> None:
        peer.pause(seconds)
        verb = line.split()[0].upper() if line.split() else b""
        replies = {b"EHLO": b"250-mx.test\r\n250 SIZE 1000\r\n", b"QUIT": b"221 bye\r\n", b"": b"220 mx ESMTP\r\n"}
        peer.say(replies.get(verb, b"250 ok\r\n"))

    return turn


def _at(stage: str, turn: Turn) -> dict[str, Turn]:
    return {stage: turn}


SHUTTING_DOWN = saying(b"421 4.3.2 Shutting down\r\n")

SMTP = (
    Hostile(
        *("greeting-without-line-end", "submission", sound(_at("GREETING", flooding(b"x" * 999, b"220 ")))),
        ("unexpected-greeting",),
        "greets with one line that never ends",
        "終わりのない 1 行で応答を始める",
    ),
    Hostile(
        *("greeting-of-endless-lines", "submission", sound(_at("GREETING", flooding(b"220-more\r\n")))),
        ("unexpected-greeting",),
        "greets with continuation lines without end",
        "接続時の応答の継続行が終わらない",
    ),
    Hostile(
        *("greeting-by-the-byte", "submission", sound(_at("GREETING", dripping(b"2", 0.4)))),
        ("no-greeting",),
        "greets with a byte every 0.4 seconds",
        "接続時の応答を 0.4 秒に 1 バイトずつ送る",
        timeout=2.0,
    ),
    Hostile(
        *("silence", "submission", sound(_at("GREETING", falling_silent))),
        ("no-greeting",),
        "accepts the connection and never says a word",
        "接続を受け付けたまま何も送らない",
        timeout=2.0,
    ),
    Hostile(
        *("reset-at-once", "submission", sound(_at("GREETING", resetting))),
        ("closed-unexpectedly",),
        "accepts the connection and resets it",
        "接続を受け付けた直後にリセットする",
    ),
    Hostile(
        *("closed-at-once", "submission", sound(_at("GREETING", hanging_up))),
        ("closed-unexpectedly",),
        "accepts the connection and closes it",
        "接続を受け付けた直後に閉じる",
    ),
    Hostile(
        *("half-closed-for-writing", "submission", sound(_at("GREETING", _half_closed(socket.SHUT_WR)))),
        ("closed-unexpectedly",),
        "greets, closes its side for writing and stays",
        "応答のあと送信側だけを閉じて接続を残す",
    ),
    Hostile(
        *("half-closed-for-reading", "submission", sound(_at("GREETING", _half_closed(socket.SHUT_RD)))),
        ("no-reply",),
        "greets, closes its side for reading and stays",
        "応答のあと受信側だけを閉じて接続を残す",
        timeout=2.0,
    ),
    Hostile(
        *("421-as-greeting", "submission", sound(_at("GREETING", SHUTTING_DOWN))),
        ("greeting-refused",),
        "says 421 in the place of the greeting",
        "接続時の応答の代わりに 421 を返す",
    ),
    *(
        Hostile(
            *(f"421-at-{verb.lower()}", scheme, sound(_at(verb, SHUTTING_DOWN))),
            causes,
            f"answers {verb} with 421 and stays",
            f"{verb} に 421 を返し、接続は残す",
            login=verb == "AUTH",
        )
        for verb, scheme, causes in (
            ("EHLO", "submission", ("closed-unexpectedly",)),
            ("STARTTLS", "submission", ("starttls-refused",)),
            ("AUTH", "submission", ("auth-temporary-failure",)),
            ("MAIL", "smtp", ("temporary-reject",)),
            ("RCPT", "smtp", ("temporary-reject",)),
            ("QUIT", "smtp", ()),
        )
    ),
    *(
        Hostile(
            *(f"reset-at-{verb.lower()}", scheme, sound(_at(verb, resetting))),
            causes,
            f"resets the connection at {verb}",
            f"{verb} で接続をリセットする",
            login=verb == "AUTH",
        )
        for verb, scheme, causes in (
            ("EHLO", "submission", ("closed-unexpectedly",)),
            ("STARTTLS", "submission", ("closed-unexpectedly",)),
            ("AUTH", "submissions", ("closed-unexpectedly",)),
            ("RCPT", "smtp", ("closed-unexpectedly",)),
            ("QUIT", "smtp", ()),
        )
    ),
    Hostile(
        *("ehlo-without-end", "submission", sound(_at("EHLO", flooding(b"250-X-MORE\r\n", EHLO)))),
        ("reply-not-understood",),
        "answers EHLO with continuation lines without end",
        "EHLO への応答の継続行が終わらない",
    ),
    Hostile(
        *("replies-without-end", "submission", sound(_at("EHLO", flooding(b"250 Ok\r\n")))),
        ("starttls-not-offered",),
        "answers EHLO with whole replies without end",
        "EHLO に完結した応答を際限なく返す",
    ),
    Hostile(
        *("ehlo-of-thousands-of-lines", "submission", sound(_at("EHLO", _lines(20_000)))),
        ("starttls-not-offered",),
        "offers twenty thousand extensions before STARTTLS",
        "STARTTLS の前に 2 万個の拡張を並べる",
    ),
    Hostile(
        *("ehlo-line-of-a-megabyte", "submission", sound(_at("EHLO", saying(EHLO + b"250 " + b"X" * 1_000_000)))),
        ("reply-not-understood",),
        "offers one extension whose name is a megabyte long, without a line end",
        "長さ 1 MB の拡張名を改行なしで返す",
    ),
    Hostile(
        *("ehlo-by-the-byte", "submission", sound(_at("EHLO", dripping(b"2", 0.4)))),
        ("no-reply",),
        "answers EHLO with a byte every 0.4 seconds",
        "EHLO に 0.4 秒に 1 バイトずつ答える",
        timeout=2.0,
    ),
    Hostile(
        *("every-reply-late", "smtp", sound({"GREETING": _late_by(1.4), "ANY": _late_by(1.4)})),
        ("greeting-slow", "starttls-not-offered"),
        "is almost as late with every reply as a reply may be",
        "どの応答も待ち時間の上限ぎりぎりで返す",
        timeout=2.0,
    ),
    Hostile(
        *("a-reply-every-nine-seconds", "smtp", sound({"GREETING": _late_by(9.0), "ANY": _late_by(9.0)})),
        ("no-reply", "greeting-slow", "starttls-not-offered"),
        "says every reply nine seconds after the command",
        "どのコマンドにも 9 秒後に応答する",
        timeout=10.0,
        long=True,
    ),
    Hostile(
        *("codes-that-contradict", "submission", sound(_at("EHLO", saying(EHLO + b"354-what\r\n550 no\r\n")))),
        ("starttls-not-offered",),
        "answers EHLO with 250, 354 and 550 in one reply",
        "EHLO への 1 つの応答に 250、354、550 を混ぜる",
    ),
    Hostile(
        *("codes-that-are-none", "submission", sound(_at("EHLO", saying(b"2500 mx\r\n")))),
        ("reply-not-understood",),
        "answers EHLO with a code of four digits",
        "EHLO に 4 桁のコードで応答する",
    ),
    Hostile(
        *("line-ends-of-cr-alone", "submission", sound(_at("EHLO", saying(b"250-mx\r250 STARTTLS\r")))),
        ("no-reply",),
        "ends the lines of its answer with a CR alone",
        "応答の行末が CR だけになっている",
        timeout=2.0,
    ),
    Hostile(
        *("line-ends-of-lf-cr", "submission", sound(_at("EHLO", saying(b"250-mx\n\r250 STARTTLS\n\r")))),
        ("no-reply",),
        "ends its lines with LF CR",
        "行末が LF CR の順になっている",
        timeout=2.0,
    ),
    Hostile(
        *("nul-bytes", "submission", sound(_at("EHLO", saying(b"250-mx\0.test\r\n250-START\0TLS\r\n250 S\0\0\r\n")))),
        ("starttls-not-offered",),
        "puts NULs into names and keywords",
        "名前やキーワードの中に NUL を入れる",
    ),
    Hostile(
        *("terminal-escapes", "submission", sound(_with_every_line(ESCAPES))),
        ("auth-rejected",),
        "puts escapes for terminals, control characters and bidirectional overrides into everything it says",
        "端末のエスケープシーケンス、制御文字、双方向制御文字をすべての応答に入れる",
        login=True,
    ),
    Hostile(
        *("mixed-encodings", "submission", sound(_with_every_line(MIXED))),
        ("auth-rejected",),
        "mixes Latin-1, Shift_JIS, EUC-JP, ISO-2022-JP, CESU-8 and broken UTF-8 in everything it says",
        "Latin-1、Shift_JIS、EUC-JP、ISO-2022-JP、CESU-8、壊れた UTF-8 をすべての応答に混ぜる",
        login=True,
    ),
    Hostile(
        *("answers-before-questions", "submission", sound(_at("GREETING", _early))),
        ("no-reply",),
        "says all its answers with the greeting, and nothing after",
        "最初の応答と一緒にすべての答えを送り、あとは黙る",
        timeout=2.0,
    ),
    Hostile(
        *("334-without-end", "submissions", sound(_at("AUTH", _endless_challenges))),
        ("login-exchange-broken",),
        "answers every answer of a login with another 334",
        "ログインの応答のたびに次の 334 を返し続ける",
        login=True,
    ),
    Hostile(
        *("334-that-floods", "submissions", sound(_at("AUTH", flooding(CHALLENGE)))),
        ("login-exchange-broken",),
        "sends 334 without end and does not listen",
        "相手を待たずに 334 を送り続ける",
        login=True,
    ),
    Hostile(
        *("334-of-a-megabyte", "submissions", sound(_at("AUTH", flooding(b"QUFB" * 1000, b"334 ")))),
        ("reply-not-understood",),
        "sends a challenge in base64 that never ends",
        "終わりのない base64 のチャレンジを送る",
        login=True,
    ),
    Hostile(
        *("scram-with-4e9-iterations", "submissions"),
        sound(_offering(b"SCRAM-SHA-256", AUTH=_scram("i=4294967295"))),
        ("login-exchange-broken",),
        "demands four billion iterations of SCRAM",
        "SCRAM に 40 億回の反復を要求する",
        login=True,
    ),
    Hostile(
        *("scram-without-proof", "submissions"),
        sound(_offering(b"SCRAM-SHA-256", AUTH=_scram("i=4096", b"235 2.7.0 welcome\r\n"))),
        ("login-exchange-broken",),
        "accepts a SCRAM login without proving that it knows the password",
        "パスワードを知っている証明なしに SCRAM のログインを受け入れる",
        login=True,
    ),
    Hostile(
        *("mechanisms-by-the-thousand", "submissions"),
        sound(_offering(b" ".join(b"X-%d" % n for n in range(300)))),
        (),
        "offers hundreds of mechanisms, none of them known",
        "未知の認証方式を数百個並べる",
        login=True,
        verdict="unknown",
    ),
    Hostile(
        *("http-for-ever", "submission", sound(_at("GREETING", flooding(b"<p>", b"HTTP/1.1 200 OK\r\n\r\n")))),
        ("port-taken-by-another-program",),
        "is a web server with an endless page",
        "終わりのないページを返すウェブサーバー",
    ),
    Hostile(
        *("proxy-header-reset", "submission"),
        lambda peer: (peer.hear(), peer.reset())[1],
        ("closed-unexpectedly",),
        "waits for the PROXY header, and resets the connection",
        "PROXY ヘッダを受け取ってから接続をリセットする",
        given=("--proxy-protocol", "v2"),
    ),
)
