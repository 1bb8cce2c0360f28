"""What reads a peer's text beside the protocols: messages, notes of a session by hand, greetings of any service."""

from __future__ import annotations

from mailproof.message.hops import read_hops
from mailproof.message.read import as_text, read_headers, read_mail
from mailproof.model.escape import to_text
from mailproof.model.talk import TalkProtocol
from mailproof.parse.service import said_by, service_of
from mailproof.parse.software import announced_host, software
from mailproof.parse.talk.heard import Replies
from mailproof.parse.talk.message import TypedMessage
from mailproof.parse.talk.notes import Context, notes_on
from mailproof.parse.talk.offers import mechanisms_in, offers_in
from mailproof.parse.talk.typed import Situation, secret_in, slips_in

_PROTOCOLS = tuple(TalkProtocol)
_ASKED = ("", "EHLO a", "AUTH LOGIN", "a1 LOGIN x y", "CAPA", "DATA", ".", "AUTHENTICATE", "a1 CAPABILITY", "STAT")


def mail(data: bytes) -> None:
    made = read_mail(data)
    assert read_headers(data) == made.headers
    for hop in read_hops(made.headers):
        assert len(hop.text) <= len(data) * 4 + 8
    assert isinstance(as_text(data[1:], data[:8].decode("latin-1")), str)


def session(data: bytes) -> None:
    """The first two bytes choose the protocol and what was asked."""
    which, what = (*data[:2], 0, 0)[:2]
    protocol, asked = _PROTOCOLS[which % len(_PROTOCOLS)], _ASKED[what % len(_ASKED)]
    replies = Replies(protocol)
    replies.asked(asked)
    typed = TypedMessage()
    offered = offers_in(protocol, data[2:].decode("utf-8", "replace"))
    mechanisms_in(offered)
    for line in data[2:].split(b"\n"):
        heard = replies.line(line.rstrip(b"\r"))
        notes_on(heard, Context(protocol, asked, offered, bool(which & 1)))
        text = line.decode("utf-8", "surrogateescape")
        found = secret_in(protocol, text)
        assert found is None or 0 <= found.start <= found.stop <= len(text)
        slips_in(protocol, text, Situation("EHLO", bool(which & 2), ("PLAIN",), bool(what & 1), bool(what & 2)))
        typed.line(text)
    typed.end()


def greeting(data: bytes) -> None:
    assert said_by(to_text(data)) == service_of(data)
    software(to_text(data))
    announced_host(to_text(data))


MAIL_WORDS = (
    *(
        b"Subject: =?utf-8?B?44GC?= ",
        b"=?iso-2022-jp?B?GyRCJCIbKEI=?=",
        b"=?x?Q?=1B?=",
        b"From: a@b\r\n",
        b"\r\n\r\n",
    ),
    *(
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"\r\n--b\r\n",
        b"--b--",
        b"Content-Type: message/rfc822\r\n\r\n",
    ),
    *(
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Type: text/html; charset=utf-7\r\n",
        b"<p>",
        b"<script>",
        b"&#x",
    ),
    *(b"Received: from a (b [192.0.2.1]) by c with ESMTP id 1 for <d@e>; Sat, 21 Nov 2026 10:00:00 +0000\r\n", b"("),
    *(
        b"Content-Disposition: attachment; filename*=utf-8''%41\r\n",
        b"filename*0*=x''%",
        b"Date: ",
        b"\r\n ",
        b"boundary=",
    ),
)
SESSION_WORDS = (
    *(
        b"220 a\r\n",
        b"250-a\r\n250 AUTH PLAIN\r\n",
        b"334 VXNlcm5hbWU6\r\n",
        b"535 5.7.8 no\r\n",
        b"+OK\r\n",
        b"-ERR [AUTH] a\r\n",
    ),
    *(
        b"* CAPABILITY AUTH=PLAIN\r\n",
        b"a1 OK x\r\n",
        b"+ \r\n",
        b'"SASL" "PLAIN"\r\n',
        b"OK\r\n",
        b"{5}\r\n",
        b".\r\n",
        b":a 464 b\r\n",
    ),
)
GREETING_WORDS = (
    b"220 ",
    b"ESMTP",
    b"+OK ",
    b"* OK ",
    b"SSH-2.0-",
    b"HTTP/1.1 ",
    b"RFB 003",
    b"FTP",
    b"Postfix 3.",
    b"\xff\xfd",
)
