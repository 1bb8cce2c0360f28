"""Hostile servers whose TLS is none, never comes to its end, or is more than anybody wants."""

from __future__ import annotations

import ipaddress
import select
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from wild import Hostile, Peer, Talk, Turn, sound

INJECTED = b"250-evil.test\r\n250 AUTH EVIL\r\n"
_LOOPBACK = ipaddress.ip_address("127.0.0.1")


def _handshaking(data: bytes, again: bytes = b"") -> Turn:
    """In the place of a handshake: waits for the client's hello, then says this."""
    return lambda peer, line: peer.answer_once(data, again)


def _cut(peer: Peer, line: bytes) -> None:
    peer.connection.recv(1 << 16)
    peer.say(b"\x16\x03\x03\x00\x7a\x02\x00")
    peer.half_close(socket.SHUT_WR)
    peer.drain()


def _injecting(peer: Peer, line: bytes) -> None:
    peer.say(b"220 2.0.0 Ready\r\n" + INJECTED)
    peer.start_tls()


def _injecting_late(peer: Peer, line: bytes) -> None:
    peer.say(b"220 2.0.0 Ready\r\n")
    peer.pause(0.2)
    peer.say(INJECTED)
    peer.start_tls()


def _clear_for_ever(peer: Peer, line: bytes) -> None:
    peer.say(b"220 2.0.0 Ready\r\n")
    peer.flood(b"250 still in clear text\r\n")


def _silent_inside(peer: Peer, line: bytes) -> None:
    peer.start_tls()
    peer.drain()


def _cut_inside(peer: Peer, line: bytes) -> None:
    """The handshake, and then the end without close_notify."""
    peer.start_tls()
    peer.half_close(socket.SHUT_RDWR)


def _noise_inside(peer: Peer, line: bytes) -> None:
    """The handshake, and then bytes that no key belongs to."""
    raw = socket.socket(fileno=socket.dup(peer.connection.fileno()))
    try:
        peer.start_tls()
        raw.sendall(b"\x17\x03\x03\x40\x00" + b"\xa5" * 0x4000)
        peer.pause(0.5)
    finally:
        raw.close()


class _Openssl:
    """A connection under pyOpenSSL, with this chain, after the handshake: a server can do what `ssl` does not."""

    def __init__(self, peer: Peer, kind: str) -> None:
        self._socket = peer.connection
        self._connection = SSL.Connection(_context(kind), None)
        self._connection.set_accept_state()
        self._until(self._connection.do_handshake)

    def say(self, data: bytes) -> None:
        self._connection.send(data)
        self._flush()

    def ask_for_another(self) -> None:
        """A HelloRequest (RFC 5246 section 7.4.1.1), not waited for."""
        self._connection.renegotiate()
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            pass
        self._flush()

    def renegotiate(self) -> None:
        """To the end of the new handshake."""
        self.ask_for_another()
        while self._connection.renegotiate_pending():
            self._feed()
            try:
                self._connection.recv(1)
            except SSL.WantReadError:
                pass
            except SSL.Error as error:
                raise OSError(str(error)) from None
            self._flush()

    def _until(self, step: Any) -> None:
        while True:
            try:
                step()
            except SSL.WantReadError:
                self._flush()
                self._feed()
            except SSL.Error as error:
                raise OSError(str(error)) from None
            else:
                self._flush()
                return

    def _feed(self) -> None:
        data = self._socket.recv(1 << 16)
        if not data:
            raise OSError("gone")
        self._connection.bio_write(data)

    def _flush(self) -> None:
        while True:
            try:
                self._socket.sendall(self._connection.bio_read(1 << 16))
            except SSL.WantReadError:
                return

    def drain(self) -> None:
        while select.select([self._socket], [], [], 30)[0] and self._socket.recv(1 << 16):
            pass


@cache
def _context(kind: str) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_cipher_list(b"ALL:@SECLEVEL=0")
    chain, key = _CHAINS[kind]()
    leaf, *others = chain
    context.use_certificate(leaf)
    context.use_privatekey(key)
    for certificate in others:
        context.add_extra_chain_cert(certificate)
    if kind == "renegotiating":
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
    return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: str, issuer: str, key: Any, signer: Any, names: Iterator[x509.GeneralName] | None = None, ca: bool = True
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
    )
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _key() -> Any:
    return ec.generate_private_key(ec.SECP256R1())


def _many_names() -> tuple[list[x509.Certificate], Any]:
    key = _key()
    names = (x509.DNSName(f"host-{number}.a-name-of-some-length.example.test") for number in range(1500))
    return [_certificate("127.0.0.1", "127.0.0.1", key, key, names)], key


