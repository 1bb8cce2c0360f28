"""Name servers that lie, loop, flood and drip."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from wild import Hostile, Peer

from loopback import Listening, on_one_port

Answers = Callable[[bytes, bool], Iterator[bytes]]
DOMAIN = "example.test."
_PATIENCE = 90.0
_PAUSE = 0.2
"""Seconds between two pieces of an answer that comes in pieces."""


class NameKeeper:
    """Answers questions on one port, over UDP and TCP."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._leave = threading.Event()
        self._udp, tcp = on_one_port()
        tcp.listen()
        self._listening = Listening(tcp, self._answer_tcp)
        self.port = self._listening.port
        self._threads = [threading.Thread(target=self._serve_udp, daemon=True)]
        self._threads[0].start()

    def _serve_udp(self) -> None:
        while True:
            data, peer = self._udp.recvfrom(4096)
            if not data:
                return
            self._start(lambda: self._udp.sendto, data, peer)

    def _start(self, sending: Callable[[], Callable[..., object]], data: bytes, peer: object) -> None:
        def answer() -> None:
            try:
                for packet in self._answers(data, False):
                    if packet:
                        sending()(packet, peer)
                    if self._leave.wait(0.0 if packet else _PAUSE):
                        return
            except OSError:
                pass  # the test is over

        self._threads.append(threading.Thread(target=answer, daemon=True))
        self._threads[-1].start()

    def _answer_tcp(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        with connection:
            try:
                size = int.from_bytes(connection.recv(2, socket.MSG_WAITALL), "big")
                for piece in self._answers(connection.recv(size, socket.MSG_WAITALL), True):
                    connection.sendall(piece)
                    if self._leave.wait(0.0 if len(piece) > 1 else _PAUSE):
                        return
            except OSError:
                pass  # the client has gone

    def close(self) -> None:
        self._leave.set()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))
        self._listening.stop()
        for thread in self._threads:
            thread.join(_PATIENCE)
        self._listening.join(_PATIENCE)
        self._udp.close()


def _zone(records: dict[tuple[str, str], list[str]]) -> Answers:
    """A server with these records, through the aliases of a name; over TCP where they are many."""
    names = {name for name, _ in records}

    def answers(data: bytes, tcp: bool) -> Iterator[bytes]:
        query = dns.message.from_wire(data)
        response = dns.message.make_response(query)
        question = query.question[0]
        name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
        if name not in names:
            response.set_rcode(dns.rcode.NXDOMAIN)
        for _ in range(200):
            found = kind if (name, kind) in records else "CNAME"
            if (name, found) not in records:
                break
            response.answer.append(dns.rrset.from_text_list(name, 60, "IN", found, records[name, found]))
            if found == kind:
                break
            name = records[name, found][0]
        wire = response.to_wire(max_size=65535)
        if not tcp and len(wire) > 1232:
            response.answer.clear()
            response.flags |= dns.flags.TC
            wire = response.to_wire()
        yield len(wire).to_bytes(2, "big") + wire if tcp else wire

    return answers


def _answered(data: bytes) -> bytes:
    return next(_zone({(DOMAIN, "MX"): ["10 mail.example.test."]})(data, False))


def _truncated(data: bytes, tcp: bool) -> Iterator[bytes]:
    """Says over UDP that TCP has more, and over TCP nothing."""
    if not tcp:
        response = dns.message.make_response(dns.message.from_wire(data))
        response.flags |= dns.flags.TC
        yield response.to_wire()


def _by_the_byte(data: bytes, tcp: bool) -> Iterator[bytes]:
    if not tcp:
        yield from _truncated(data, tcp)
        return
    wire = _answered(data)
    for byte in len(wire).to_bytes(2, "big") + wire:
        yield bytes([byte])


def _of_another(data: bytes, tcp: bool) -> Iterator[bytes]:
    query = dns.message.make_query("somebody-else.test.", "MX")
    query.id = int.from_bytes(data[:2], "big")
    yield dns.message.make_response(query).to_wire()


def _wrong_numbers(data: bytes, tcp: bool) -> Iterator[bytes]:
    """Answers under every number but the one that was asked with, for ever."""
    asked, wire = int.from_bytes(data[:2], "big"), _answered(data)
    while True:
        for number in range(1 << 16):
            if number != asked:
                yield number.to_bytes(2, "big") + wire[2:]


def _pointing_at_itself(data: bytes, tcp: bool) -> Iterator[bytes]:
    """A name that is a pointer to itself (RFC 1035 section 4.1.4), and counts of records that are not there."""
    yield data[:2] + b"\x81\x80\x00\x01\xff\xff\x00\x00\x00\x00" + b"\xc0\x0c" * 300


