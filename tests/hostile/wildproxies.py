"""Hostile proxies on the way to a server that is never reached."""

from __future__ import annotations

from wild import BLOCK, Hostile, Peer, Talk


def _after_hello(first: bytes, again: bytes = b"") -> Talk:
    return lambda peer: peer.answer_once(first, again)


def _socks(reply: bytes, again: bytes = b"") -> Talk:
    """SOCKS5 (RFC 1928) up to the reply to CONNECT."""

    def talk(peer: Peer) -> None:
        peer.connection.recv(BLOCK)
        peer.say(b"\5\0")
        peer.answer_once(reply, again)

    return talk


_DONE = b"\5\0\0\1\x7f\0\0\1\0\x19"

PROXIES = (
    Hostile(
        *("socks-of-noise", "submission", _after_hello(bytes(range(256)) * 8), ("proxy-not-reached",)),
        "a SOCKS5 proxy that answers with noise",
        "無意味なバイト列を返す SOCKS5 プロキシ",
        way="socks5",
    ),
    Hostile(
        *("socks-that-stalls", "submission", _socks(b"\5\0\0\3\xff"), ("port-filtered",)),
        "a SOCKS5 proxy whose reply stops in the middle of a name",
        "応答の途中、名前のところで止まる SOCKS5 プロキシ",
        way="socks5",
        timeout=2.0,
    ),
    Hostile(
        *("socks-of-no-such-reply", "submission", _socks(b"\5\xee\0\1" + b"\0" * 6), ("proxy-refused",)),
        "a SOCKS5 proxy that answers with a code that does not exist",
        "存在しないコードで応答する SOCKS5 プロキシ",
        way="socks5",
    ),
    Hostile(
        *("socks-that-floods-once-through", "submission", _socks(_DONE, b"x" * 999), ("unexpected-greeting",)),
        "a SOCKS5 proxy that says it is through, and floods",
        "接続できたと答えたあと、際限なくデータを送る SOCKS5 プロキシ",
        way="socks5",
    ),
    Hostile(
        *("connect-without-end", "submission"),
        _after_hello(b"HTTP/1.1 200 ok\r\n", b"X-More: and more\r\n"),
        ("proxy-not-reached",),
        "an HTTP proxy whose answer has fields without end",
        "応答のヘッダが終わらない HTTP プロキシ",
        way="http",
    ),
    Hostile(
        *(
            "connect-for-now",
            "submission",
            _after_hello(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
            ("proxy-not-reached",),
        ),
        "an HTTP proxy that says 100 Continue without end",
        "100 Continue を返し続ける HTTP プロキシ",
        way="http",
        timeout=2.0,
    ),
    Hostile(
        *(
            "connect-of-escapes",
            "submission",
            _after_hello(b"HTTP/1.1 403 \x1b[31m\x1b]0;owned\x07\r\n\r\n"),
            ("proxy-refused",),
        ),
        "an HTTP proxy that refuses in escapes for terminals",
        "端末のエスケープシーケンスで拒否する HTTP プロキシ",
        way="http",
    ),
)
