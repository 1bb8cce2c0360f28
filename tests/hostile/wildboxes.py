"""Hostile servers that hold mailboxes and scripts: POP3, IMAP, ManageSieve, and LMTP."""

from __future__ import annotations

from wild import (
    Hostile,
    Peer,
    Turn,
    dripping,
    falling_silent,
    flooding,
    resetting,
    saying,
    sound,
    tagged,
)

MAILBOX = ("--mailbox", "alice@mx.test", "--deliver")


def _in_tls(turn: Turn, before: Turn) -> Turn:
    """`turn` inside TLS, `before` in clear text."""
    return lambda peer, line: (turn if peer.secure else before)(peer, line)


def _endless_fetch(peer: Peer, line: bytes) -> None:
    peer.say(b"* 1 FETCH (UID 1 BODY[HEADER] {4294967295}\r\n")
    peer.drip(b"x" * 60_000, 0.01)


def _found(peer: Peer, line: bytes) -> None:
    peer.say(b"* SEARCH 1\r\n" + line.split(b" ")[0] + b" OK done\r\n")


def _ten_megabytes_of_bye(peer: Peer, line: bytes) -> None:
    peer.flood(b"* BYE not yet\r\n")


def _wrong_tag(peer: Peer, line: bytes) -> None:
    peer.say(b"* CAPABILITY IMAP4rev1\r\nzz99 OK done\r\n")


def _challenging(peer: Peer, line: bytes) -> None:
    peer.say(b"+ Z28gb24=\r\n")
    while peer.hear():
        peer.say(b"+ Z28gb24=\r\n")


def _sieve_challenging(peer: Peer, line: bytes) -> None:
    peer.say(b'"Z28gb24="\r\n')
    while peer.hear():
        peer.say(b'"Z28gb24="\r\n')


def _lying_uidl(peer: Peer, line: bytes) -> None:
    peer.flood(b"1 x\r\n", b"+OK\r\n")


_BYE = saying(b"* BYE shutting down\r\n")