def _failing(data: bytes, tcp: bool) -> Iterator[bytes]:
    response = dns.message.make_response(dns.message.from_wire(data))
    response.set_rcode(dns.rcode.SERVFAIL)
    yield response.to_wire()


def _silent(data: bytes, tcp: bool) -> Iterator[bytes]:
    return iter(())


def _nobody(peer: Peer) -> None:
    """Nobody is connected to: the names lead nowhere."""


_MX = ["10 mail.example.test."]
_MAIL = "mail.example.test."
_CIRCLE = {
    ("example.test.", "CNAME"): ["a.test."],
    ("a.test.", "CNAME"): ["b.test."],
    ("b.test.", "CNAME"): ["a.test."],
}
_CHAIN = {
    ("example.test.", "CNAME"): ["c0.test."],
    **{(f"c{n}.test.", "CNAME"): [f"c{n + 1}.test."] for n in range(100)},
    ("c100.test.", "MX"): _MX,
    ("c100.test.", "A"): ["127.0.0.1"],
}
_THOUSAND = {(DOMAIN, "MX"): [f"{n} mx{n}.example.test." for n in range(1000)]}
_EVERYWHERE = {
    (DOMAIN, "MX"): _MX,
    (_MAIL, "A"): [f"127.{a}.{b}.{c}" for a in range(1, 5) for b in range(30) for c in range(1, 31)],
}
_NOWHERE = {
    (DOMAIN, "MX"): _MX,
    (_MAIL, "A"): ["0.0.0.0", "255.255.255.255", "224.0.0.1"],
    (_MAIL, "AAAA"): ["::", "ff02::1"],
}
_ESCAPING = {(DOMAIN, "MX"): ["10 \\027[31mred\\007.\\226\\128\\174gnp.example.test."]}

NAMES = (
    Hostile(
        *("aliases-in-a-circle", "dns", _nobody, ("name-not-found",)),
        "answers every question about the domain with aliases that lead to each other",
        "ドメインへのどの問い合わせにも、互いを指す CNAME を返す",
        names=_zone(_CIRCLE),
    ),
    Hostile(
        *("a-hundred-aliases", "dns", _nobody, ("name-not-found",)),
        "hides the answer behind a hundred aliases",
        "100 段の CNAME の先に答えを置く",
        names=_zone(_CHAIN),
    ),
    Hostile(
        *("a-thousand-exchangers", "dns", _nobody, ("name-not-found",)),
        "names a thousand mail exchangers, none of which exists",
        "存在しない MX を 1000 個返す",
        names=_zone(_THOUSAND),
    ),
    Hostile(
        *("an-exchanger-of-3600-addresses", "dns", _nobody, ("address-impossible",)),
        "gives the mail exchanger 3600 addresses, all of them the asker's own machine",
        "MX に 3600 個のアドレスを与え、どれも問い合わせた側のループバックを指す",
        names=_zone(_EVERYWHERE),
    ),
    Hostile(
        *("an-exchanger-nowhere", "dns", _nobody, ("address-impossible",)),
        "gives the mail exchanger the addresses 0.0.0.0, ::, broadcast and multicast",
        "MX のアドレスとして 0.0.0.0、::、ブロードキャスト、マルチキャストを返す",
        names=_zone(_NOWHERE),
    ),
    Hostile(
        *("an-exchanger-of-escapes", "dns", _nobody, ("name-not-found",)),
        "names an exchanger whose name is escapes for terminals",
        "端末のエスケープシーケンスを名前にした MX を返す",
        names=_zone(_ESCAPING),
    ),
    *(
        Hostile(name, "dns", _nobody, (), en, ja, names=answers, timeout=2.0, verdict="unknown")
        for name, answers, en, ja in (
            (
                "truncated-for-ever",
                _truncated,
                "says over UDP that TCP has more, and over TCP nothing",
                "UDP では「続きは TCP で」と答え、TCP では何も返さない",
            ),
            (
                "an-answer-by-the-byte",
                _by_the_byte,
                "sends its answer over TCP a byte at a time",
                "TCP の応答を 1 バイトずつ送る",
            ),
            (
                "an-answer-to-another-question",
                _of_another,
                "answers what was not asked",
                "問い合わせとは別の質問に答える",
            ),
            (
                "every-number-but-the-right-one",
                _wrong_numbers,
                "floods with answers under every number but that of the question",
                "ID の一致しない応答を送り続ける",
            ),
            (
                "a-name-that-points-at-itself",
                _pointing_at_itself,
                "answers with compressed names that lead to themselves",
                "自分自身を指す圧縮名を返す",
            ),
            ("a-server-that-fails", _failing, "answers SERVFAIL", "SERVFAIL を返す"),
            ("a-silent-name-server", _silent, "does not answer", "応答しない"),
        )
    ),
)