def _too_many_names() -> tuple[list[x509.Certificate], Any]:
    """A certificate beyond what OpenSSL takes of a chain, 100 kB (SSL_CTX_set_max_cert_list)."""
    key = _key()
    names = (x509.DNSName(f"host-{number}.a-name-of-some-length.example.test") for number in range(20_000))
    return [_certificate("127.0.0.1", "127.0.0.1", key, key, names)], key


def _long_chain() -> tuple[list[x509.Certificate], Any]:
    """Eighty certificates, each signed by the next; the last one's signer is not sent."""
    keys = [_key() for _ in range(81)]
    made = []
    for number in range(80):
        names = iter([x509.IPAddress(_LOOPBACK)]) if number == 0 else None
        subject, issuer = f"link {number}", f"link {number + 1}"
        made.append(_certificate(subject, issuer, keys[number], keys[number + 1], names, ca=number > 0))
    return made, keys[0]


def _circle() -> tuple[list[x509.Certificate], Any]:
    """Two authorities that signed each other, and a leaf of the first."""
    leaf, first, second = _key(), _key(), _key()
    names = iter([x509.IPAddress(_LOOPBACK)])
    return [
        _certificate("leaf", "first", leaf, first, names, ca=False),
        _certificate("first", "second", first, second),
        _certificate("second", "first", second, first),
    ], leaf


def _escapes() -> tuple[list[x509.Certificate], Any]:
    key = _key()
    text = "\x1b[31m\x1b]0;owned\x07\u202e\x9b2J"
    return [_certificate(text, text, key, key, iter([x509.DNSName("\x1b[31m.test"), x509.IPAddress(_LOOPBACK)]))], key


_CHAINS: dict[str, Any] = {
    "renegotiating": _circle,
    "names": _many_names,
    "many names": _too_many_names,
    "chain": _long_chain,
    "circle": _circle,
    "escapes": _escapes,
}


def _showing(kind: str) -> Talk:
    """TLS at once with this chain, and then a greeting that is answered no more."""

    def talk(peer: Peer) -> None:
        made = _Openssl(peer, kind)
        made.say(b"220 mx.test ESMTP\r\n")
        made.drain()

    return talk


def _renegotiating(peer: Peer) -> None:
    made = _Openssl(peer, "renegotiating")
    while True:
        made.renegotiate()


def _silent_renegotiation(peer: Peer) -> None:
    """Asks for a new handshake in the middle of the greeting, and never goes on with it."""
    made = _Openssl(peer, "renegotiating")
    made.say(b"220-mx.test\r\n")
    made.ask_for_another()
    made.drain()


def _renegotiating_once(peer: Peer) -> None:
    """As servers do that ask for a certificate only then; and says no more after the greeting."""
    made = _Openssl(peer, "renegotiating")
    made.renegotiate()
    made.say(b"220 mx.test ESMTP\r\n")
    made.drain()