BOXES = (
    Hostile(
        *("capa-without-end", "pop3", sound({"CAPA": flooding(b"X-MORE\r\n", b"+OK\r\n")})),
        ("reply-not-understood",),
        "answers CAPA with a list that never ends",
        "CAPA の一覧が終わらない",
    ),
    Hostile(
        *("capa-of-empty-lines", "pop3", sound({"CAPA": flooding(b"\r\n", b"+OK\r\n")})),
        ("reply-not-understood",),
        "answers CAPA with empty lines without end",
        "CAPA に空行を際限なく返す",
    ),
    Hostile(
        *("capa-without-its-dot", "pop3", sound({"CAPA": saying(b"+OK\r\nSTLS\r\nUSER\r\n")})),
        ("no-reply",),
        "ends its list without the dot, and waits",
        "一覧の最後のピリオドを送らずに待つ",
        timeout=2.0,
    ),
    Hostile(
        *("pop3-challenges-without-end", "pop3s", sound({"AUTH": _challenging})),
        ("login-exchange-broken",),
        "answers every answer of a login with another challenge",
        "ログインの応答のたびに次のチャレンジを返し続ける",
        login=True,
    ),
    Hostile(
        *("stat-of-four-billion", "pop3s", sound({"STAT": saying(b"+OK 4294967295 18446744073709551615\r\n")})),
        (),
        "says that the mailbox holds four billion messages",
        "メールボックスに 40 億通あると答える",
        login=True,
    ),
    Hostile(
        *("stat-of-no-number", "pop3s", sound({"STAT": saying(b"+OK \xc2\xb2 9" + b"9" * 1500 + b"\r\n")})),
        ("reply-not-understood",),
        "counts its messages with what is no number",
        "通数が数値になっていない",
        login=True,
    ),
    Hostile(
        *(
            "uidl-without-end",
            "pop3s",
            sound({"UIDL": _lying_uidl, "LIST": _lying_uidl, "STAT": saying(b"+OK 9 9\r\n")}),
        ),
        ("no-reply",),
        "lists message after message, for ever",
        "メッセージの一覧を際限なく返す",
        login=True,
        given=MAILBOX,
        also=("submissions",),
    ),
    Hostile(
        *("message-without-end", "pop3s"),
        sound(
            {
                "STAT": saying(b"+OK 1 100\r\n"),
                "UIDL": saying(b"+OK\r\n1 x\r\n.\r\n"),
                "LIST": saying(b"+OK\r\n1 100\r\n.\r\n"),
                "TOP": dripping((b"Subject: " + b"x" * 70 + b"\r\n") * 700, 0.01, b"+OK\r\n"),
                "RETR": dripping((b"x" * 76 + b"\r\n") * 700, 0.01, b"+OK\r\n"),
            }
        ),
        ("no-reply",),
        "sends a message that never ends",
        "終わりのないメッセージを送る",
        login=True,
        given=MAILBOX,
        also=("submissions",),
        timeout=2.0,
    ),
    Hostile(
        *("untagged-without-end", "imap", sound({"CAPABILITY": flooding(b"* 1 EXISTS\r\n")})),
        ("reply-not-understood",),
        "answers with untagged responses without end",
        "タグなしの応答を際限なく返す",
    ),
    Hostile(
        *("untagged-now-and-then", "imap", sound({"CAPABILITY": dripping(b"* OK still here\r\n", 0.3)})),
        ("no-reply",),
        "says that it is still here three times a second, and never answers",
        "1 秒に 3 回「まだ処理中」と返すだけで答えない",
        timeout=2.0,
    ),
    Hostile(
        *("literal-of-four-gigabytes", "imap"),
        sound({"CAPABILITY": flooding(b"x" * 1000, b"* CAPABILITY {4294967295}\r\n")}),
        ("reply-not-understood",),
        "announces a literal of 4 GB, and sends it",
        "4 GB のリテラルを予告して送り続ける",
    ),
    Hostile(
        *("literal-that-never-comes", "imap", sound({"CAPABILITY": saying(b"* CAPABILITY {4294967295}\r\n")})),
        ("no-reply",),
        "announces a literal of 4 GB, and sends none of it",
        "4 GB のリテラルを予告したまま送らない",
        timeout=2.0,
    ),
    Hostile(
        *("literals-without-end", "imap", sound({"CAPABILITY": flooding(b"{1}\r\nx ", b"* X ")})),
        ("reply-not-understood",),
        "puts literal after literal into one response",
        "1 つの応答の中にリテラルを並べ続ける",
    ),
    Hostile(
        *("lists-within-lists", "imap", sound({"CAPABILITY": flooding(b"(", b"* X ")})),
        ("reply-not-understood",),
        "opens a list within a list, for ever",
        "リストの中にリストを開き続ける",
    ),
    Hostile(
        *(
            "numbers-by-the-million",
            "imap",
            sound({"CAPABILITY": flooding(b"* SEARCH" + b" 12" * 300_000 + b"\r\n")}),
        ),
        ("reply-not-understood",),
        "sends responses of three hundred thousand numbers each",
        "1 行に 30 万個の数を並べた応答を送り続ける",
    ),
    Hostile(
        *("tag-that-is-not-ours", "imap", sound({"CAPABILITY": _wrong_tag})),
        ("starttls-not-offered",),
        "ends the command under another tag",
        "別のタグでコマンドの終わりを告げる",
        timeout=2.0,
    ),
    Hostile(
        *("bye-at-login", "imaps", sound({"AUTHENTICATE": _BYE})),
        ("no-reply",),
        "says BYE to a login, and stays",
        "ログインに BYE を返し、接続は残す",
        login=True,
    ),
    Hostile(
        *("bye-without-end", "imap", sound({"CAPABILITY": _ten_megabytes_of_bye})),
        ("reply-not-understood",),
        "says BYE without end and does not leave",
        "BYE を際限なく返して切断しない",
    ),
    Hostile(
        *("preauth-for-everybody", "imaps", sound({"GREETING": saying(b"* PREAUTH welcome, root\r\n")})),
        (),
        "takes everybody for logged in",
        "誰でもログイン済みとして扱う",
        login=True,
        verdict="unknown",
    ),
    Hostile(
        *("exists-in-the-billions", "imaps"),
        sound({"EXAMINE": tagged(b"* 4294967295 EXISTS\r\n* OK [UIDVALIDITY 99999999999999999999] x\r\n")}),
        (),
        "says that the mailbox holds four billion messages",
        "メールボックスに 40 億通あると答える",
        login=True,
    ),
    Hostile(
        *("examine-that-floods", "imaps", sound({"EXAMINE": flooding(b"* FLAGS (\\Seen)\r\n")})),
        ("reply-not-understood",),
        "opens the mailbox with untagged responses without end",
        "メールボックスを開くとタグなしの応答が終わらない",
        login=True,
    ),
    Hostile(
        *("fetch-without-end", "imaps", sound({"SEARCH": _found, "UID": _found, "FETCH": _endless_fetch})),
        ("no-reply",),
        "sends a message as a literal of 4 GB",
        "メッセージを 4 GB のリテラルとして送る",
        login=True,
        given=MAILBOX,
        also=("submissions",),
        timeout=2.0,
    ),
    Hostile(
        *("imap-challenges-without-end", "imaps", sound({"AUTHENTICATE": _challenging})),
        ("login-exchange-broken",),
        "answers every answer of a login with another continuation",
        "ログインの応答のたびに次の継続要求を返し続ける",
        login=True,
    ),
    Hostile(
        *("sieve-capabilities-without-end", "sieve", sound({"GREETING": flooding(b'"X" "y"\r\n')})),
        ("unexpected-greeting",),
        "greets with capabilities without end",
        "接続時の機能一覧が終わらない",
    ),
    Hostile(
        *("sieve-literal-of-four-gigabytes", "sieve", sound({"GREETING": flooding(b"x" * 999, b"{4294967295}\r\n")})),
        ("unexpected-greeting",),
        "greets with a literal of 4 GB",
        "接続時に 4 GB のリテラルを送る",
    ),
    Hostile(
        *("sieve-challenges-without-end", "sieve", sound({"AUTHENTICATE": _sieve_challenging})),
        ("login-exchange-broken",),
        "answers every answer of a login with another challenge",
        "ログインの応答のたびに次のチャレンジを返し続ける",
        login=True,
    ),
    Hostile(
        *("sieve-scripts-without-end", "sieve", sound({"LISTSCRIPTS": flooding(b'"main" ACTIVE\r\n')})),
        ("reply-not-understood",),
        "lists scripts without end",
        "スクリプトの一覧が終わらない",
        login=True,
    ),
    Hostile(
        *("sieve-silent-after-tls", "sieve", sound({"TLS": lambda peer, line: (peer.start_tls(), peer.drain())[1]})),
        ("no-reply",),
        "makes TLS and then says nothing",
        "TLS の確立後に何も言わない",
        timeout=2.0,
    ),
    Hostile(
        *("lhlo-without-end", "lmtp", sound({"LHLO": flooding(b"250-X-MORE\r\n")})),
        ("reply-not-understood",),
        "answers LHLO with continuation lines without end",
        "LHLO への応答の継続行が終わらない",
    ),
    Hostile(
        *("lmtp-takes-and-says-nothing", "lmtp", sound({"DATA": falling_silent})),
        ("no-reply",),
        "accepts the recipient and never answers DATA",
        "宛先は受け入れるが、DATA に答えない",
        given=("--mailbox", "alice@mx.test", "--deliver"),
        timeout=2.0,
    ),
    Hostile(
        *("lmtp-resets-at-data", "lmtp", sound({"DATA": resetting})),
        ("closed-unexpectedly",),
        "accepts the recipient and resets the connection at DATA",
        "宛先は受け入れるが、DATA で接続をリセットする",
        given=("--mailbox", "alice@mx.test", "--deliver"),
    ),
)