TLS = (
    Hostile(
        *("tls-that-stalls", "submissions", sound({"TLS": _handshaking(b"\x16\x03\x03\x40\x00" + b"\x02" * 100)})),
        ("tls-handshake-failed",),
        "sends half of its first TLS record and waits",
        "最初の TLS レコードを半分だけ送って止まる",
        timeout=2.0,
    ),
    Hostile(
        *("tls-that-is-cut", "submissions", sound({"TLS": _cut})),
        ("tls-handshake-failed",),
        "closes the connection in the middle of its first TLS record",
        "最初の TLS レコードの途中で接続を閉じる",
    ),
    Hostile(
        *("tls-of-noise", "submissions", sound({"TLS": _handshaking(bytes(range(256)) * 8)})),
        ("unexpected-greeting",),
        "answers the handshake with noise",
        "ハンドシェイクに無意味なバイト列を返す",
    ),
    Hostile(
        *("tls-of-empty-records", "submissions", sound({"TLS": _handshaking(b"", b"\x16\x03\x03\x00\x00")})),
        ("tls-handshake-failed",),
        "answers the handshake with empty records without end",
        "ハンドシェイクに空のレコードを返し続ける",
    ),
    Hostile(
        *("tls-of-warnings", "submissions", sound({"TLS": _handshaking(b"", b"\x15\x03\x03\x00\x02\x01\x5a")})),
        ("tls-handshake-failed",),
        "answers the handshake with warnings without end",
        "ハンドシェイクに警告アラートを返し続ける",
    ),
    Hostile(
        *("starttls-then-stalls", "submission", sound({"TLS": _handshaking(b"\x16\x03")})),
        ("tls-handshake-failed",),
        "agrees to STARTTLS and sends two bytes of it",
        "STARTTLS に同意したあと 2 バイトだけ送って止まる",
        timeout=2.0,
    ),
    Hostile(
        *("starttls-then-clear-text", "submission", sound({"STARTTLS": _clear_for_ever})),
        ("tls-handshake-failed",),
        "agrees to STARTTLS and goes on in clear text without end",
        "STARTTLS に同意したあとも平文を送り続ける",
    ),
    Hostile(
        *("starttls-with-injected-text", "smtp", sound({"STARTTLS": _injecting})),
        ("clear-text-after-starttls",),
        "puts replies in clear text behind its agreement to STARTTLS (CVE-2011-0411)",
        "STARTTLS の同意のすぐ後ろに平文の応答を付ける(CVE-2011-0411)",
    ),
    Hostile(
        *("starttls-with-late-injection", "submission", sound({"STARTTLS": _injecting_late})),
        ("clear-text-after-starttls",),
        "sends such replies in a segment of their own, before the handshake",
        "同じ応答をハンドシェイクの前に別のセグメントで送る",
    ),
    Hostile(
        *("tls-then-silence", "submissions", sound({"TLS": _silent_inside})),
        ("no-greeting",),
        "makes TLS and then says nothing",
        "TLS の確立後に何も言わない",
        timeout=2.0,
    ),
    Hostile(
        *("tls-then-cut", "submissions", sound({"TLS": _cut_inside})),
        ("closed-unexpectedly",),
        "makes TLS and cuts the connection without close_notify",
        "TLS の確立後、close_notify なしで切断する",
    ),
    Hostile(
        *("tls-then-noise", "submission", sound({"TLS": _noise_inside})),
        ("closed-unexpectedly",),
        "makes TLS and then sends bytes that no key belongs to",
        "TLS の確立後、復号できないバイト列を送る",
    ),
    Hostile(
        *("renegotiation-without-end", "submissions", _renegotiating),
        ("no-greeting", "certificate-untrusted-root"),
        "renegotiates TLS 1.2 again and again",
        "TLS 1.2 の再ネゴシエーションを繰り返す",
        given=("--tls-max", "1.2"),
        timeout=2.0,
    ),
    Hostile(
        *("renegotiation-that-stalls", "submissions", _silent_renegotiation),
        ("no-greeting", "certificate-untrusted-root"),
        "begins a renegotiation in the middle of its greeting and never ends it",
        "接続時の応答の途中で再ネゴシエーションを始めたまま止まる",
        given=("--tls-max", "1.2"),
        timeout=2.0,
    ),
    Hostile(
        *("renegotiation-before-the-greeting", "submissions", _renegotiating_once),
        ("no-reply", "certificate-untrusted-root"),
        "renegotiates once, greets, and says no more",
        "再ネゴシエーションを 1 回行ってから応答し、あとは黙る",
        given=("--tls-max", "1.2"),
        timeout=2.0,
    ),
    Hostile(
        *("certificate-of-1500-names", "submissions", _showing("names")),
        ("no-reply", "certificate-self-signed"),
        "shows a certificate with 1500 names, none of them its own",
        "1500 個の名前を持つ証明書を示すが、自分の名前はない",
        timeout=2.0,
    ),
    Hostile(
        *("certificate-of-a-megabyte", "submissions", _showing("many names")),
        ("tls-handshake-failed",),
        "shows a certificate with twenty thousand names",
        "2 万個の名前を持つ証明書を示す",
        timeout=2.0,
    ),
    Hostile(
        *("chain-of-eighty", "submissions", _showing("chain")),
        ("no-reply", "certificate-untrusted-root"),
        "shows a chain of eighty certificates",
        "80 枚の証明書チェーンを示す",
        timeout=2.0,
    ),
    Hostile(
        *("chain-in-a-circle", "submissions", _showing("circle")),
        ("no-reply", "certificate-untrusted-root"),
        "shows two authorities that signed each other",
        "互いに署名し合う 2 つの認証局を示す",
        timeout=2.0,
    ),
    Hostile(
        *("certificate-of-escapes", "submissions", _showing("escapes")),
        ("no-reply", "certificate-self-signed"),
        "shows a certificate whose names are escapes for terminals",
        "端末のエスケープシーケンスを名前にした証明書を示す",
        timeout=2.0,
    ),
)
